"""Each rule finds what it is for, where it stands; and says nothing of a file without."""

from __future__ import annotations

import pytest

from mlestate.estate.lint.table import RULES
from tests.unit.estate.lint.clean import changed, linted, spot

PROD = "  prod: {subscription: two, live: [trainer], lock: [storage]}\n"
DEV = "    computes: {cpu: {size: Standard_DS3_v2, max: 2, idle: 30m}}\n"
BLOB = "blob: {account: fraud/prod, container: sales}"
OUTSIDE = "blob: {account: stothers, container: sales}"


def datastore(said: str, prod: bool = False) -> tuple[str, str]:
    """A datastore `raw` of the development environment, or of production."""
    if prod:
        return PROD, PROD.replace("live:", f"datastores: {{raw: {{{said}}}}}, live:")
    return DEV, f"{DEV}    datastores: {{raw: {{{said}}}}}\n"


def guest(
    until: str = "2027-03-31",
    role: str = "scientist",
    environments: str = "[dev]",
    sponsor: str = "ana",
) -> tuple[str, str]:
    who = f"name: Acme, sponsor: {sponsor}, until: {until}"
    said = f"{who}, role: {role}, environments: {environments}"
    return "      fraud:\n", f"      fraud:\n        guests: {{acme: {{{said}}}}}\n"


