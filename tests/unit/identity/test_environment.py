from __future__ import annotations

from pathlib import Path

from mlestate.identity import environment

ESTATE = environment.Estate("https://localhost:8443", "mlestate", Path("/data/tls/bundle.pem"))
LOGIN = environment.Login("client", "secret")
SPACE = environment.Workspace("s", "rg", "w")


def test_the_names_are_those_that_official_clients_read():
    # What they do with them is proved by the real ones, in tests/clients.
    assert environment.variables(ESTATE, LOGIN, SPACE, "token") == {
        "REQUESTS_CA_BUNDLE": "/data/tls/bundle.pem",
        "SSL_CERT_FILE": "/data/tls/bundle.pem",
        "AZURE_AUTHORITY_HOST": "https://localhost:8443",
        "AZURE_TENANT_ID": "adfs",
        "AZURE_CLIENT_ID": "client",
        "AZURE_CLIENT_SECRET": "secret",
        "ARM_CLOUD_METADATA_URL": (
            "https://localhost:8443/metadata/endpoints?api-version=2019-05-01"
        ),
        "AZUREML_CURRENT_CLOUD": "mlestate",
        "REGISTRY_DISCOVERY_ENDPOINT_URL": "https://localhost:8443/",
        "MLFLOW_TRACKING_URI": f"https://localhost:8443/mlflow/v3.0{SPACE.id}",
        "MLFLOW_TRACKING_TOKEN": "token",
        "AZURE_SUBSCRIPTION_ID": "s",
        "AZURE_RESOURCE_GROUP": "rg",
        "AZURE_ML_WORKSPACE": "w",
        "AZUREML_ARM_SUBSCRIPTION": "s",
        "AZUREML_ARM_RESOURCEGROUP": "rg",
        "AZUREML_ARM_WORKSPACE_NAME": "w",
    }


def test_without_a_workspace_or_a_token_their_variables_are_absent():
    names = set(environment.variables(ESTATE, LOGIN))
    assert not any(name.startswith("MLFLOW") for name in names)
    assert "AZURE_SUBSCRIPTION_ID" not in names


def test_a_program_for_azures_public_cloud_gets_its_login_and_nothing_of_another_cloud():
    found = environment.unchanged(ESTATE, "guid", LOGIN, SPACE)
    assert {name: found[name] for name in found if name.startswith(("AZURE_", "IDENTITY_"))} == {
        "AZURE_TENANT_ID": "guid",
        "AZURE_CLIENT_ID": "client",
        "AZURE_CLIENT_SECRET": "secret",
        "IDENTITY_ENDPOINT": "https://localhost:8443/adfs/oauth2/identity",
        "IDENTITY_HEADER": "client:secret",
        "AZURE_SUBSCRIPTION_ID": "s",
        "AZURE_RESOURCE_GROUP": "rg",
        "AZURE_ML_WORKSPACE": "w",
    }
    assert found["MLFLOW_TRACKING_USERNAME"] == "client"
    assert found["MLFLOW_TRACKING_PASSWORD"] == "secret"
    assert found["CURL_CA_BUNDLE"] == found["SSL_CERT_FILE"] == "/data/tls/bundle.pem"
    led_elsewhere = environment.variables(ESTATE, LOGIN) | {"AZURE_TOKEN_CREDENTIALS": "dev"}
    kept = environment.without_clouds(led_elsewhere | {"HOME": "h"})
    assert {*kept} - {*found} == {"HOME"}
