"""Connections."""

from typing import Any

import pytest

from tests.catalog.faults import faults, show, write
from tests.catalog.golden import ACCEPTED, GROUP, WORKSPACE

CONNECTION = f"{WORKSPACE}/connections/conn1"


def connection(**changed: Any) -> dict[str, Any]:
    sent = {"authType": "ApiKey", "category": "OpenAI", "credentials": {"key": "s3cret"}}
    return {"properties": {**sent, **changed}}


@pytest.mark.parametrize("name", [n for n in ACCEPTED if n.startswith("connection")])
def test_no_credentials_are_in_the_document(name: str):
    shown = write(CONNECTION, ACCEPTED[name]["body"]).document["properties"]
    assert "credentials" not in shown


def test_a_connection_says_whose_it_is():
    assert show(write(CONNECTION, connection()))["createdByWorkspaceArmId"] == WORKSPACE


@pytest.mark.parametrize("category", ["AzureOpenAi", "openai", "CustomKeys"])
def test_categories_are_known_in_any_case(category: str):
    assert show(write(CONNECTION, connection(category=category)))["category"] == category


def test_unknown_categories_and_missing_credentials_are_told_together():
    assert set(faults(CONNECTION, connection(category="Carrier pigeon", credentials=None))) == {
        "$.properties.category",
        "$.properties.credentials",
    }


def test_an_unknown_way_to_authenticate_is_refused():
    assert set(faults(CONNECTION, connection(authType="Handshake"))) == {"$.properties.authType"}


def test_a_write_without_credentials_keeps_those_there_are():
    old = write(CONNECTION, connection())
    assert write(CONNECTION, connection(credentials=None, target="https://x"), old)
    assert set(faults(CONNECTION, connection(credentials=None, authType="PAT"), old)) == {
        "$.properties.credentials"
    }


def test_an_identity_needs_no_credentials():
    assert write(CONNECTION, connection(authType="AAD", credentials=None))


VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-shared"


def vault(**changed: Any) -> dict[str, Any]:
    sent = {"category": "AzureKeyVault", "authType": "AccountManagedIdentity", "target": VAULT}
    return {"properties": {**sent, **changed}}


@pytest.mark.parametrize("target", [VAULT, "https://kv-shared.vault.azure.net/"])
def test_a_connection_points_to_a_key_vault(target: str):
    assert show(write(CONNECTION, vault(target=target)))["target"] == target


@pytest.mark.parametrize(
    ("changed", "place", "words"),
    [
        ({"target": "kv-shared"}, "target", "neither the id of a key vault nor its https"),
        ({"target": GROUP}, "target", "one of type `Microsoft.KeyVault/vaults` is wanted"),
        (
            {"authType": "ApiKey", "credentials": {"key": "x"}},
            "authType",
            "a key vault is opened by identities",
        ),
    ],
)
def test_a_key_vault_is_named_whole_and_opened_by_identity(
    changed: dict[str, Any], place: str, words: str
):
    [(where, text)] = faults(CONNECTION, vault(**changed)).items()
    assert where == f"$.properties.{place}"
    assert words in text