# Rule: what is changed, the words at which it is found, and what is said.
Case = tuple[str, tuple[tuple[str, str], ...], str, str]
TYPO = "Microsoft.MachineLearningServices/workspaces/jbos/*"
BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/"
JOBS = "Microsoft.MachineLearningServices/workspaces/jobs/read"
READ_ALL = "[Microsoft.MachineLearningServices/workspaces/*/read]"
SECRET = "Microsoft.KeyVault/vaults/secrets/getSecret/action"
KEYS = "Microsoft.Storage/storageAccounts/listKeys/action"
CASES: list[Case] = [
    (
        "live-write",
        (datastore(f"{BLOB}, access: write", prod=True),),
        "access: write",
        "datastore `raw` opens live data for writing from `fraud/prod`",
    ),
    (
        "live-write",
        (datastore(f"{OUTSIDE}, live: true, access: write"),),
        "access: write",
        "opens live data for writing from `fraud/dev`",
    ),
    (
        "live-brought-down",
        (datastore(BLOB),),
        "raw: {blob",
        "datastore `raw` brings live data into `fraud/dev`, which is not live",
    ),
    (
        "live-data-writable",
        (("release: bot}", "release: [bot, ana]}"),),
        "prod: [runner",
        "`release` works in `dev` and writes live data in `prod`",
    ),
    (
        "same-in-live",
        (("prod: none}\n  trainer", "prod: AzureML Data Scientist}\n  trainer"),),
        "prod: AzureML",
        "`scientist` may do in `prod`, which is live, all it does in `dev`",
    ),
    (
        "live-shares-subscription",
        (("subscription: one\n", "subscription: two\n"),),
        "subscription: two, live",
        "`prod` has live data and shares subscription `two`",
    ),
    (
        "live-unlocked",
        ((", lock: [storage]", ", lock: [keyvault]"),),
        "prod: {sub",
        "the live data of `prod` can be deleted by mistake",
    ),
    (
        "guest-is-over",
        (guest(until="2026-11-22"),),
        "acme: {",
        "the last day of `acme` was 2026-11-22",
    ),
    (
        "guest-for-long",
        (guest(until="2028-01-01"),),
        "until: 2028",
        "`acme` may stay until 2028-01-01",
    ),
    (
        "guest-at-live-data",
        (guest(role="trainer", environments="[prod]"),),
        "prod]}",
        "`acme` is from outside and enters `prod`, which is live",
    ),
    (
        "eligible-without-approval",
        (("dev: AzureML Data Scientist, prod: none", "prod: {eligible: Reader, hours: 2}"),),
        "{eligible",
        "`scientist` activates `Reader` in `prod` alone",
    ),
    (
        "glass-lets-in",
        ((", lock: [storage]", ", lock: [storage], breakGlass: {who: ana, role: Owner}"),),
        "role: Owner",
        "whoever breaks the glass becomes `Owner`, and can stay so",
    ),
    (
        "production-not-live",
        ((", live: [trainer]", ""),),
        "prod: {sub",
        "`prod` is called production and nothing in it is live",
    ),
    (
        "privileged-everywhere",
        (
            ("roles:\n", "roles:\n  platform: {dev: Owner, prod: User Access Administrator}\n"),
            ("divisions:\n", "members: {platform: science}\ndivisions:\n"),
        ),
        "platform: science",
        "`platform` is `Owner` and `User Access Administrator` in the whole subscriptions of `dev`",
    ),
    (
        "privileged-in-solutions",
        (("dev: AzureML Data Scientist", "dev: Contributor"),),
        "dev: Contributor",
        "whoever holds `scientist` in `dev` is `Contributor` there",
    ),
    (
        "privileged-in-solutions",
        (("      fraud:\n", "      fraud:\n        roles: {scientist: {dev: [Owner]}}\n"),),
        "dev: [Owner]",
        "whoever holds `scientist` in `dev` is `Owner` there",
    ),
    (
        "one-person-group",
        (("  ben: {name: Ben, groups: [science]}\n", ""),),
        "science: {name",
        "group `science` is `ana` alone",
    ),
    (
        "wildcard-action",
        (("Services/workspaces/*/read]", "Services/workspaces/*/read, '*']"),),
        "'*'",
        "`*` gives `runner` every provider of Azure",
    ),
    (
        "wildcard-action",
        (("[Microsoft.MachineLearningServices/workspaces/*/read]", "['*/write']"),),
        "'*/write'",
        "`*/write` gives `runner` every provider",
    ),
    (
        "wildcard-provider",
        (("Services/workspaces/*/read]", "Services/workspaces/*/read, Microsoft.Insights/*]"),),
        "Microsoft.Insights/*",
        "`Microsoft.Insights/*` gives `runner` all of Microsoft.Insights",
    ),
    (
        "role-gives-roles",
        (
            (
                "Services/workspaces/*/read]",
                "Services/workspaces/*/read, Microsoft.Authorization/roleAssignments/write]",
            ),
        ),
        "Microsoft.Authorization",
        "lets `runner` give itself any right",
    ),
    (
        "unknown-action",
        (("Services/workspaces/*/read]", f"Services/workspaces/*/read, {TYPO}]"),),
        TYPO,
        f"`{TYPO}` of `runner` is no operation of Azure ML",
    ),
    (
        "misplaced-action",
        (("Services/workspaces/*/read]", f"Services/workspaces/*/read, {BLOBS}read]"),),
        BLOBS,
        f"`{BLOBS}read` of `runner` is an action on data, and does nothing in `actions`: it "
        "belongs in `dataActions`",
    ),
    (
        "misplaced-action",
        (("Services/workspaces/*/read]", f"Services/workspaces/*/read], dataActions: [{JOBS}]"),),
        JOBS,
        f"`{JOBS}` of `runner` is an action on no data, and does nothing in `dataActions`: it "
        "belongs in `actions`",
    ),
    (
        "misplaced-action",
        (("groups:\n", f"denials: {{freeze: {{at: one, actions: [{BLOBS}*]}}}}\ngroups:\n"),),
        BLOBS,
        f"`{BLOBS}*` of `freeze` is an action on data, and does nothing in `actions`",
    ),
    (
        "misplaced-action",
        (
            (
                "Services/workspaces/*/read]",
                f"Services/workspaces/*/read], dataActions: [{BLOBS}*], notDataActions: [{KEYS}]",
            ),
        ),
        KEYS,
        f"`{KEYS}` of `runner` is an action on no data, and does nothing in `notDataActions`",
    ),
    (
        "hands-out-keys",
        (
            (
                "Services/workspaces/*/read]",
                "Services/workspaces/*/read, Microsoft.Storage/storageAccounts/listKeys/action]",
            ),
        ),
        "Microsoft.Storage/storageAccounts/listKeys",
        "hands `runner` the keys of storage",
    ),
    (
        "storage-in-other-region",
        (
            ("allowed: [westeurope]", "allowed: [westeurope, eastus]"),
            (
                "    projects:\n",
                "    projects:\n      churn: {region: eastus, members: {scientist: science}}\n",
            ),
            datastore("blob: {account: churn/dev, container: sales}"),
        ),
        "raw: {blob",
        "datastore `raw` of `fraud/dev` in `westeurope` reads from `eastus`",
    ),
    (
        "storage-elsewhere",
        (datastore(OUTSIDE),),
        "raw: {blob",
        "datastore `raw` is on `stothers`, which is none of this estate's",
    ),
    (
        "storage-elsewhere",
        (datastore("oneLake: {workspace: w, lakehouse: l}"),),
        "raw: {oneLake",
        "datastore `raw` is on storage, which is none of this estate's",
    ),
    (
        "write-through",
        (datastore("blob: {account: fraud/dev, container: sales}, access: write"),),
        "access: write",
        "jobs of `fraud/dev` change what datastore `raw` points at",
    ),
    (
        "nodes-always-on",
        (("max: 2, idle", "max: 2, min: 1, idle"),),
        "min: 1",
        "1 node is paid for while `cpu` is idle",
    ),
    (
        "slow-to-shrink",
        (("idle: 30m", "idle: 31m"),),
        "idle: 31m",
        "an idle node of `cpu` is paid for another 31m",
    ),
    (
        "no-cost-center",
        (('costcenter: "55332"', 'costcenter: " "'),),
        "costcenter",
        "nobody pays for `claims`",
    ),
    (
        "no-owner",
        (("    owner: science", '    owner: ""'),),
        "owner",
        "nobody answers for `claims`",
    ),
    (
        "owner-is-a-person",
        (("    owner: science", "    owner: ana"),),
        "owner: ana",
        "`ana` alone answers for `claims`",
    ),
    ("unused-role", (("trainer: science, ", ""),), "trainer: {dev", "nobody holds role `trainer`"),
    (
        "unused-custom-role",
        (("[runner, Storage", "[Storage"),),
        "runner: {actions",
        "custom role `runner` is given to nobody",
    ),
    (
        "unused-group",
        (
            ("groups:\n", "groups:\n  idle: {name: Idle}\n"),
            ("ana: {name: Ana, groups: [", "ana: {name: Ana, groups: [idle, "),
            ("ben: {name: Ben, groups: [", "ben: {name: Ben, groups: [idle, "),
        ),
        "idle: {name",
        "group `idle` holds no role and owns nothing",
    ),
    (
        "unused-person",
        (("people:\n", "people:\n  eve: {name: Eve}\n"),),
        "eve: {name",
        "`eve` is in no group, holds no role and owns nothing",
    ),
    (
        "unused-service-principal",
        (("  bot: {name: Bot}\n", "  bot: {name: Bot}\n  idle: {name: Idle}\n"),),
        "idle: {name",
        "`idle` is in no group and holds no role",
    ),
    (
        "unused-environment",
        (("environments:\n", "environments:\n  qa: {subscription: one}\n"),),
        "qa: {sub",
        "environment `qa` has no workspace",
    ),
    (
        "unused-subscription",
        (
            (
                "  subscriptions:\n",
                "  subscriptions:\n    old: 33333333-3333-3333-3333-333333333333\n",
            ),
        ),
        "old: 3",
        "nothing is in subscription `old`",
    ),
    (
        "unused-region",
        (("allowed: [westeurope]", "allowed: [westeurope, eastus]"),),
        "eastus",
        "nothing stands in `eastus`, which is allowed",
    ),
]


