"""The keys that tokens are signed with: ECDSA P-256, kept in the database of the estate."""

from __future__ import annotations

import secrets

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from ..core.principals import SigningKey
from ..store import credentials as store
from ..store.database import Database
from .generation import Clock

# A key that another process made is found so soon; a stranger's key id costs no more than that.
_RELOAD_EVERY = 1.0


class SigningKeys:
    def __init__(self, database: Database, clock: Clock):
        self._database, self._clock = database, clock
        with database.write() as connection:
            if not store.keys(connection):
                store.add_key(connection, new_key(clock()))
        self._load()

    @property
    def newest(self) -> tuple[str, ec.EllipticCurvePrivateKey]:
        """The key that signs, with its kid."""
        return self._signing

    def public(self, kid: str) -> ec.EllipticCurvePublicKey | None:
        if kid not in self._public and self._clock() >= self._reload_from:
            self._load()
        return self._public.get(kid)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys, as a JSON Web Key Set."""
        return {"keys": [_jwk(kid, key) for kid, key in self._public.items()]}

    def _load(self) -> None:
        self._reload_from = self._clock() + _RELOAD_EVERY
        with self._database.read() as connection:
            keys = store.keys(connection)
        loaded = {key.kid: _private(key.pem) for key in keys}
        self._public = {kid: key.public_key() for kid, key in loaded.items()}
        # Of two that were made at once, by two processes at their first start, all take one.
        self._signing = (keys[-1].kid, loaded[keys[-1].kid])


def new_key(now: float) -> SigningKey:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return SigningKey(kid=secrets.token_urlsafe(16), pem=pem.decode(), created=now)


def _private(pem: str) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("a signing key in the database is not an elliptic-curve key")
    return key


def _jwk(kid: str, key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    point: dict[str, str] = ECAlgorithm.to_jwk(key, as_dict=True)
    return point | {"kid": kid, "use": "sig", "alg": "ES256"}
