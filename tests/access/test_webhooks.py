"""Webhooks are told of what happens: what they want to know, signed, in order, and no more."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mlestate.client.webhook import Sender
from mlestate.control.courier import DAY, Courier
from mlestate.control.telling import announce
from mlestate.control.work import writing
from mlestate.control.writing import Conditions
from mlestate.core.access import Caller, Grant, Permission, Rights, Role
from mlestate.core.errors import Forbidden
from mlestate.core.resource import View
from mlestate.identity import tls
from tests.access.asking import Request
from tests.access.told import HOME, HOOKS, carry, courier_of, deliveries, hook, model
from tests.access.two_workspaces import ML, SUBSCRIPTION, A, B, Two
from tests.receiver import Receiver, receiver


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    house = Two(tmp_path_factory.mktemp("webhooks"))
    yield house.build()
    house.close()


@pytest.fixture
def heard() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def courier(two: Two) -> Iterator[Courier]:
    with courier_of(two) as found:
        yield found


def test_a_webhook_is_told_in_cloud_events_and_signed(two: Two, heard: Receiver, courier: Courier):
    assert hook(two, heard, events=["Microsoft.MachineLearningServices.*"]).status == 201
    secret = two.made("admin", Request("POST", f"{HOOKS}/hub/renewSecret", {})).json()["secret"]
    id = model(two, 1)
    carry(courier)
    (event,) = heard.events()
    assert event == {
        "specversion": "1.0",
        "id": event["id"],
        "source": B.workspace,
        "type": "Microsoft.MachineLearningServices.ModelRegistered",
        "subject": "models/fox:1",
        "time": event["time"],
        "datacontenttype": "application/json",
        "data": {
            "modelName": "fox",
            "modelVersion": "1",
            "modelTags": {"stage": "qa"},
            "modelProperties": {},
        },
    }
    (got,) = heard.got
    assert got.headers["webhook-id"] == event["id"]
    assert got.headers["content-type"].startswith("application/cloudevents+json")
    assert got.signed_with(secret)
    assert not got.signed_with("whsec_AAAA")
    (row,) = deliveries(two)
    assert (row["state"], row["tries"], row["answer"]) == ("Delivered", 1, "204")
    assert row["resource"] == id.lower()


def test_a_model_that_mlflow_registers_is_told(two: Two, heard: Receiver, courier: Courier):
    hook(two, heard, events=["*.ModelRegistered"], scopes=[A.workspace])
    two.mlflow("bo", A, "registered-models/create", {"name": "numbat-heard"})
    source = f"mlflow-artifacts:/ExperimentRun/dcid.{two.bo.run}/model"
    said = {"name": "numbat-heard", "source": source, "run_id": two.bo.run}
    two.mlflow("bo", A, "model-versions/create", said)
    carry(courier)
    assert [event["subject"] for event in heard.events()] == ["models/numbat-heard:1"]


def test_what_is_written_acted_on_and_deleted_is_told(two: Two, heard: Receiver, courier: Courier):
    hook(two, heard, events=["Microsoft.Resources.*"], scopes=[B.group])
    store = f"{B.group}/providers/Microsoft.Storage/storageAccounts/stfoxden"
    open_keys = {"allowSharedKeyAccess": True}
    two.put(store, {"location": "westeurope", "properties": open_keys})
    two.made("admin", Request("POST", f"{store}/listKeys", {}))
    two.made("admin", Request("DELETE", store))
    two.put(
        f"{A.workspace}/models/elsewhere/versions/1", {"properties": {"modelUri": "azureml://x"}}
    )
    two.work()
    carry(courier)
    kinds = [
        (one["type"].rpartition(".")[2], one["data"]["operationName"]) for one in heard.events()
    ]
    write = "Microsoft.Storage/storageAccounts"
    assert kinds == [
        ("ResourceWriteSuccess", f"{write}/write"),
        ("ResourceActionSuccess", f"{write}/listKeys/action"),
        ("ResourceDeleteSuccess", f"{write}/delete"),
    ]
    assert all(one["subject"] == store for one in heard.events())
    assert heard.events()[0]["data"]["claims"]["name"] == "admin"


def test_what_takes_time_is_told_when_it_is_done(two: Two, heard: Receiver, courier: Courier):
    group = f"{SUBSCRIPTION}/resourceGroups/rg-later"
    two.put(group, {"location": "westeurope"})
    hook(two, heard, events=["*.ResourceDeleteSuccess"], scopes=[SUBSCRIPTION])
    two.made("admin", Request("DELETE", group))
    carry(courier)
    assert heard.events() == []
    two.work()
    carry(courier)
    assert [event["subject"] for event in heard.events()] == [group]


def test_what_was_refused_is_not_told(two: Two, heard: Receiver, courier: Courier):
    hook(two, heard)
    carry(courier)
    heard.got.clear()
    refused = Request(
        "PUT", f"{B.workspace}/models/fox/versions/x", {"properties": {"modelUri": 1}}
    )
    assert two.ask("eve", refused).status == 400
    many = {"requests": [{"id": f"{B.workspace}/models/m/versions/1", "body": {"properties": 3}}]}
    two.ask("eve", Request("POST", "/estate/v1/resources", many))
    carry(courier)
    assert heard.events() == []


def test_one_that_fails_is_tried_again_in_order_and_set_aside_after_a_day(
    two: Two, heard: Receiver, courier: Courier
):
    hook(two, heard, events=["*.ModelRegistered", "Microsoft.Resources.ResourceDeleteSuccess"])
    heard.answer = lambda delivery: 503
    id = model(two, 11)
    two.made("eve", Request("DELETE", id))
    other = model(two, 12)
    carry(courier)
    # What comes after it about the same thing waits; what is about another does not.
    assert sorted(row["tries"] for row in deliveries(two)) == [0, 1, 1], deliveries(two)
    assert {e["subject"] for e in heard.events()} == {"models/fox:11", "models/fox:12"}
    heard.answer = lambda delivery: 200
    carry(courier)
    assert len(heard.got) == 2  # it is not time yet
    two.clock.ahead += 3
    carry(courier)
    told = [e["subject"] for e in heard.events()[2:]]
    assert sorted(told) == sorted(["models/fox:11", "models/fox:12", id])
    assert told.index("models/fox:11") < told.index(id)
    ids = [one.headers["webhook-id"] for one in heard.got]
    assert len(set(ids)) == 3  # sent again under the same id
    assert other
    heard.answer = lambda delivery: 500
    model(two, 13)
    for _ in range(40):
        carry(courier)
        two.clock.ahead += 7200
    two.log_in()
    row = deliveries(two)[0]
    assert (row["state"], row["answer"]) == ("SetAside", "500")
    assert 8 < row["tries"] < 25
    heard.answer = lambda delivery: 200
    two.made("admin", Request("POST", f"{HOOKS}/hub/redeliver", {}))
    two.work()
    carry(courier)
    assert deliveries(two)[0]["state"] == "Delivered"
    two.clock.ahead += 8 * DAY
    assert courier.forget() >= 3


def test_one_that_is_gone_hears_no_more(two: Two, heard: Receiver, courier: Courier):
    hook(two, heard, events=["*.ModelRegistered"])
    heard.answer = lambda delivery: 410
    model(two, 21)
    carry(courier)
    assert deliveries(two)[0]["state"] == "SetAside"
    two.made("admin", Request("DELETE", f"{HOOKS}/hub"))
    heard.answer = lambda delivery: 200
    hook(two, heard, events=["*.ModelRegistered"])
    assert deliveries(two) == []  # one of the same name has nothing of it


def test_a_redirect_is_not_followed(two: Two, heard: Receiver, courier: Courier):
    hook(two, heard, events=["*.ModelRegistered"])
    heard.answer = lambda delivery: 307
    model(two, 31)
    carry(courier)
    assert len(heard.got) == 1
    assert deliveries(two)[0]["answer"] == "307"


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/x",
        "https://127.0.0.1/x",
        "https://[::1]:8443/x",
        "https://169.254.169.254/metadata",
        "https://10.1.2.3/x",
        "https://[::ffff:10.1.2.3]/x",
        "https://[::10.1.2.3]/x",
        "https://[::ffff:0:10.1.2.3]/x",
        "https://[64:ff9b::127.0.0.1]/x",
        "https://[64:ff9b:1::127.0.0.1]/x",
        "https://[64:ff9b:1:ffff::1]/x",
        "https://[2002:7f00:1::1]/x",
        "https://[2001:0:7f00:1::1]/x",
        "https://[2001:0:808:808::f5ff:fffe]/x",
        "https://[2606:4700::5efe:10.1.2.3]/x",
        "https://[2606:4700::200:5efe:10.1.2.3]/x",
        "https://[::]/x",
        "https://[::2]/x",
        "https://[fe80::1]/x",
        "https://[fec0::1]/x",
        "https://[fd00::1]/x",
        "https://[ff0e::1]/x",
        "https://[5f00::1]/x",
        "https://0.0.0.0/x",
        "https://2130706433/x",
        "https://no-such-host.invalid/x",
    ],
)
def test_a_private_address_is_not_gone_to(url: str):
    sender = Sender()
    with pytest.raises(OSError, match=r"not public|has no address"):
        sender.send(url, b"", {})


def test_an_address_that_carries_an_allowed_one_is_allowed(heard: Receiver):
    mapped = f"http://[::ffff:127.0.0.1]:{heard.port}/"
    assert Sender(HOME).send(mapped, b"{}", {}) == 204


def test_without_tls_only_an_allowed_network_is_gone_to(heard: Receiver):
    sender = Sender((ipaddress.ip_network("10.0.0.0/8"),))
    with pytest.raises(OSError, match="not public"):
        sender.send(heard.url, b"", {})
    with pytest.raises(OSError, match="without TLS"):
        sender.send("http://1.1.1.1/", b"", {})


def test_an_answer_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mlestate.client.webhook.SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_drip, args=(listening,), daemon=True).start()
        begun = time.monotonic()
        with pytest.raises(OSError, match="no answer within"):
            Sender(HOME).send(f"http://127.0.0.1:{listening.getsockname()[1]}/", b"{}", {})
        assert time.monotonic() - begun < 5


def _drip(listening: socket.socket) -> None:
    """A header every tenth of a second, and never the last one."""
    taken, _ = listening.accept()
    with taken:
        taken.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in range(100):
            try:
                taken.sendall(b"x-%d: drip\r\n" % number)
            except OSError:
                return
            time.sleep(0.1)


def test_a_certificate_is_checked_against_the_name(tmp_path: Path):
    """The connection goes to an address; the certificate is still that of the name."""
    now = datetime.now(UTC)
    made = tls.ensure(tmp_path, ["hooks.localhost"], now)
    with receiver(certificate=made.server) as heard:
        port = heard.port
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            Sender(HOME).send(f"https://localhost:{port}/", b"{}", {})
        known = Sender(HOME, ca=made.ca)
        assert known.send(f"https://localhost:{port}/", b"{}", {}) == 204
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            known.send(f"https://127.1:{port}/", b"{}", {})
    assert [one.headers["host"] for one in heard.got] == [f"localhost:{port}"]


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"url": "ftp://x"}, "$.properties.url"),
        ({"url": "https://user:pass@x/"}, "$.properties.url"),
        ({"url": "https:///x"}, "$.properties.url"),
        ({"url": "https://x/ y"}, "$.properties.url"),
        ({"url": "https://x/\r\nhost: y"}, "$.properties.url"),
        ({"url": "https://ex ample/"}, "$.properties.url"),
        ({"events": []}, "$.properties.events"),
        ({"events": ["Nothing"]}, "$.properties.events[0]"),
        ({"scopes": ["nowhere"]}, "$.properties.scopes[0]"),
    ],
)
def test_a_bad_webhook_is_refused_with_its_place(
    two: Two, heard: Receiver, courier: Courier, said: dict[str, Any], place: str
):
    answer = hook(two, heard, **said)
    assert answer.status == 400
    assert place in answer.text


def test_nobody_listens_to_what_they_may_not_read(two: Two, heard: Receiver, courier: Courier):
    """Nor makes one without the right, nor reads its secret."""
    assert hook(two, heard, who="eve").status == 403
    assert hook(two, heard, who="eve", scopes=[B.group]).status == 403
    listening = Permission(actions=("Mlestate.Organization/webhooks/*",))
    reading = Grant(B.group, Role("2", "Reader", (Permission(actions=("*/read",)),)))
    body = {"properties": {"url": heard.url, "events": ["*"], "scopes": [B.group]}}

    def put(*more: Grant) -> None:
        rights = Rights([Grant("", Role("1", "Listener", (listening,))), *more])
        caller = Caller("w", "wes", "User", rights)
        two.estate.engine.put(caller, f"{HOOKS}/hub", body, Conditions(), View())

    with pytest.raises(Forbidden):
        put()
    put(reading)
    body["properties"]["scopes"] = [B.group, A.group]
    with pytest.raises(Forbidden):
        put(reading)
    model(two, 41, A, "bo")
    carry(courier)
    assert "quokka" not in "".join(one.body.decode() for one in heard.got)
    read = two.get("admin", f"{HOOKS}/hub")
    assert "whsec_" not in read.text
    assert two.get("eve", f"{HOOKS}/hub/deliveries").status == 403
    assert two.ask("eve", Request("POST", f"{HOOKS}/hub/renewSecret", {})).status == 403


def test_a_new_secret_signs_beside_the_old_one_for_a_day(
    two: Two, heard: Receiver, courier: Courier
):
    hook(two, heard, events=["*.WebhookTested"])

    def renewed() -> str:
        answer = two.made("admin", Request("POST", f"{HOOKS}/hub/renewSecret", {}))
        return str(answer.json()["secret"])

    def tested() -> Any:
        two.made("admin", Request("POST", f"{HOOKS}/hub/test", {}))
        carry(courier)
        return heard.got[-1]

    old, new = renewed(), renewed()
    assert tested().signed_with(old)
    assert tested().signed_with(new)
    two.clock.ahead += DAY + 60
    two.log_in()
    assert not tested().signed_with(old)
    assert tested().signed_with(new)


def test_a_job_is_told_of_in_all_its_states(two: Two, heard: Receiver, courier: Courier):
    from mlestate.control.worker import lay_over
    from mlestate.core import ids

    hook(two, heard, events=["Microsoft.MachineLearningServices.Run*"])
    id = ids.parse(two.bo.documents[f"{ML}/workspaces/jobs"][0])
    for status in ("Running", "Running", "Failed"):
        lay_over(two.estate.plane, id, lambda job, s=status: job.with_properties(status=s))
    carry(courier)
    told = [(e["type"].rpartition(".")[2], e["data"]["runStatus"]) for e in heard.events()]
    assert told == [("RunStatusChanged", "Running"), ("RunStatusChanged", "Failed")]
    assert heard.events()[0]["source"] == A.workspace


class Asked(NamedTuple):
    kind: str = "access.approvalAsked"
    resource: str = f"{B.group}/providers/Microsoft.Authorization/requests/r1"
    at: float = 1.0
    by: str = "eve"
    said: dict[str, Any] = {"status": "PendingApproval"}


def test_what_is_announced_of_access_is_told(two: Two, heard: Receiver, courier: Courier):
    hook(two, heard, events=["Mlestate.Access.*"], scopes=[B.group])
    plane, admin = two.estate.plane, two.estate.identities.authenticator.authenticate
    caller = admin(two.tokens["admin"])
    with writing(plane, "", caller, View()) as work:
        announce(work, Asked())
        announce(work, Asked(resource=f"{A.group}/providers/Microsoft.Authorization/requests/r2"))
    carry(courier)
    (event,) = heard.events()
    assert (event["type"], event["subject"]) == ("Mlestate.Access.ApprovalAsked", Asked().resource)
    assert event["data"] == {"status": "PendingApproval", "by": "eve"}