def test_there_is_nothing_to_say_of_a_clean_file():
    assert linted() == []


def test_every_rule_is_tried():
    assert {case[0] for case in CASES} == {rule.id for rule in RULES}


@pytest.mark.parametrize(
    ("rule", "changes", "words", "message"), CASES, ids=[case[0] for case in CASES]
)
def test_a_rule_finds_what_it_is_for_where_it_stands(
    rule: str, changes: tuple[tuple[str, str], ...], words: str, message: str
):
    [found] = [one for one in linted(*changes) if one.rule == rule]
    assert message in found.message
    assert str(found.spot) == spot(changed(*changes), words)


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        # Its own account is not brought down, and reading is what a datastore is for.
        ("live-write", (datastore(BLOB, prod=True),)),
        ("live-brought-down", (datastore(BLOB, prod=True),)),
        ("storage-elsewhere", (datastore(BLOB),)),
        ("write-through", (datastore("blob: {account: fraud/dev, container: raw}"),)),
        ("live-brought-down", (datastore(f"{BLOB}, access: none"),)),
        # Who comes from outside holds a role; who answers for them does something.
        (
            "unused-role",
            (
                ("roles:\n", "roles:\n  outside: {dev: Reader}\n"),
                guest(role="outside"),
            ),
        ),
        (
            "unused-person",
            (
                ("  ben: {", "  sam: {name: Sam}\n  ben: {"),
                guest(sponsor="sam"),
            ),
        ),
        # Everything, or data and more: some of it is where it belongs.
        ("misplaced-action", ((READ_ALL, "['*']"),)),
        ("misplaced-action", ((READ_ALL, f"{READ_ALL}, dataActions: [Microsoft.Storage/*]"),)),
        ("misplaced-action", ((READ_ALL, f"{READ_ALL}, dataActions: [{BLOBS}*, {SECRET}]"),)),
        # What an account is called by its own name, or by an id, is known as well.
        (
            "wildcard-action",
            (("[Microsoft.MachineLearningServices/workspaces/*/read]", "['*/read']"),),
        ),
        ("live-data-writable", (("release: {dev: Reader", "release: {dev: none"),)),
        ("guest-is-over", (guest(until="2026-11-23"),)),
        (
            "eligible-without-approval",
            (("prod: none}\n  trainer", "prod: {eligible: Reader, approvers: ben}}\n  trainer"),),
        ),
        (
            "eligible-without-approval",
            (("dev: AzureML Data Scientist", "dev: {eligible: AzureML Data Scientist}"),),
        ),
        ("glass-lets-in", ((", lock: [storage]", ", lock: [storage], breakGlass: {who: ana}"),)),
        ("guest-for-long", (guest(),)),
        ("guest-at-live-data", (guest(),)),
        ("live-unlocked", ((", lock: [storage]", ", lock: [resourceGroup]"),)),
        ("same-in-live", (("prod: none}\n  trainer", "prod: Reader}\n  trainer"),)),
        ("nodes-always-on", (("max: 2, idle", "max: 2, min: 0, idle"),)),
    ],
)
def test_a_rule_is_silent_where_it_does_not_hold(rule: str, changes: tuple[tuple[str, str], ...]):
    assert [one for one in linted(*changes) if one.rule == rule] == []


