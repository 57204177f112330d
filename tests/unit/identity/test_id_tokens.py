"""Which tokens of a provider are believed: its own, for us, of this login and of now."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from mlestate.core.errors import Unauthenticated, Unavailable
from mlestate.identity.provider.discovery import Discovery
from mlestate.identity.provider.id_tokens import IdTokens
from mlestate.identity.provider.wanted import Provider
from tests.identity_house import Clock

ISSUER, CLIENT = "https://login.contoso.example", "estate"
RSA = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
KEYS = [
    RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True) | {"kid": "r", "use": "sig"},
    ECAlgorithm.to_jwk(EC.public_key(), as_dict=True) | {"kid": "e", "alg": "ES256"},
    {"kty": "oct", "k": "c2VjcmV0", "kid": "o"},
    {"kty": "new", "kid": "n"},
]


class Answers:
    """What the provider says at its two addresses, in place of a network."""

    def __init__(self) -> None:
        self.keys: Any = KEYS
        self.metadata: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
        }
        self.asked: list[str] = []

    def get(self, address: str, token: str = "") -> dict[str, Any]:
        self.asked.append(address)
        return {"keys": self.keys} if address.endswith("/keys") else dict(self.metadata)


class Desk:
    def __init__(self, **said: Any) -> None:
        self.clock, self.answers = Clock(), Answers()
        self.provider = Provider(issuer=ISSUER, client_id=CLIENT, **said)
        self.discovery = Discovery(self.provider, self.answers, self.clock)  # type: ignore[arg-type]
        self.tokens = IdTokens(self.provider, self.discovery, self.clock)

    def claims(self, **more: Any) -> dict[str, Any]:
        now = self.clock.now
        told = {"iss": ISSUER, "aud": CLIENT, "sub": "u", "nonce": "n", "iat": now, "exp": now + 60}
        return {name: value for name, value in (told | more).items() if value is not None}

    def signed(self, key: Any = RSA, alg: str = "RS256", kid: str = "r", **more: Any) -> str:
        return jwt.encode(self.claims(**more), key, algorithm=alg, headers={"kid": kid})

    def verify(self, token: str, nonce: str = "n") -> Any:
        return self.tokens.verify(token, nonce)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_good_token_is_believed_by_either_kind_of_key(desk: Desk):
    assert desk.verify(desk.signed())["sub"] == "u"
    assert desk.verify(desk.signed(EC, "ES256", "e"))["sub"] == "u"
    assert desk.verify(desk.signed(aud=[CLIENT, "other"], azp=CLIENT))["sub"] == "u"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"iss": "https://evil.example"}, "not good"),
        ({"iss": None}, "not good"),
        ({"aud": "another"}, "not good"),
        ({"aud": [CLIENT, "another"]}, "another client"),
        ({"azp": "another"}, "another client"),
        ({"exp": 1_799_999_000.0}, "expired"),
        ({"exp": None}, "not good"),
        ({"exp": "soon"}, "no number"),
        ({"exp": 10**400}, "no time as `exp`"),
        ({"exp": float("nan")}, "no time as `exp`"),
        ({"exp": float("inf")}, "no time as `exp`"),
        ({"iat": float("-inf")}, "no time as `iat`"),
        ({"nbf": -(10**400)}, "no time as `nbf`"),
        ({"nonce": "\ud800"}, "what is no text"),
        ({"sub": "u\0"}, "what is no text"),
        ({"groups": [{"\ud800": 1}]}, "what is no text"),
        ({"iat": 1_800_000_600.0}, "from the future"),
        ({"nbf": 1_800_000_600.0}, "from the future"),
        ({"nonce": "another"}, "another login"),
        ({"nonce": None}, "another login"),
        ({"sub": None}, "no claim `sub`"),
        ({"sub": "x" * 300}, "no claim `sub`"),
        ({"sub": ""}, "no claim `sub`"),
    ],
)
def test_another_token_is_not(desk: Desk, said: dict[str, Any], why: str):
    with pytest.raises(Unauthenticated, match=why):
        desk.verify(desk.signed(**said))


@pytest.mark.parametrize(
    "forged",
    [
        lambda desk: jwt.encode(desk.claims(), "", algorithm="none"),
        lambda desk: jwt.encode(desk.claims(), "secret" * 8, "HS256", headers={"kid": "o"}),
        lambda desk: desk.signed(OTHER),
        lambda desk: desk.signed(OTHER, kid="unknown"),
        lambda desk: desk.signed(RSA, "RS256", "e"),
        lambda desk: desk.signed(RSA, "PS256"),
        lambda desk: desk.signed()[:-4] + "AAAA",
        lambda desk: "no token",
        lambda desk: "",
    ],
)
def test_a_token_that_the_provider_did_not_sign_is_not(desk: Desk, forged: Callable[[Desk], str]):
    with pytest.raises(Unauthenticated):
        desk.verify(forged(desk))


@pytest.mark.parametrize(
    "keys",
    [
        5,
        "keys",
        {"kid": "r"},
        [5, None, []],
        [{"kty": "RSA", "n": 5, "e": "AQAB", "kid": "r"}],
        [{"kty": "RSA", "n": "", "e": "", "kid": "r"}],
        [{"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA", "kid": "r"}],
        [{"kty": "EC", "crv": [], "x": "é", "y": {}, "kid": {}}],
        [{"kty": [], "kid": "r"}],
        [{"kty": "OKP", "crv": "Ed25519", "x": 1, "kid": "r"}],
    ],
)
def test_what_is_no_key_believes_nobody(desk: Desk, keys: Any):
    desk.answers.keys = keys
    with pytest.raises(Unauthenticated, match="does not have"):
        desk.verify(desk.signed())


@pytest.mark.parametrize("alg", [[], {}, None, 5, "RS257"])
def test_a_token_that_says_oddly_how_it_is_signed_is_not_believed(desk: Desk, alg: Any):
    header, rest = json.dumps({"alg": alg, "kid": "r"}).encode(), desk.signed().partition(".")[2]
    token = f"{base64.urlsafe_b64encode(header).decode().rstrip('=')}.{rest}"
    with pytest.raises(Unauthenticated):
        desk.verify(token)


@pytest.mark.parametrize(
    "address",
    ["https://[x/token", "https://x:99999/token", "https://x/\n", "https:///t", "https://é"],
)
@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "userinfo_endpoint"])
def test_a_place_that_is_no_address_is_not_gone_to(desk: Desk, name: str, address: str):
    desk.answers.metadata[name] = address
    with pytest.raises(Unavailable, match=f"`{name}` is no address"):
        desk.discovery.metadata()


def test_clocks_may_differ_by_the_skew_of_the_settings():
    desk = Desk(skew=30)
    token = desk.signed()
    desk.clock.now += 89
    assert desk.verify(token)
    desk.clock.now += 2
    with pytest.raises(Unauthenticated, match="expired"):
        desk.verify(token)


def test_a_new_key_is_found_and_strangers_do_not_make_us_ask_all_the_time(desk: Desk):
    desk.verify(desk.signed())
    for _ in range(5):
        with pytest.raises(Unauthenticated, match="does not have"):
            desk.verify(desk.signed(kid="stranger"))
    assert desk.answers.asked.count(f"{ISSUER}/keys") == 1
    desk.answers.keys = [
        RSAAlgorithm.to_jwk(OTHER.public_key(), as_dict=True) | {"kid": "next", "use": "sig"}
    ]
    desk.clock.now += 11
    assert desk.verify(desk.signed(OTHER, kid="next"))
    with pytest.raises(Unauthenticated, match="does not have"):
        desk.verify(desk.signed())  # what was withdrawn signs no more


def test_the_subject_may_be_another_claim():
    desk = Desk(subject="oid")
    claims = desk.verify(desk.signed(sub="pairwise", oid="object"))
    assert desk.tokens.subject(claims) == "object"


def test_a_provider_that_calls_itself_otherwise_is_not_asked(desk: Desk):
    desk.answers.metadata["issuer"] = f"{ISSUER}/"
    with pytest.raises(Unavailable, match="just so"):
        desk.verify(desk.signed())


def test_secrets_are_not_sent_in_the_clear(desk: Desk):
    desk.answers.metadata["token_endpoint"] = "http://login.contoso.example/token"
    with pytest.raises(Unavailable, match="not under https"):
        desk.verify(desk.signed())


LOGOUT = {"http://schemas.openid.net/event/backchannel-logout": {}}


def test_a_logout_is_believed_when_it_is_one(desk: Desk):
    token = desk.signed(nonce=None, events=LOGOUT)
    assert desk.tokens.verify_logout(token)["sub"] == "u"
    for wrong in ({"nonce": None}, {"events": LOGOUT}, {"nonce": None, "events": {}}):
        with pytest.raises(Unauthenticated):
            desk.tokens.verify_logout(desk.signed(**wrong))
    desk.clock.now += 3600
    with pytest.raises(Unauthenticated, match="too old"):
        desk.tokens.verify_logout(token)
