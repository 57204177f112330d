"""What is wrong with a new thing by the estate's conventions, and with a convention."""

from __future__ import annotations

import pytest

from mlestate.core.conventions import (
    Convention,
    New,
    TagRule,
    breaches,
    faults,
    holds,
    made_by_itself,
    place_of,
)
from mlestate.core.name_pattern import Place

HERE = place_of({"Project": "fraud", "environment": "dev"}, "westeurope", "ana")
NAMED = Convention(name="{project}-{words}")
TAGGED = Convention(
    tags=(TagRule(name="stage", values=("candidate", "champion")), TagRule(name="owner"))
)


def told(convention: Convention, new: New, place: Place = HERE) -> list[str]:
    return [text for _, text in breaches(convention, new, place)]


def test_a_name_against_the_convention_is_told_with_the_right_one():
    assert told(NAMED, New(of="models", name="Fraud_Model v2")) == [
        "`Fraud_Model v2` is no name for a model here, which is `{project}-{words}` "
        "(project `fraud`): call it `fraud-model-v2`"
    ]
    assert told(NAMED, New(of="models", name="fraud-model-v2")) == []


def test_a_job_is_held_to_how_it_is_shown():
    shown = Convention(display_name="{user}-{words}")
    assert told(shown, New(of="jobs", name="anything", display_name="Try It")) == [
        "`Try It` is no display name for a job here, which is `{user}-{words}` (user `ana`): "
        "call it `ana-try-it`"
    ]
    assert told(shown, New(of="jobs", name="anything")) == []


def test_tags_must_be_there_with_values_that_are_known():
    assert told(TAGGED, New(of="models", name="m", tags={"Stage": "gold"})) == [
        "a model here has the tag `owner`, with any value: add it",
        "`gold` is no value of the tag `Stage` here: write `candidate` or `champion`",
    ]
    assert told(TAGGED, New(of="models", tags={"stage": "champion", "OWNER": "ana"})) == []
    assert told(TAGGED, New(of="models", name="m")) == []


def test_where_tags_are_listed_there_are_no_others():
    listed = Convention(allowed_tags=(TagRule(name="ticket"),), tags=TAGGED.tags)
    had = {"stage": "champion", "owner": "ana", "tickets": "1", "mlflow.user": "ana"}
    assert told(listed, New(of="models", tags=had)) == [
        "a model here has no tag `tickets`; did you mean `ticket`?"
    ]


def test_a_convention_may_hold_in_some_environments_only():
    downstream = Convention(name="{words}", environments=("qa", "prod"))
    assert not holds(downstream, HERE)
    assert holds(downstream, place_of({"environment": "Prod"}, "westeurope"))
    # A workspace that does not say what it is gets no exception.
    assert holds(downstream, place_of({}, "westeurope"))


def test_projects_that_share_a_workspace_are_all_known():
    place = place_of({"project": "modelling", "projects": "fraud triage"}, "westeurope")
    assert place.known["project"] == ("fraud", "triage")
    assert place.known["reg"] == ("weu",)


@pytest.mark.parametrize(
    ("of", "name"),
    [
        ("jobs", "quirky_yak_8q2x0rtkzd"),
        ("jobs", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
        ("models", "3F2504E04F8911D39A0C0305E82C3301"),
        ("environments", "CliV2AnonymousEnvironment"),
        ("components", "azureml_anonymous"),
        ("data", "azureml_quirky_yak_8q2x0rtkzd_output_data_model"),
        ("experiments", "Default"),
    ],
)
def test_names_that_clients_draw_are_nobodys_choice(of: str, name: str):
    assert made_by_itself(of, name)
    assert not made_by_itself(of, f"my {name}")


def test_what_people_write_is_not_taken_for_drawn():
    assert not made_by_itself("jobs", "train_fraud_model")
    assert not made_by_itself("models", "quirky_yak_8q2x0rtkzd")


@pytest.mark.parametrize(
    ("of", "convention", "fault"),
    [
        ("codes", NAMED, ("", "`codes` is nothing that has a convention")),
        ("models", Convention(), ("", "it says nothing: give a `name`, or `tags`")),
        (
            "models",
            Convention(name="{projekt}-{words}"),
            ("name", "unknown placeholder `{projekt}`; did you mean `project`?"),
        ),
        (
            "models",
            Convention(name="{project}{words}"),
            ("name", "two placeholders stand side by side: put a sign between them"),
        ),
        ("models", Convention(name="{words"), ("name", "`{words` has a brace too many")),
        ("models", Convention(name="x {words}"), ("name", "by `x {words}` a model would be")),
        ("datastores", Convention(name="{team}-{words}"), ("name", "digits and `_`")),
        ("models", Convention(display_name="{words}"), ("displayName", "only jobs have one")),
        ("experiments", TAGGED, ("tags", "it can have no tags yet")),
        (
            "models",
            Convention(tags=(TagRule(name="a"),), allowed_tags=(TagRule(name="A"),)),
            ("allowedTags.A", "has a rule already"),
        ),
        (
            "models",
            Convention(tags=(TagRule(name="a", values=("any", "b")),)),
            ("tags.a", "takes `any`, or a list"),
        ),
        ("models", Convention(tags=(TagRule(name="a<b"),)), ("tags.a<b", "may not have `<`")),
    ],
)
def test_a_convention_that_cannot_be_is_told_why(
    of: str, convention: Convention, fault: tuple[str, str]
):
    found = faults(of, convention)
    assert [field for field, _ in found] == [fault[0]]
    assert fault[1] in found[0][1]


def test_conventions_that_can_be_have_no_fault():
    assert faults("models", NAMED) == []
    assert faults("datastores", Convention(name="{team}_{words}")) == []
    assert faults("jobs", Convention(name="{project}-{words}-{nnn}", display_name="{user}")) == []
