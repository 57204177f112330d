"""CONNECT: other hosts untouched, Azure's names to the estate, and what goes wrong."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import threading
import time

import pytest

from mlestate.client.forward import server
from mlestate.client.forward.place import Place
from tests.ports import free_port
from tests.unit.client.forward.conftest import (
    SECRET,
    Street,
    connect,
    everything,
    exactly,
    head,
    known,
)

ARM = "management.azure.com"


def echo(connection: socket.socket) -> None:
    while each := connection.recv(65536):
        connection.sendall(each)


def answer(connection: socket.socket) -> None:
    """Each request with its own head, as the body."""
    while asked := head(connection):
        length = f"HTTP/1.1 200 OK\r\nContent-Length: {len(asked)}\r\n\r\n"
        connection.sendall(length.encode() + asked)


async def said_and_heard(
    tunnel: socket.socket, trust: ssl.SSLContext, sent: bytes
) -> tuple[bytes, bytes | None]:
    """As much as was sent, heard while it is sent; and the certificate shown.

    By one thread: OpenSSL's connections may not be read and written by two at once.
    """
    reader, writer = await asyncio.open_connection(
        sock=tunnel, ssl=trust, server_hostname="localhost"
    )
    writer.write(sent)
    heard, _ = await asyncio.gather(reader.readexactly(len(sent)), writer.drain())
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    return heard, shown


class TestOtherHosts:
    def test_are_reached_byte_for_byte_under_their_own_certificate(self, street: Street):
        site = street.site(echo, safe=True)
        sent = os.urandom(8 << 20)
        trust = ssl.create_default_context(cafile=str(street.tls.ca))
        with street.tunnel(f"localhost:{site.port}") as tunnel:
            said, shown = asyncio.run(said_and_heard(tunnel.dup(), trust, sent))
        assert said == sent
        own = street.tls.server.read_text().partition("-----END CERTIFICATE-----")
        assert shown == ssl.PEM_cert_to_DER_cert(own[0] + own[1])

    def test_may_speak_first_and_be_listened_to_after_all_was_said(self, street: Street):
        def talk(connection: socket.socket) -> None:
            connection.sendall(b"220 ready\r\n")
            connection.sendall(b"got " + everything(connection))

        site = street.site(talk)
        with street.tunnel(f"localhost:{site.port}") as tunnel:
            assert exactly(tunnel, 11) == b"220 ready\r\n"
            tunnel.sendall(b"all of it")
            tunnel.shutdown(socket.SHUT_WR)
            assert everything(tunnel) == b"got all of it"

    def test_get_what_was_said_before_the_tunnel_was_there(self, street: Street):
        site = street.site(echo)
        with street.dial() as connection:
            connection.sendall(connect(f"localhost:{site.port}") + b"early")
            head(connection)
            assert exactly(connection, 5) == b"early"

    def test_that_refuse_are_a_bad_gateway_with_the_reason_in_the_first_line(self, street: Street):
        port = free_port()
        said = street.ask(connect(f"localhost:{port}"))
        first, _, body = said.partition(b"\r\n")
        assert first.startswith(b"HTTP/1.1 502 ")
        assert f"localhost:{port} cannot be reached: Connection refused".encode() in first
        assert body.endswith(b"Connection refused\n")

    def test_that_are_nowhere_are_a_bad_gateway(self, street: Street):
        assert b"nowhere.invalid:443 cannot be reached" in street.ask(
            connect("nowhere.invalid:443")
        )

    def test_that_take_nothing_hold_up_who_sends(self, street: Street):
        done = threading.Event()
        site = street.site(lambda connection: assert_waits(done))
        with street.tunnel(f"localhost:{site.port}") as tunnel:
            tunnel.settimeout(0.5)
            assert sent_until_held_up(tunnel, 256 << 20) < 64 << 20
            done.set()


def sent_until_held_up(connection: socket.socket, most: int) -> int:
    sent = 0
    try:
        while sent < most:
            sent += connection.send(bytes(1 << 20))
    except TimeoutError:
        pass
    return sent


def assert_waits(done: threading.Event) -> None:
    assert done.wait(20)


class TestAzuresNames:
    @pytest.mark.parametrize(
        "host",
        [
            ARM,
            "login.microsoftonline.com",
            "stexplore1.blob.core.windows.net",
            "westeurope.api.azureml.ms",
            "cert-westeurope.experiments.azureml.net",
        ],
    )
    def test_lead_to_the_estate_with_all_that_was_said_as_it_was(self, street: Street, host: str):
        street.estate = street.site(answer, safe=True).place
        asked = (
            f"GET /subscriptions?api-version=1 HTTP/1.1\r\nHost: {host}\r\n"
            "Authorization: Bearer t0ken\r\nX-odd:   kept \r\n\r\n"
        ).encode()
        with street.safely(host, street.faked.authority) as safe:
            for _ in range(2):  # the connection is kept
                safe.sendall(asked)
                head(safe)
                assert exactly(safe, len(asked)) == asked

    def test_are_the_same_in_capitals_and_with_a_dot_at_the_end(self, street: Street):
        street.estate = street.site(answer, safe=True).place
        for target in ("MANAGEMENT.Azure.com:443", f"{ARM}.:443"):
            with street.tunnel(target):
                pass
        assert street.said == [f"{ARM}:443 is answered by the estate"] * 2

    def test_are_refused_while_there_is_no_estate_and_never_asked_of_azure(self, street: Street):
        street.environment = {"HTTPS_PROXY": f"http://localhost:{street.site(echo).port}"}
        said = street.ask(connect(f"{ARM}:443"))
        assert said.startswith(b"HTTP/1.1 502 ")
        assert f"localhost:{street.estate.port} cannot be reached".encode() in said

    def test_hold_up_who_sends_while_the_estate_takes_nothing(self, street: Street):
        done = threading.Event()
        street.estate = street.site(lambda connection: assert_waits(done), safe=True).place
        with street.safely(ARM, street.faked.authority) as safe:
            safe.settimeout(0.5)
            assert sent_until_held_up(safe, 256 << 20) < 64 << 20
            done.set()

    def test_are_refused_where_the_estate_is_not_the_one_that_is_trusted(self, street: Street):
        other = street.faked.context
        site = street.site(answer)
        site._context = other
        street.estate = site.place
        said = street.ask(connect(f"{ARM}:443"))
        assert b"502" in said.partition(b"\r\n")[0]
        assert b"is not trusted" in said

    def test_are_not_believed_by_who_was_not_told(self, street: Street):
        street.estate = street.site(answer, safe=True).place
        with (
            pytest.raises(ssl.SSLCertVerificationError),
            street.safely(ARM, street.tls.ca.read_bytes()),
        ):
            pass
        until = time.monotonic() + 10
        while len(street.said) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        assert "does not take the certificate for management.azure.com" in street.said[1]

    def test_may_be_left_alone_one_by_one(self, street: Street):
        heard: list[bytes] = []
        street.environment = {"HTTPS_PROXY": f"http://localhost:{proxy(street, heard)}"}
        street.through = frozenset({"public.blob.core.windows.net"})
        with street.tunnel("public.blob.core.windows.net:443"):
            pass
        assert heard[0].startswith(b"CONNECT public.blob.core.windows.net:443 ")

    @pytest.mark.parametrize(
        "target",
        [
            "evilmanagement.azure.com:443",
            "management.azure.com.evil.example:443",
            "xmanagement.azure.com:443",
            "a.b.blob.core.windows.net:443",
            "blob.core.windows.net:443",
            "blob.core.windows.net.evil.example:443",
            "xblob.core.windows.net:443",
            "api.azureml.ms.evil.example:443",
            "management.azure.com:8443",
            "kv-numbat.vault.azure.net:443",
        ],
    )
    def test_are_those_names_and_no_others(self, street: Street, target: str):
        heard: list[bytes] = []
        street.environment = {"HTTPS_PROXY": f"http://localhost:{proxy(street, heard)}"}
        with street.tunnel(target):
            pass
        assert heard[0].startswith(f"CONNECT {target} HTTP/1.1\r\n".encode())


def proxy(street: Street, heard: list[bytes], answer: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> int:
    """The port of a proxy that the machine has already."""

    def talk(connection: socket.socket) -> None:
        heard.append(head(connection))
        connection.sendall(answer)
        echo(connection)

    return street.site(talk).port


class TestTheMachinesOwnProxy:
    def test_is_gone_through_with_its_own_password_and_not_with_ours(self, street: Street):
        heard: list[bytes] = []
        port = proxy(street, heard, b"HTTP/1.1 200 OK\r\nVia: it\r\n\r\nearly")
        street.environment = {"HTTPS_PROXY": f"http://me:p%40ss@localhost:{port}"}
        with street.tunnel("pypi.example:443") as tunnel:
            assert exactly(tunnel, 5) == b"early"
            tunnel.sendall(b"hello")
            assert exactly(tunnel, 5) == b"hello"
        assert known("me:p@ss").encode() in heard[0]
        assert known().encode() not in heard[0]

    def test_is_not_for_what_is_said_to_be_near(self, street: Street):
        site = street.site(echo)
        street.environment = {"HTTPS_PROXY": "http://nowhere.invalid", "NO_PROXY": "localhost"}
        with street.tunnel(f"localhost:{site.port}") as tunnel:
            tunnel.sendall(b"hello")
            assert exactly(tunnel, 5) == b"hello"

    def test_is_not_for_the_estate_itself(self, street: Street):
        street.estate = street.site(answer, safe=True).place
        street.environment = {"HTTPS_PROXY": "http://nowhere.invalid"}
        with street.safely(ARM, street.faked.authority):
            pass
        with street.tunnel(f"localhost:{street.estate.port}"):
            pass

    def test_tells_why_it_refuses(self, street: Street):
        port = proxy(street, [], b"HTTP/1.1 403 Not for you\r\n\r\n")
        street.environment = {"ALL_PROXY": f"localhost:{port}"}
        said = street.ask(connect("pypi.example:443"))
        assert said.startswith(b"HTTP/1.1 502 ")
        assert b"refuses pypi.example:443: 403 Not for you" in said


class TestWhoMayAsk:
    @pytest.mark.parametrize("line", ["", known("run:wrong"), "Proxy-Authorization: Bearer x\r\n"])
    def test_is_who_has_the_secret(self, street: Street, line: str):
        site = street.site(echo)
        said = street.ask(f"CONNECT localhost:{site.port} HTTP/1.1\r\n{line}\r\n".encode())
        assert said.startswith(b"HTTP/1.1 407 ")
        assert b"\r\nProxy-Authenticate: Basic " in said

    def test_is_told_nothing_that_is_secret(self, street: Street):
        street.ask(connect("nowhere.invalid:443"))
        assert street.said
        assert SECRET.partition(":")[2] not in "".join(street.said)


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 no http at all\r\n\r\n",
        b"CONNECT localhost HTTP/1.1\r\n" + known().encode() + b"\r\n",
        b"CONNECT localhost:99999 HTTP/1.1\r\n" + known().encode() + b"\r\n",
        b"CONNECT user@localhost:1 HTTP/1.1\r\n" + known().encode() + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + known().encode() + b"\r\n",
        b"GET ftp://localhost/ HTTP/1.1\r\n" + known().encode() + b"\r\n",
        b"GET http://localhost/ HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        connect(f"{ARM}:443") + b"before it is asked",
    ],
)
def test_what_is_no_request_to_a_proxy_is_refused(street: Street, request_: bytes):
    assert street.ask(request_).startswith(b"HTTP/1.1 400 ")


def test_nothing_is_left_open_when_it_ends(street: Street):
    site = street.site(echo)
    listener = server.listen()
    port = listener.getsockname()[1]
    with server.serving(listener, street.ways()):
        tunnel = socket.create_connection(("127.0.0.1", port), timeout=20)
        tunnel.sendall(connect(f"localhost:{site.port}"))
        head(tunnel)
    with tunnel:
        assert everything_or_cut(tunnel) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def everything_or_cut(connection: socket.socket) -> bytes:
    try:
        return everything(connection)
    except ConnectionResetError:
        return b""


def test_a_place_is_written_as_it_is_read():
    assert str(Place("::1", 443)) == "[::1]:443"


def test_it_ends_also_when_it_has_hardly_begun(street: Street):
    for _ in range(30):
        with server.serving(server.listen(), street.ways()):
            pass
