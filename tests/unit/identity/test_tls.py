from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
import pytest
from cryptography import x509

from mlestate.identity import tls

NOW = datetime.now(UTC)


def handshake(made: tls.Tls, host: str, strict: bool = True) -> None:
    """One TLS connection over a pair of sockets, checked as a client checks it."""
    client = ssl.create_default_context(cafile=str(made.bundle))
    if strict:
        client.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            made.context().wrap_socket(theirs, server_side=True).close()
        except ssl.SSLError:
            theirs.close()  # the client, who is asked below, refused

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        client.wrap_socket(ours, server_hostname=host).close()
    finally:
        ours.close()
        thread.join()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "estate.contoso.example"])
def test_a_strict_client_takes_the_certificate_under_each_name(tmp_path: Path, host: str):
    handshake(tls.ensure(tmp_path, ["estate.contoso.example"], NOW), host)


def test_another_name_is_refused(tmp_path: Path):
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(tls.ensure(tmp_path, [], NOW), "elsewhere.example")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl program")
def test_openssl_takes_the_chain_under_its_strict_rules(tmp_path: Path):
    made = tls.ensure(tmp_path, [], NOW)
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver"]
    shown = subprocess.run(
        [*command, "-verify_hostname", "localhost", "-CAfile", made.ca, made.server],
        capture_output=True,
        text=True,
    )
    assert shown.stdout.strip().endswith(": OK"), shown.stderr


def test_keys_are_for_their_owner_alone(tmp_path: Path):
    made = tls.ensure(tmp_path, [], NOW)
    assert (tmp_path / "ca.key").stat().st_mode & 0o777 == 0o600
    assert made.server.stat().st_mode & 0o777 == 0o600
    assert made.bundle.stat().st_mode & 0o777 == 0o644
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "bundle.pem",
        "ca.key",
        "ca.pem",
        "server.pem",
    ]


def test_the_bundle_holds_the_public_authorities_and_ours(tmp_path: Path):
    bundle = tls.ensure(tmp_path, [], NOW).bundle.read_text()
    assert Path(certifi.where()).read_text().rstrip() in bundle
    assert (tmp_path / "ca.pem").read_text() in bundle


def test_a_second_start_changes_nothing(tmp_path: Path):
    tls.ensure(tmp_path, ["a.example"], NOW)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    tls.ensure(tmp_path, ["a.example"], NOW + timedelta(days=300))
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_the_certificate_is_renewed_a_month_before_it_ends_under_the_same_authority(tmp_path: Path):
    made = tls.ensure(tmp_path, [], NOW)
    server, authority = made.server.read_bytes(), made.ca.read_bytes()
    tls.ensure(tmp_path, [], NOW + timedelta(days=368))
    assert made.server.read_bytes() != server
    assert made.ca.read_bytes() == authority
    newer = x509.load_pem_x509_certificate(made.server.read_bytes())
    assert newer.not_valid_after_utc > NOW + timedelta(days=700)


def test_a_new_name_makes_a_new_certificate_and_an_old_one_stays_good_for_fewer(tmp_path: Path):
    made = tls.ensure(tmp_path, [], NOW)
    first = made.server.read_bytes()
    tls.ensure(tmp_path, ["a.example"], NOW)
    second = made.server.read_bytes()
    tls.ensure(tmp_path, [], NOW)
    assert first != second == made.server.read_bytes()


def test_an_authority_about_to_end_or_without_its_key_is_replaced(tmp_path: Path):
    made = tls.ensure(tmp_path, [], NOW)
    first = made.ca.read_bytes()
    tls.ensure(tmp_path, [], NOW + timedelta(days=3300))
    second = made.ca.read_bytes()
    (tmp_path / "ca.key").unlink()
    tls.ensure(tmp_path, [], NOW)
    assert len({first, second, made.ca.read_bytes()}) == 3
    handshake(made, "localhost")
