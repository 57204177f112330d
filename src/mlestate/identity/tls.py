"""The local certificate authority, and the certificate that this estate serves HTTPS with."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import certifi
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from . import private_file
from .certificates import Authority, general_names, issue, key_pem, new_authority

ALWAYS = ("localhost", "127.0.0.1", "::1")
_CA_LIFETIME = timedelta(days=3650)
# No longer than browsers accept of any authority.
_SERVER_LIFETIME = timedelta(days=397)
_RENEW_BEFORE = timedelta(days=30)


class Tls(msgspec.Struct, frozen=True):
    """`server` holds the certificate, its chain and its key; `bundle` is what clients trust."""

    ca: Path
    server: Path
    bundle: Path

    def context(self) -> ssl.SSLContext:
        """For a server; call `load_cert_chain(server)` on it again after a renewal."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.server)
        return context


def ensure(folder: Path, names: Sequence[str], now: datetime) -> Tls:
    """Make what is missing, or is about to expire, or lacks a name. `now` is in UTC."""
    folder.mkdir(parents=True, exist_ok=True)
    tls = Tls(folder / "ca.pem", folder / "server.pem", folder / "bundle.pem")
    authority = _kept_authority(folder, now) or _new_authority(folder, now)
    wanted = general_names((*ALWAYS, *names))
    if not _serves(tls.server, authority, wanted, now):
        private_file.write(tls.server, issue(authority, wanted, now, _SERVER_LIFETIME))
    _write_bundle(tls)
    return tls


def _kept_authority(folder: Path, now: datetime) -> Authority | None:
    pem, key_file = folder / "ca.pem", folder / "ca.key"
    if not (pem.exists() and key_file.exists()):
        return None
    certificate = x509.load_pem_x509_certificate(pem.read_bytes())
    key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    mine = isinstance(key, ec.EllipticCurvePrivateKey) and (
        key.public_key() == certificate.public_key()
    )
    # A new authority in time for the last certificate of the old one.
    if not mine or certificate.not_valid_after_utc - now < _SERVER_LIFETIME:
        return None
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Authority(certificate, key)


def _new_authority(folder: Path, now: datetime) -> Authority:
    authority = new_authority(f"mlestate local CA {now:%Y-%m-%d}", now, _CA_LIFETIME)
    private_file.write(folder / "ca.key", key_pem(authority.key))
    private_file.write(folder / "ca.pem", authority.pem, mode=0o644)
    return authority


def _serves(
    server: Path, authority: Authority, names: Sequence[x509.GeneralName], now: datetime
) -> bool:
    """True when the certificate that is there will do."""
    if not server.exists():
        return False
    certificate, issuer, *_ = x509.load_pem_x509_certificates(server.read_bytes())
    known = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return (
        issuer == authority.certificate
        and certificate.not_valid_after_utc - now > _RENEW_BEFORE
        and set(names) <= set(known)
    )


def _write_bundle(tls: Tls) -> None:
    """Public authorities too: a client's process talks to more than this estate."""
    bundle = Path(certifi.where()).read_bytes().rstrip() + b"\n\n" + tls.ca.read_bytes()
    if not tls.bundle.exists() or tls.bundle.read_bytes() != bundle:
        private_file.write(tls.bundle, bundle, mode=0o644)
