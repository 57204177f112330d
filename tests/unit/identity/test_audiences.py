from __future__ import annotations

import pytest

from mlestate.core.errors import Invalid
from mlestate.identity.audiences import Audiences, ml_audience, origins
from tests.identity_house import ORIGIN, PORTAL

AUDIENCES = Audiences([ORIGIN], PORTAL)


@pytest.mark.parametrize(
    ("scope", "audience"),
    [
        ("https://management.azure.com/.default", "https://management.azure.com"),
        (
            "https://management.core.windows.net//.default",
            "https://management.core.windows.net/",
        ),
        (f"{ORIGIN}/user_impersonation openid", ORIGIN),
        ("https://ml.azure.local/.default offline_access", "https://ml.azure.local"),
        ("openid profile", ORIGIN),
    ],
)
def test_the_audience_is_the_one_that_was_asked_for(scope: str, audience: str):
    assert AUDIENCES.requested(scope).audience == audience


def test_a_bare_resource_is_asked_for_as_it_is():
    assert AUDIENCES.requested("", f"{ORIGIN}/").audience == f"{ORIGIN}/"


@pytest.mark.parametrize("scope", ["https://vault.azure.net/.default", "x", "/.default", "/"])
def test_a_resource_that_is_not_ours_is_refused(scope: str):
    with pytest.raises(Invalid, match="not one of this estate"):
        AUDIENCES.requested(scope)


def test_two_resources_at_once_are_refused():
    with pytest.raises(Invalid, match="one resource"):
        AUDIENCES.requested(f"{ORIGIN}/.default https://ml.azure.com/.default")


def test_the_ml_audience_is_what_is_behind_the_second_dot_of_the_portal():
    assert ml_audience(PORTAL) == "https://ml.azure.local"
    assert (
        ml_audience("https://portal.estate.contoso.example/") == "https://ml.azure.contoso.example"
    )


def test_an_estate_is_known_by_every_name_that_it_is_served_under():
    names = ["localhost", "127.0.0.1", "::1"]
    assert origins(names, 8443) == [
        "https://localhost:8443",
        "https://127.0.0.1:8443",
        "https://[::1]:8443",
    ]
    assert origins(["estate.contoso.example"], 443) == ["https://estate.contoso.example"]
