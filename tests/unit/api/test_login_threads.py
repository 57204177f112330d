"""What compares passwords does not stand in the way of what does not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

from argon2 import PasswordHasher
from starlette.testclient import TestClient

from tests.identity_house import ORIGIN, House
from tests.unit.api.test_login import by_secret, fields_of

DEVICE = "/common/oauth2/deviceauth"


class Slow(PasswordHasher):
    """Compares when it is let to."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.go = Event()

    def verify(self, digest: str | bytes, password: str | bytes) -> bool:
        self.go.wait(30)
        return super().verify(digest, password)


def test_a_program_gets_its_token_while_passwords_are_compared(house: House):
    secret, slow = house.secret(house.program("robot")), Slow()
    house.credentials._hasher = slow
    with (
        TestClient(house.app(), ORIGIN) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        form = fields_of(client.get(DEVICE).text) | {"user_code": "x", "decision": "approve"}
        logins = [
            pool.submit(client.post, DEVICE, data=form | {"username": f"u{n}", "password": "x"})
            for n in range(8)
        ]
        try:
            assert client.post("adfs/oauth2/token", data=by_secret(secret)).status_code == 200
            assert client.post("adfs/oauth2/revoke", data={"token": "x"}).status_code == 200
            assert not any(login.done() for login in logins)
        finally:
            slow.go.set()
    assert {login.result().status_code for login in logins} == {400}
