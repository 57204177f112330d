"""Conventions, tags and names in the estate file."""

from __future__ import annotations

import re

from mlestate.core.conventions import KINDS
from mlestate.estate.compile import compile_estate
from mlestate.estate.layout.explain import explain
from mlestate.estate.layout.places import workspaces
from mlestate.estate.load import load, read
from mlestate.estate.spec import Conventions
from tests.estates import SMALL, broken, small
from tests.unit.estate.test_load import faults

ADDRESS = "/providers/Mlestate.Organization/namingConventions"
PROJECT = "fraud: {members: {scientist: science, engineer: bot}}"


def agreed(text: str) -> str:
    return f"{SMALL}conventions:\n{text}"


class TestConventions:
    def test_the_file_knows_the_kinds_that_are_enforced(self):
        assert list(Conventions.__struct_fields__) == list(KINDS)

    def test_each_is_a_resource_that_says_all_of_itself(self):
        text = (
            '  models: {name: "{project}-{words}", tags: {stage: [new, old], owner: any}}\n'
            '  jobs: {displayName: "{user}-{words}", environments: prod, otherwise: warn}\n'
        )
        made = {each.id: each.body for each in compile_estate(load(agreed(text)))}
        assert made[f"{ADDRESS}/models"] == {
            "properties": {
                "name": "{project}-{words}",
                "displayName": "",
                "tags": [
                    {"name": "stage", "values": ("new", "old")},
                    {"name": "owner", "values": ("any",)},
                ],
                "allowedTags": [],
                "environments": (),
                "otherwise": "refuse",
            }
        }
        properties = made[f"{ADDRESS}/jobs"]["properties"]
        assert isinstance(properties, dict)
        assert (properties["environments"], properties["otherwise"]) == (("prod",), "warn")

    def test_every_fault_has_its_place(self):
        text = (
            '  model: {name: "{words}"}\n'
            '  data: {name: "{projekt}-{words}", environments: [dev, prd]}\n'
            "  experiments: {tags: {stage: any}}\n"
            '  jobs: {name: "{words}", otherwise: ignore}\n'
            "  components: {tags: {a: [any, b]}}\n"
        )
        assert faults(agreed(text)) == [
            "e.yaml:33:3: unknown key `model`; did you mean `models`?",
            "e.yaml:34:16: unknown placeholder `{projekt}`; did you mean `project`?",
            "e.yaml:34:57: unknown environment `prd`; did you mean `prod`?",
            "e.yaml:35:23: an experiment is made by its name alone: it can have no tags yet",
            "e.yaml:36:38: `ignore` is not known here: write `refuse` or `warn`",
            "e.yaml:37:26: the tag `a` takes `any`, or a list of its values",
        ]

    def test_clusters_of_the_file_keep_its_own_convention(self):
        assert faults(agreed('  computes: {name: "{project}-{words}"}\n')) == [
            "e.yaml:11:16: `cpu` of `fraud` in `dev`: `cpu` is no name for a cluster here, "
            "which is `{project}-{words}` (project `fraud`): call it `fraud-cpu`"
        ]
        for held in (
            '{name: "{project}-{words}", otherwise: warn}',
            '{name: "{project}-{words}", environments: prod}',
            '{name: "{words}", tags: {costcenter: any}}',
        ):
            load(agreed(f"  computes: {held}\n"))


