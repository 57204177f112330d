from __future__ import annotations

from mlestate.core import naming, roles, tags

PARTS = {"id": "fraud", "env": "dev", "hash5": "abcde"}


def test_a_pattern_is_filled_with_azures_abbreviation():
    name = naming.fill(naming.kind("storage"), "{abbr}{id}{env}{hash5}", PARTS)
    assert name == "stfrauddevabcde"


def test_hyphens_are_left_out_where_the_kind_cannot_carry_them():
    parts = {**PARTS, "id": "claims-fraud"}
    assert naming.fill(naming.kind("storage"), "{abbr}{id}", parts) == "stclaimsfraud"
    assert naming.fill(naming.kind("vault"), "{abbr}-{id}", parts) == "kv-claims-fraud"


def test_azures_rules_are_kept():
    vault = naming.kind("vault")
    assert vault.fault("kv-fraud") is None
    assert vault.fault("kv--fraud") == "has characters, or an order of them, that Azure refuses"
    assert vault.fault("k" * 25) == "is 25 characters long and may be 24"
    assert vault.fault("kv") == "is 2 characters long and must be at least 3"


def test_a_proposal_shortens_what_may_be_shortened():
    parts = {"id": "x" * 40, "env": "dev", "hash5": "abcde"}
    proposal = naming.propose(naming.kind("storage"), "{abbr}{id}{env}{hash5}", parts)
    assert proposal == naming.Proposal({"id": "x" * 14}, f"st{'x' * 14}devabcde")
    assert naming.propose(naming.kind("storage"), "{env}", {"env": "e" * 30}) is None


def test_built_in_roles_are_found_by_name_and_by_id():
    owner = roles.by_name("owner")
    assert owner is not None
    assert (
        roles.by_id(f"/providers/Microsoft.Authorization/roleDefinitions/{owner.id.upper()}")
        == owner
    )
    assert roles.by_name("Emperor") is None


def test_a_tags_key_counts_once_whatever_its_case():
    assert tags.merge({"Owner": "a", "x": "1"}, {"owner": "b"}) == {"owner": "b", "x": "1"}
    assert tags.missing(["costCenter", "owner"], {"costcenter": "1", "owner": " "}) == ["owner"]


def test_tags_keep_azures_limits():
    assert tags.name_fault("a/b") == "may not have `/`"
    assert tags.name_fault(" ") == "is empty"
    assert tags.value_fault("x" * 257) == "is 257 characters long: at most 256"


def test_every_kind_of_azures_table_is_there_with_a_rule_that_holds():
    kinds = naming.kinds()
    assert len(kinds) == 49
    assert [key for key, kind in kinds.items() if not 0 < kind.min <= kind.max] == []
    examples = {
        "managementGroup": "mg-corp-prod",
        "network": "vnet-prod-westus-001",
        "dataLake": "dlsnavigatorprod",
        "search": "srch-navigator-prod",
        "identity": "id-appcn-keda-prod-eastus2-001",
        "virtualMachine": "vm-sql-test-001",
    }
    assert {key: kinds[key].fault(name) for key, name in examples.items()} == dict.fromkeys(
        examples
    )
    assert kinds["aks"].unique_in == "resource group"
    assert kinds["dataLake"].unique_in == "global"


def test_the_frameworks_components_are_filled_in():
    parts = {"division": "mktg", "purpose": "prod", "n": "7", "region": "West Europe"}
    subscription = naming.kind("resourceGroup")
    assert naming.fill(subscription, "{division}-{purpose}-{nnn}", parts) == "mktg-prod-007"
    assert (
        naming.fill(subscription, "rg-{region}-{reg}-{n}", {"region": "eastus"})
        == "rg-eastus-eus-1"
    )
    assert naming.short_region("West Europe") == "weu"
    # A region without a code of common use keeps its name.
    assert naming.short_region("swedensouth") == "swedensouth"


def test_an_empty_part_leaves_no_sign_behind():
    workspace = naming.kind("workspace")
    assert naming.fill(workspace, "mlw-{team}-{id}-{env}", PARTS) == "mlw-fraud-dev"
    assert naming.fill(workspace, "{team}-{id}", PARTS) == "fraud"


def test_several_parts_are_shortened_where_one_is_not_enough():
    parts = {"id": "a" * 30, "division": "b" * 30}
    proposal = naming.propose(naming.kind("storage"), "{division}{id}", parts)
    assert proposal is not None
    assert (len(proposal.name), set(proposal.shorter)) == (24, {"id", "division"})


def test_a_word_that_is_taken_ends_in_a_hash():
    parts = {"id": "customer-churn-prediction-emea"}
    kind = naming.kind("storage")
    first = naming.propose(kind, "{id}", parts)
    assert first == naming.Proposal(
        {"id": "customer-churn-prediction-e"}, "customerchurnpredictione"
    )
    other = naming.propose(kind, "{id}", parts, first.shorter.values())
    assert other is not None
    assert other.shorter["id"].startswith("customer-churn-prediction")
    assert other.shorter != first.shorter


def test_environments_have_their_short_words():
    words = ["production", "staging", "Development", "qa", "explore"]
    assert [naming.short_environment(word) for word in words] == [
        "prod", "stage", "dev", "qa", "explore"
    ]  # fmt: skip
