"""The certificate for Azure's names: good for those, by those who were told, and for no more."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mlestate.core import azure_hosts
from mlestate.identity import trust
from mlestate.identity.certificates import Authority, general_names, issue, new_authority
from mlestate.identity.stand_in import stand_in

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def handshake(server: ssl.SSLContext, authority: bytes, host: str) -> None:
    client = ssl.create_default_context(cadata=authority.decode())
    client.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            server.wrap_socket(theirs, server_side=True).close()
        except ssl.SSLError:
            theirs.close()  # the client, who is asked below, refused

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        client.wrap_socket(ours, server_hostname=host).close()
    finally:
        ours.close()
        thread.join()


@pytest.mark.parametrize("name", azure_hosts.NAMES)
def test_a_strict_client_takes_it_under_each_of_azures_names(tmp_path: Path, name: str):
    made = stand_in(azure_hosts.NAMES, tmp_path, NOW)
    host = name.replace("*", "stexplore1")
    assert azure_hosts.answered(host)
    handshake(made.context, made.authority, host)


def test_no_key_is_left_in_a_file(tmp_path: Path):
    stand_in(azure_hosts.NAMES, tmp_path, NOW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["login.example", "evil.azure.com", "127.0.0.1"])
def test_whatever_else_its_authority_signed_nobody_would_take(tmp_path: Path, host: str):
    domains = [name.removeprefix("*.") for name in azure_hosts.NAMES]
    authority = new_authority("a", NOW, DAY, domains)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"permitted subtree|excluded subtree"):
        handshake(serving(authority, host, tmp_path), authority.pem, host)


def serving(authority: Authority, host: str, folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    file = folder / "server.pem"
    file.write_bytes(issue(authority, general_names([host]), NOW, DAY))
    context.load_cert_chain(file)
    return context


def test_a_program_believes_all_that_it_would_believe_and_the_new_one_too(tmp_path: Path):
    company, new = (new_authority(name, NOW, DAY).pem for name in ("company", "new"))
    file = tmp_path / "company.pem"
    file.write_bytes(b"# our own\n" + company)
    said = {"REQUESTS_CA_BUNDLE": str(file), "SSL_CERT_FILE": str(tmp_path / "gone.pem")}
    bundle = trust.bundle(said, [new, new])
    assert bundle.count(company.strip()) == bundle.count(new.strip()) == 1
    context = ssl.create_default_context(cadata=bundle.decode())
    assert context.cert_store_stats()["x509_ca"] > 100
