"""Who may ask what of the identity addresses: every one of them, in a table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from mlestate.api.principals import ADDRESSES, Address
from mlestate.core.access import GIVES_RIGHTS
from tests.identity_house import (
    CONTRIBUTOR,
    JOB,
    ORIGIN,
    OWNER,
    READER,
    Grant,
    House,
    Permission,
    Principal,
    Role,
)

METHODS = ("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "BREW")
# The others tell about the caller only.
GUARDED = [address for address in ADDRESSES if address.action]
# Fixed by the contract: discovery and keys, the cloud document, and where one logs in.
ANONYMOUS = [
    "/metadata/endpoints",
    "/discovery",
    "/discovery/workspaces/w",
    "/common/discovery/instance",
    "/{tenant}/v2.0/.well-known/openid-configuration",
    "/{tenant}/.well-known/openid-configuration",
    "/{tenant}/discovery/v2.0/keys",
    "/{tenant}/discovery/keys",
    "/{tenant}/oauth2/deviceauth",
]


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with TestClient(house.app(), ORIGIN) as client:
        yield client


def filled(address: Address) -> str:
    return address.path.replace("{name}", "ghost").replace("{label}", "x")


def bearer(house: House, principal: Principal) -> dict[str, str]:
    return {"authorization": f"Bearer {house.token(principal)}"}


def holder(house: House, *roles: Role) -> dict[str, str]:
    principal = house.program("holder")
    for role in roles:
        house.grants.give(principal, role)
    return bearer(house, principal)


@pytest.mark.parametrize("path", sorted({filled(a) for a in ADDRESSES}))
def test_without_a_token_every_address_and_every_method_is_401(client: TestClient, path: str):
    for method in METHODS:
        answer = client.request(method, path)
        assert answer.status_code == 401, method
        assert answer.headers["www-authenticate"].startswith("Bearer")
        forged = client.request(method, path, headers={"authorization": "Bearer x"})
        assert forged.status_code == 401, method


def test_every_route_of_the_directory_is_in_the_table(house: House):
    served = {route.path for route in house.app().routes if route.path.startswith("/estate")}
    assert served == {address.path for address in ADDRESSES}


@pytest.mark.parametrize("path", ANONYMOUS)
def test_what_the_contract_leaves_open_needs_no_token(client: TestClient, house: House, path: str):
    for tenant in (house.directory.tenant, "adfs", "common"):
        assert client.get(path.format(tenant=tenant)).status_code == 200


def test_no_other_route_is_anonymous(house: House):
    known = {
        *(path.removesuffix("workspaces/w") for path in ANONYMOUS),
        *(f"/{{tenant}}/oauth2/{v}{w}" for v in ("v2.0/", "") for w in
          ("token", "devicecode", "authorize", "logout", "revoke")),
        *(f"/{{tenant}}/oauth2/{w}" for w in ("identity", "callback", "backchannel")),
    }  # fmt: skip
    served = {route.path.removesuffix("{rest:path}") for route in house.app().routes}
    assert {path for path in served if not path.startswith("/estate")} == known


@pytest.mark.parametrize("address", GUARDED, ids=lambda a: f"{a.method} {a.path}")
def test_a_stranger_gets_403_whether_or_not_the_thing_is_there(
    client: TestClient, house: House, address: Address
):
    headers = holder(house)
    for name in ("ghost", "holder"):
        path = address.path.replace("{name}", name).replace("{label}", "x")
        answer = client.request(address.method, path, headers=headers)
        assert answer.status_code == 403
        assert address.action in answer.text


@pytest.mark.parametrize("address", GUARDED, ids=lambda a: f"{a.method} {a.path}")
def test_each_address_takes_its_own_action_and_a_change_the_right_to_give_rights(
    client: TestClient, house: House, address: Address
):
    own = Role("own", "Own", (Permission(actions=(address.action,)),))
    headers, path = holder(house, own), filled(address)
    alone = client.request(address.method, path, headers=headers)
    if not address.action.endswith("/read"):
        assert alone.status_code == 403
        assert GIVES_RIGHTS in alone.text
        house.grants.give(
            house.directory.get("ServicePrincipal", "holder"),
            Role("giver", "Giver", (Permission(actions=(GIVES_RIGHTS,)),)),
        )
        alone = client.request(address.method, path, headers=headers)
    assert alone.status_code not in (401, 403)


def test_a_contributor_of_everything_cannot_become_somebody_else(client: TestClient, house: House):
    house.program("admin")
    headers = holder(house, CONTRIBUTOR)
    for method, path, body in (
        ("POST", "/estate/v1/servicePrincipals/admin/secrets", {"label": "x"}),
        ("PUT", "/estate/v1/groups/owners", {"members": ["holder"]}),
        ("PUT", "/estate/v1/users/ana/password", {"password": "x" * 12}),
    ):
        assert client.request(method, path, json=body, headers=headers).status_code == 403


def test_an_unknown_method_is_405_for_those_who_are_known(client: TestClient, house: House):
    answer = client.request("PATCH", "/estate/v1/users/ana", headers=holder(house))
    assert answer.status_code == 405


def test_rights_below_the_root_do_not_reach_the_directory(client: TestClient, house: House):
    robot = house.program()
    house.grants.given[robot.id] = [Grant("/subscriptions/s", OWNER)]
    assert client.get("/estate/v1/users", headers=bearer(house, robot)).status_code == 403


def test_a_reader_reads_and_changes_nothing(client: TestClient, house: House):
    house.user("ana")
    headers = holder(house, READER)
    assert client.get("/estate/v1/users/ana", headers=headers).status_code == 200
    assert client.get("/estate/v1/users/ana/secrets", headers=headers).status_code == 200
    assert client.put("/estate/v1/users/ana", json={}, headers=headers).status_code == 403


def test_a_job_has_none_of_its_submitters_own_doors(client: TestClient, house: House):
    ana = house.user("ana")
    house.grants.give(ana, OWNER)
    house.leases.living.add((JOB, 1))
    headers = {"authorization": f"Bearer {house.tokens.for_job(JOB, 1, ana)}"}
    created = client.post("/estate/v1/users/ana/secrets", json={"label": "x"}, headers=headers)
    assert created.status_code == 403
    assert client.get("/estate/v1/users/ana/secrets", headers=headers).status_code == 403
    me = client.get("/estate/v1/me", headers=headers).json()
    assert (me["kind"], me["name"], me["job"]) == ("Job", "ana", JOB)
    house.leases.living.clear()
    assert client.get("/estate/v1/me", headers=headers).status_code == 401
