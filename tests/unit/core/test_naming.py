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
