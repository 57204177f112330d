from __future__ import annotations

import pytest

from mlestate.core.errors import NotFound, Unauthenticated
from mlestate.identity.sessions import (
    CODE_LIFETIME,
    MOST_OF_ONE,
    REUSE_GRACE,
    SESSION_LIFETIME,
    Opened,
    pkce_challenge,
)
from tests.identity_house import ORIGIN, PASSWORD, House

CLIENT, BACK, VERIFIER = "cli", "http://localhost:1234/", "v" * 43


def opened(house: House) -> Opened:
    started = house.sessions.start_device(CLIENT, "openid offline_access")
    house.sessions.decide_device(started.user_code, house.user("ana"), approve=True)
    return house.sessions.poll_device(started.device_code, CLIENT)


def refused(code: str, match: str | None = None):
    return pytest.raises(Unauthenticated, match=match, check=lambda error: error.code == code)


class TestADevice:
    def test_waits_until_somebody_approves(self, house: House):
        started = house.sessions.start_device(CLIENT, "openid")
        with refused("authorization_pending"):
            house.sessions.poll_device(started.device_code, CLIENT)
        house.sessions.decide_device(started.user_code.lower(), house.user("ana"), approve=True)
        assert house.sessions.poll_device(started.device_code, CLIENT).proof.principal.name == "ana"
        with refused("invalid_grant"):
            house.sessions.poll_device(started.device_code, CLIENT)

    def test_that_asks_too_often_is_told_so(self, house: House):
        started = house.sessions.start_device(CLIENT, "openid")
        with refused("authorization_pending"):
            house.sessions.poll_device(started.device_code, CLIENT)
        with refused("slow_down"):
            house.sessions.poll_device(started.device_code, CLIENT)
        house.clock.now += 2
        with refused("authorization_pending"):
            house.sessions.poll_device(started.device_code, CLIENT)

    def test_that_was_denied_is_told_so(self, house: House):
        started = house.sessions.start_device(CLIENT, "openid")
        house.sessions.decide_device(started.user_code, house.user("ana"), approve=False)
        with refused("authorization_declined"):
            house.sessions.poll_device(started.device_code, CLIENT)

    def test_does_not_wait_for_ever(self, house: House):
        started = house.sessions.start_device(CLIENT, "openid")
        house.clock.now += 900
        with refused("expired_token"):
            house.sessions.poll_device(started.device_code, CLIENT)
        with pytest.raises(NotFound):
            house.sessions.decide_device(started.user_code, house.user("ana"), approve=True)

    def test_is_decided_once(self, house: House):
        started = house.sessions.start_device(CLIENT, "openid")
        ana = house.user("ana")
        house.sessions.decide_device(started.user_code, ana, approve=False)
        with pytest.raises(NotFound):
            house.sessions.decide_device(started.user_code, ana, approve=True)

    def test_of_another_client_gets_nothing(self, house: House):
        started = house.sessions.start_device(CLIENT, "openid")
        house.sessions.decide_device(started.user_code, house.user("ana"), approve=True)
        with refused("invalid_grant"):
            house.sessions.poll_device(started.device_code, "other")

    def test_waits_on_however_many_others_begin_from_elsewhere(self, house: House):
        mine = house.sessions.start_device(CLIENT, "openid", "192.0.2.1")
        others = [
            house.sessions.start_device(CLIENT, "openid", f"2001:db8::{n:x}")
            for n in range(MOST_OF_ONE + 2)
        ]
        house.sessions.decide_device(mine.user_code, house.user("ana"), approve=True)
        assert house.sessions.poll_device(mine.device_code, CLIENT)
        # Of an address that has its fill, the oldest have gone.
        for gone in others[:2]:
            with refused("invalid_grant", "not known"):
                house.sessions.poll_device(gone.device_code, CLIENT)
        with refused("authorization_pending"):
            house.sessions.poll_device(others[-1].device_code, CLIENT)

    def test_whose_client_asks_after_it_does_not_go_for_one_that_nobody_asks_after(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("mlestate.identity.sessions.MOST_WAITING", 3)
        mine = house.sessions.start_device(CLIENT, "openid", "192.0.2.1")
        with refused("authorization_pending"):
            house.sessions.poll_device(mine.device_code, CLIENT)
        for n in range(20):
            house.sessions.start_device(CLIENT, "openid", f"198.51.100.{n}")
        house.clock.now += 2
        with refused("authorization_pending"):
            house.sessions.poll_device(mine.device_code, CLIENT)


class TestACode:
    def code(self, house: House) -> str:
        return house.sessions.authorize(
            house.user("ana"), CLIENT, BACK, pkce_challenge(VERIFIER), "openid", "n"
        )

    def test_opens_a_session_once(self, house: House):
        code = self.code(house)
        session = house.sessions.redeem(code, CLIENT, BACK, VERIFIER)
        assert (session.proof.principal.name, session.nonce) == ("ana", "n")
        with refused("invalid_grant"):
            house.sessions.redeem(code, CLIENT, BACK, VERIFIER)

    def test_that_is_shown_again_ends_what_it_opened(self, house: House):
        code = self.code(house)
        first = house.sessions.redeem(code, CLIENT, BACK, VERIFIER)
        token = house.tokens.access(first.proof, ORIGIN, CLIENT, ORIGIN)[0]
        with refused("invalid_grant"):
            house.sessions.redeem(code, CLIENT, BACK, "w" * 43)
        assert house.authenticator.authenticate(token)
        for _ in range(2):
            with refused("invalid_grant"):
                house.sessions.redeem(code, CLIENT, BACK, VERIFIER)
        with pytest.raises(Unauthenticated, match="revoked or ended"):
            house.authenticator.authenticate(token)
        with refused("invalid_grant", "session has ended"):
            house.sessions.refresh(first.refresh_token, CLIENT)

    @pytest.mark.parametrize(
        ("client", "back", "verifier"),
        [("other", BACK, VERIFIER), (CLIENT, BACK + "x", VERIFIER), (CLIENT, BACK, "w" * 43)],
    )
    def test_that_was_tried_wrongly_is_spent(
        self, house: House, client: str, back: str, verifier: str
    ):
        code = self.code(house)
        with refused("invalid_grant"):
            house.sessions.redeem(code, client, back, verifier)
        with refused("invalid_grant"):
            house.sessions.redeem(code, CLIENT, BACK, VERIFIER)

    def test_is_good_for_a_short_time(self, house: House):
        code = self.code(house)
        house.clock.now += CODE_LIFETIME
        with refused("invalid_grant"):
            house.sessions.redeem(code, CLIENT, BACK, VERIFIER)


class TestARefreshToken:
    def test_gives_the_next_one(self, house: House):
        first = opened(house)
        second = house.sessions.refresh(first.refresh_token, CLIENT)
        assert second.refresh_token != first.refresh_token
        assert second.proof == first.proof

    def test_may_be_used_again_by_a_client_that_lost_the_answer(self, house: House):
        first = opened(house)
        house.sessions.refresh(first.refresh_token, CLIENT)
        house.clock.now += REUSE_GRACE - 1
        assert house.sessions.refresh(first.refresh_token, CLIENT)

    def test_used_again_later_ends_the_session_and_its_tokens(self, house: House):
        first = opened(house)
        token = house.tokens.access(first.proof, ORIGIN, CLIENT, ORIGIN)[0]
        second = house.sessions.refresh(first.refresh_token, CLIENT)
        assert house.authenticator.authenticate(token)
        house.clock.now += REUSE_GRACE
        with refused("invalid_grant", "was used before"):
            house.sessions.refresh(first.refresh_token, CLIENT)
        with refused("invalid_grant", "session has ended"):
            house.sessions.refresh(second.refresh_token, CLIENT)
        with pytest.raises(Unauthenticated, match="revoked or ended"):
            house.authenticator.authenticate(token)

    def test_is_good_for_its_own_client(self, house: House):
        with refused("invalid_grant"):
            house.sessions.refresh(opened(house).refresh_token, "other")

    def test_ends_with_the_session(self, house: House):
        first = opened(house)
        house.clock.now += SESSION_LIFETIME
        with refused("invalid_grant", "session has ended"):
            house.sessions.refresh(first.refresh_token, CLIENT)

    def test_ends_with_a_change_of_password(self, house: House):
        first = opened(house)
        token = house.tokens.access(first.proof, ORIGIN, CLIENT, ORIGIN)[0]
        assert house.authenticator.authenticate(token)
        house.credentials.set_password(first.proof.principal, PASSWORD)
        with refused("invalid_grant"):
            house.sessions.refresh(first.refresh_token, CLIENT)
        with pytest.raises(Unauthenticated, match="revoked or ended"):
            house.authenticator.authenticate(token)

    def test_of_who_was_disabled_and_is_enabled_again_gives_nothing(self, house: House):
        first = opened(house)
        token = house.tokens.access(first.proof, ORIGIN, CLIENT, ORIGIN)[0]
        assert house.authenticator.authenticate(token)
        for enabled in (False, True):
            house.directory.put("User", "ana", enabled=enabled)
        with refused("invalid_grant", "has ended"):
            house.sessions.refresh(first.refresh_token, CLIENT)
        with pytest.raises(Unauthenticated, match="revoked or ended"):
            house.authenticator.authenticate(token)

    def test_is_not_to_be_had_for_a_login_from_before_that(self, house: House):
        ana = house.user("ana")
        started = house.sessions.start_device(CLIENT, "openid")
        house.sessions.decide_device(started.user_code, ana, approve=True)
        code = house.sessions.authorize(ana, CLIENT, "http://localhost/", "x", "openid")
        for enabled in (False, True):
            house.directory.put("User", "ana", enabled=enabled)
        with refused("invalid_grant", "not known"):
            house.sessions.poll_device(started.device_code, CLIENT)
        with refused("invalid_grant"):
            house.sessions.redeem(code, CLIENT, "http://localhost/", "x")

    def test_of_a_disabled_person_gives_nothing(self, house: House):
        first = opened(house)
        house.directory.put("User", "ana", enabled=False)
        with refused("invalid_grant", "disabled"):
            house.sessions.refresh(first.refresh_token, CLIENT)