def test_what_many_workspaces_have_is_said_once():
    more = "".join(f"      p{i}: {{members: {{scientist: science}}}}\n" for i in range(5))
    changes = (("    projects:\n", f"    projects:\n{more}"), datastore(OUTSIDE))
    assert len([one for one in linted(*changes) if one.rule == "storage-elsewhere"]) == 1


ONE = (
    "  science: {name: Science}",
    "  science: {name: Science}\n  leads: {name: Leads, groups: IN}",
)
BEN = "  ben: {name: Ben, groups: [science]}\n"


@pytest.mark.parametrize(
    ("leads", "ben", "alone"),
    [
        # Two are in `science`, one of them by a group that is in it.
        ("[science]", "  ben: {name: Ben, groups: [leads]}\n", {"leads"}),
        # One is in it twice.
        ("[science]", "  ben: {name: Ben}\n", {"leads", "science"}),
        # Of a group that names nobody a directory may know who is in it.
        ("[science]", "", set()),
        ("[]", "", {"science"}),
    ],
)
def test_who_makes_a_group_up_is_counted_with_the_groups_in_it(
    leads: str, ben: str, alone: set[str]
):
    ana = ("ana: {name: Ana, groups: [science]}", "ana: {name: Ana, groups: [science, leads]}")
    changes = [(ONE[0], ONE[1].replace("IN", leads)), (BEN, ben)]
    if "groups" not in ben and ben:
        changes.append(ana)
    found = [one for one in linted(*changes) if one.rule == "one-person-group"]
    assert {one.path.partition(".")[2] for one in found} == alone