class TestTags:
    def test_an_environments_tags_are_over_all_others(self):
        estate = small(
            ("require: [costcenter, owner]", "values: {tier: estate, sla: none}"),
            ("    costcenter:", "    tags: {tier: division}\n    costcenter:"),
            ("fraud: {", "fraud: {tags: {tier: project}, overrides: {prod: {tags: {sla: best}}}, "),
            ("dev:\n", "dev:\n    tags: {tier: environment}\n"),
        )
        dev, prod = workspaces(estate)
        assert (dev.tags["tier"], dev.tags["sla"]) == ("environment", "none")
        assert (prod.tags["tier"], prod.tags["sla"]) == ("project", "best")

    def test_where_a_tag_comes_from_is_told(self):
        text = broken(("dev:\n", "dev:\n    tags: {tier: environment}\n"))
        (found,) = explain(*read(text, "e.yaml"), "fraud.dev.tags.tier")
        assert [each.path for each in found.said] == ["environments.dev.tags.tier"]

    def test_a_team_is_known_and_so_are_the_projects_that_share_a_workspace(self):
        shared = ("workspacePer: project", "workspacePer: team")
        teams = ("    projects:\n", "    teams: {red: {}}\n    projects:\n")
        both = (PROJECT, "fraud: {team: red}\n      triage: {team: red}")
        dev, _ = workspaces(small(shared, teams, both))
        assert (dev.tags["team"], dev.tags["project"]) == ("red", "red")
        assert dev.tags["projects"] == "fraud triage"
        own, *_ = workspaces(small(teams, both))
        assert (own.tags["team"], own.tags["project"]) == ("red", "fraud")
        assert "projects" not in own.tags

    def test_a_key_is_spelled_in_one_way(self):
        text = broken(
            ("[costcenter, owner]", "[costCenter], values: {Tier: a}"),
            ("fraud: {", "fraud: {tags: {tier: b}, "),
        )
        assert faults(text) == [
            "e.yaml:7:18: the tag `costCenter` is written `costcenter` elsewhere: write it so",
            "e.yaml:31:22: the tag `tier` is written `Tier` elsewhere: write it so",
        ]

    def test_what_follows_from_the_place_is_not_said_again(self):
        text = broken(
            ("[costcenter, owner]", "[owner], values: {Environment: x}"),
            ("fraud: {", "fraud: {tags: {owner: ana, project: x}, "),
            ("environments:\n", "defaults: {tags: {tier: a}}\nenvironments:\n"),
        )
        assert faults(text) == [
            "e.yaml:7:35: the tag `Environment` follows from the place: leave it out",
            "e.yaml:8:19: `tier` is a tag of the whole estate: write it in `tags.values`",
            "e.yaml:32:22: `owner` is a key of its own: write it beside `tags`, not in it",
            "e.yaml:32:34: the tag `project` follows from the place: leave it out",
        ]


class TestNames:
    def test_patterns_may_say_team_purpose_region_code_and_instance(self):
        naming = 'naming: {workspace: "mlw-{team}-{id}-{purpose}-{env}-{reg}-{nnn}"}\ntags: {'
        serve = ("fraud: {", "fraud: {regions: {serve: [eastus]}, ")
        made = workspaces(small(("tags: {", naming), serve))
        assert [each.names["workspace"] for each in made] == [
            "mlw-fraud-dev-weu-001",
            "mlw-fraud-prod-weu-001",
            "mlw-fraud-serve-prod-eus-001",
        ]

    def test_one_that_is_too_long_comes_with_a_proposal_of_its_own(self):
        two = "customer-churn-prediction-{}: {{}}"
        both = f"{two.format('emea')}\n      {two.format('apac')}"
        told = [
            re.search("the (.*) of .* with `(.*)` for `(.*)` it is `(.*)`; or", text)
            for text in faults(broken((PROJECT, both)))
        ]
        advised = {(found[1], found[3]): (found[2], found[4]) for found in told if found}
        kinds = ("Azure ML workspace", "key vault", "storage account")
        assert list(advised) == [
            (kind, two.format(e)[:-4]) for e in ("emea", "apac") for kind in kinds
        ]
        assert len({short for short, _ in advised.values()}) == 2
        # Whoever follows the advice has the name that was shown.
        for short, name in advised.values():
            made = workspaces(small((PROJECT, f"{short}: {{}}")))
            assert name in [each for one in made for each in one.names.values()]

    def test_a_long_word_for_an_environment_is_advised_against_where_it_does_not_fit(self):
        longer = [
            ("  prod: {sub", "  production: {sub"),
            ("[dev, prod]", "[dev, production]"),
            ("prod: none", "production: none"),
            ("prod: [mlops", "production: [mlops"),
        ]
        load(broken(*longer))
        found = faults(broken(*longer, ("fraud: {", "fraudulent: {")))
        assert len(found) == 2
        assert all("with `prod` for `production` it is" in text for text in found)

    def test_prod_and_production_are_one_environment(self):
        twice = ("  prod: {sub", "  production: {subscription: one}\n  prod: {sub")
        assert faults(broken(twice)) == [
            "e.yaml:12:3: `production` and `prod` mean the same environment: keep one of them"
        ]
        meant = faults(broken(("[dev, prod]", "[development, prod]")))
        assert meant[0] == "e.yaml:27:20: unknown environment `development`; did you mean `dev`?"

    def test_names_that_differ_in_their_letters_size_only_are_the_same(self):
        group = "sg-ml-fraud-engineer-dev"
        declared = ("  science: {name", f"  {group}: {{name: G}}\n  science: {{name")
        naming = ("regions:", 'naming: {group: "SG-ML-{id}-{role}-{env}"}\nregions:')
        found = faults(broken(declared, naming))
        assert any(f"the declared `{group}` would both be called" in text for text in found)
