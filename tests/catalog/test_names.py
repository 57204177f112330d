"""For each rule of names: what it takes, and what it refuses."""

import pytest

from mlestate.catalog import CATALOG, denials, management, names, views, webhooks
from mlestate.core.resource_type import ANY_NAME, NameRule

GUID = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
RULES: dict[str, tuple[NameRule, list[str], list[str]]] = {
    "guid": (names.GUID, [GUID, GUID.upper()], ["", "x", GUID[:-1], f"{GUID}0", f"{GUID}\n"]),
    "subscription": (names.SUBSCRIPTION, [GUID, "nonprod"], ["", "-a", "a b", "a" * 65, "a/b"]),
    "group": (names.GROUP, ["rg-fraud-dev", "a", "größe_(1).x"], ["", "rg.", "a" * 91, "a b"]),
    "storage": (
        names.STORAGE,
        ["stx", "st0123456789012345678901"],
        ["St1", "st", "st-1", "s" * 25],
    ),
    "vault": (names.VAULT, ["kv-a", "Kva"], ["1kv", "kv--a", "kv-", "kv", "k" * 25]),
    "insights": (names.INSIGHTS, ["appi", "a b.c"], ["", "a.", "a ", "a/b", "a%", "a" * 261]),
    "logs": (names.LOGS, ["log-a"], ["log", "-log", "log-", "a" * 64]),
    "images": (names.IMAGES, ["crabc", "CR123"], ["cr-ab", "abcd", "a" * 51]),
    "the one": (names.THE_ONE, ["default"], ["", "other", "default2"]),
    "workspace": (names.WORKSPACE, ["mlw", "mlw-a_b"], ["ml", "-mlw", "a" * 34, "m w"]),
    "cluster": (names.CLUSTER, ["cpu", "cpu-1"], ["c", "cp", "1cpu", "cpu-", "cpu_1", "c" * 33]),
    "datastore": (names.DATASTORE, ["a", "store_1"], ["", "Store", "store-1", "s" * 256]),
    "container": (names.CONTAINER, ["abc", "$root", "a-b-c"], ["ab", "a--b", "-ab", "ab-", "Abc"]),
    "connection": (names.CONNECTION, ["abc", "a_b-c"], ["ab", "_abc", "a" * 34]),
    "asset": (names.ASSET, ["a", "AzureML-x-1.0"], ["", "-a", ".a", "a b", "a" * 256]),
    "version": (names.VERSION, ["1", "latest2", "1.0-b"], ["", "latest", "azureml_default", ".1"]),
    "lock": (names.LOCK, ["keep", "a.b_(1)-"], ["", "a.", "a b", "a" * 91]),
    "convention": (names.CONVENTION, ["models", "jobs"], ["", "Models", "codes", "models-x"]),
    "policy assignment": (names.POLICY_ASSIGNMENT, [f"{GUID}_{GUID}"], ["", "a.b", "a" * 201]),
    "job": (names.JOB, ["sharp_pizza_x43", "j-1"], ["", "-j", "j.1", "j" * 256, "a b"]),
    "webhook": (webhooks.NAME, ["hub", "a-1"], ["", "Hub", "1a", "a_b", "a" * 64]),
    "denial": (denials.NAME, ["keep", "keep-prod.1"], ["", "-a", "a b", "a" * 65]),
    "management group": (management.NAME, ["estate", "Estate"], ["", "other", "estate2"]),
    "view": (views.NAME, ["mine", "open-runs.2", "a" * 80], ["", "-a", "a b", "a" * 81]),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_of_names(rule: str):
    checked, valid, invalid = RULES[rule]
    assert [name for name in valid if checked.check(name)] == []
    assert [name for name in invalid if not checked.check(name)] == []


def test_every_rule_of_the_catalog_has_examples():
    shown = {rule.pattern for rule, _, _ in RULES.values()} | {ANY_NAME.pattern}
    assert {kind.name_rule.pattern for kind in CATALOG} <= shown


def test_a_refusal_says_what_a_name_may_be():
    [(where, text)] = names.STORAGE.check("St-1")
    assert where == "name"
    assert text == "`St-1` is not a valid name: 3 to 24 lower-case letters and digits"
