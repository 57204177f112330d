"""The local certificate authority, and the certificate that this estate serves HTTPS with."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import certifi
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from . import private_file

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


class _Authority(msgspec.Struct, frozen=True):
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def ensure(folder: Path, names: Sequence[str], now: datetime) -> Tls:
    """Make what is missing, or is about to expire, or lacks a name. `now` is in UTC."""
    folder.mkdir(parents=True, exist_ok=True)
    tls = Tls(folder / "ca.pem", folder / "server.pem", folder / "bundle.pem")
    authority = _kept_authority(folder, now) or _new_authority(folder, now)
    wanted = _general_names((*ALWAYS, *names))
    if not _serves(tls.server, authority, wanted, now):
        private_file.write(tls.server, _new_server(authority, wanted, now))
    _write_bundle(tls)
    return tls


def _kept_authority(folder: Path, now: datetime) -> _Authority | None:
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
    return _Authority(certificate, key)


def _new_authority(folder: Path, now: datetime) -> _Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"mlestate local CA {now:%Y-%m-%d}")])
    own_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        _builder(name, name, key.public_key(), now, _CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(own_id, critical=False)
        .sign(key, hashes.SHA256())
    )
    private_file.write(folder / "ca.key", _key_pem(key))
    private_file.write(folder / "ca.pem", _pem(certificate), mode=0o644)
    return _Authority(certificate, key)


def _new_server(authority: _Authority, names: Sequence[x509.GeneralName], now: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mlestate")])
    issuer, own_key = authority.certificate, key.public_key()
    issuer_id = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    certificate = (
        _builder(subject, issuer.subject, own_key, now, _SERVER_LIFETIME)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id),
            critical=False,
        )
        .sign(authority.key, hashes.SHA256())
    )
    return _pem(certificate) + _pem(issuer) + _key_pem(key)


def _serves(
    server: Path, authority: _Authority, names: Sequence[x509.GeneralName], now: datetime
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


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # Clocks differ: a certificate from the future is refused.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + lifetime)
    )


def _key_usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_names(names: Iterable[str]) -> list[x509.GeneralName]:
    return [_general_name(name) for name in dict.fromkeys(names)]


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
