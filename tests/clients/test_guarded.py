"""Guests, locks and live data of a real estate, met with the official clients, unmodified.

In processes of their own, because the clients want TLS, DNS and a login that are real.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.running import Running, running

OWN, OTHER, PROD = "mlw-churn-dev", "mlw-fraud-dev", "mlw-churn-prod"
FILE = """
schema: 1
id: guarded
azure:
  tenant: guarded.example
  subscriptions: {one: 11111111-1111-1111-1111-111111111111}
regions: {home: westeurope}
environments:
  dev: {subscription: one}
  prod: {subscription: one, live: [auditor], lock: [storage, keyvault, workspace]}
roles:
  scientist: {dev: AzureML Data Scientist}
  auditor: {prod: Reader}
  loader: {prod: [Reader, Storage Blob Data Contributor]}
people:
  mia: {name: Mia Chen}
  ana: {name: Ana Lima}
  eva: {name: Eva Berg}
  ida: {name: Ida Ek}
divisions:
  claims:
    workspacePer: project
    environments: [dev, prod]
    costcenter: "1"
    owner: mia
    members: {scientist: [ana], auditor: [eva], loader: [ida]}
    projects:
      fraud: {}
      churn:
        guests:
          lee: {name: Lee Park, sponsor: mia, until: LAST, role: scientist, environments: [dev]}
          acme:
            name: Acme Analytics
            people: {kim: Kim Roe}
            sponsor: mia
            until: 2999-12-31
            role: scientist
            environments: [dev]
"""
# The server's clock three days ahead, and an hour that is over once there is a file.
LATER = """
import os, pathlib, time
real = time.time
time.time = lambda: real() + 3 * 86400
from mlestate.app import upkeep
from mlestate.app.joints.leaving import Leaving
upkeep.HOURLY = 0.5
due, run = pathlib.Path(os.environ["MLESTATE_DATA"], "due"), Leaving.run
Leaving.run = lambda self: run(self) if due.exists() else 0
from mlestate.cli.main import main
main()
"""

HEAD = """
import os, sys, warnings
warnings.simplefilter("ignore")
from azure.ai.ml import MLClient
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.identity import DefaultAzureCredential

credential = DefaultAzureCredential()

def client(workspace):
    group = workspace.replace("mlw-", "rg-")
    return MLClient(credential, os.environ["AZURE_SUBSCRIPTION_ID"], group, workspace)

def refused(work):
    try:
        found = work()
        list(found) if hasattr(found, "__iter__") else None
    except HttpResponseError as error:
        return error.status_code
    return 0
"""

GUEST = """
from azure.ai.ml.entities import Data
import mlflow, pathlib, tempfile
ml = client("mlw-churn-dev")
file = pathlib.Path(tempfile.mkdtemp()) / "churn.csv"
file.write_text("churn,1")
data = Data(name=sys.argv[1], version="1", path=str(file), type="uri_file")
ml.data.create_or_update(data)
with mlflow.start_run():
    mlflow.log_metric("churn", 1.0)
print(sorted(one.name for one in ml.workspaces.list(scope="subscription")))
print(sorted(store.name for store in ml.datastores.list()))
others = [client(name) for name in ("mlw-fraud-dev", "mlw-churn-prod")]
print([refused(work) for other in others for work in (
    lambda: other.workspaces.get(other.workspace_name),
    lambda: other.data.list(),
    lambda: other.jobs.list(),
    lambda: other.datastores.get("workspaceblobstore", include_secrets=True),
)])
"""

ENDED = """
try:
    client("mlw-churn-dev").workspaces.get("mlw-churn-dev")
except ClientAuthenticationError as error:
    print(" ".join(str(error).split()))
"""

LOCKS = """
from azure.core.rest import HttpRequest
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

origin = os.environ["AZURE_AUTHORITY_HOST"]
auth = ARMChallengeAuthenticationPolicy(credential, f"{origin}/.default")
arm = ARMPipelineClient(origin, policies=[auth])
ml = client("mlw-churn-prod")
prod = ml.workspaces.get("mlw-churn-prod")

def send(method, id, body=None):
    request = HttpRequest(method, f"{origin}{id}?api-version=2020-05-01", json=body)
    return arm.send_request(request)

def said(answer):
    return answer.status_code, (answer.json() if answer.text() else {}).get("error", {}).get("code")

TAGS = {"tags": {"a": "b", "live": "true"}}
lock = "/providers/Microsoft.Authorization/locks"
group = prod.id.split("/providers/")[0]
print([one["properties"]["level"] for one in send("GET", f"{group}{lock}").json()["value"]])
print(said(send("DELETE", prod.storage_account)), said(send("DELETE", group)))
try:
    ml.workspaces.begin_delete("mlw-churn-prod", delete_dependent_resources=False)
except HttpResponseError as error:
    print(error.status_code, error.error.code, "locked:" in error.message)
freeze = f"{group}{lock}/freeze"
print(said(send("PUT", freeze, {"properties": {"level": "ReadOnly", "notes": "audit"}})))
print(said(send("POST", f"{prod.storage_account}/listKeys")))
print(said(send("PATCH", prod.storage_account, TAGS)))
print(said(send("DELETE", freeze)), said(send("PATCH", prod.storage_account, TAGS)))
print(prod.storage_account)
"""

LIVE = """
from azure.storage.blob import BlobServiceClient

account = sys.argv[1]
url = f"{os.environ['AZURE_AUTHORITY_HOST']}/_blob/{account}.blob.core.windows.net"

def answer(work):
    try:
        return work()
    except HttpResponseError as error:
        return error.status_code, error.error_code

def tried(service):
    blob = service.get_blob_client("live", "people.csv")
    return [
        answer(lambda: blob.download_blob().readall().decode()),
        answer(lambda: blob.upload_blob(b"changed", overwrite=True) and "written"),
        answer(lambda: blob.delete_blob() or "deleted"),
    ]

service = BlobServiceClient(url, credential=credential)
if sys.argv[2] == "load":
    service.create_container("live").upload_blob("people.csv", b"eve,1")
elif sys.argv[2] == "key":
    print(tried(BlobServiceClient(url, credential="a2V5")))
else:
    print(tried(service))
"""

RECORD = """
from datetime import datetime, timedelta, timezone
from azure.mgmt.monitor import MonitorManagementClient

origin = os.environ["AZURE_AUTHORITY_HOST"]
monitor = MonitorManagementClient(
    credential,
    os.environ["AZURE_SUBSCRIPTION_ID"],
    base_url=origin,
    credential_scopes=[f"{origin}/.default"],
)
since = (datetime.now(timezone.utc) - timedelta(days=30)).isoformat()
group = f"eventTimestamp ge '{since}' and resourceGroupName eq 'rg-churn-prod'"
read = [
    (one.caller, one.status.value, one.authorization.role, one.http_request.method)
    for one in monitor.activity_logs.list(filter=group)
    if one.operation_name.value.endswith("/containers/blobs/read")
]
print(sorted({(who, how) for who, how, *_ in read}))
made = list(monitor.activity_logs.list(
    filter=f"{group} and resourceProvider eq 'Microsoft.MachineLearningServices'",
    select="caller,operationName,resourceId,eventTimestamp,properties",
))
print(made[-1].caller, made[-1].operation_name.value, made[-1].http_request, made[-1].level)
print(all(one.event_timestamp.tzinfo and one.properties["cell"] for one in made))
everything = list(monitor.tenant_activity_logs.list(filter=f"eventTimestamp ge '{since}'"))
print(len(everything) > 60, len({one.event_data_id for one in everything}) == len(everything))
"""


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("guarded")
    last = (datetime.now(UTC) + timedelta(days=1)).date()
    file = folder / "estate.yaml"
    file.write_text(FILE.replace("LAST", last.isoformat()))
    with running(folder / "data", file) as estate:
        yield estate


def play(estate: Running, user: str, workspace: str, script: str, *said: str) -> list[str]:
    return estate.python(HEAD + script, estate.variables(user, workspace), *said).splitlines()


@pytest.mark.parametrize("guest", ["lee", "kim"])
def test_a_guest_works_in_one_project_and_sees_no_other(estate: Running, guest: str):
    said = play(estate, guest, OWN, GUEST, f"data-{guest}")[-3:]
    assert said == [
        str([OWN]),
        "['workspaceartifactstore', 'workspaceblobstore']",
        str([403] * 8),
    ]


def test_a_plan_after_it_has_nothing_to_do(estate: Running):
    assert "nothing to do" in estate.mlestate("plan", str(estate.file))


def test_what_the_file_locks_is_kept_from_the_administrator_too(estate: Running):
    said = play(estate, "", PROD, LOCKS)
    assert said[-8:-1] == [
        str(["CanNotDelete"] * 3),
        "(409, 'ScopeLocked') (409, 'ScopeLocked')",
        "409 ScopeLocked True",
        "(201, None)",
        "(409, 'ScopeLocked')",
        "(409, 'ScopeLocked')",
        "(200, None) (200, None)",
    ]


def test_live_data_is_read_by_who_may_and_written_by_nobody_of_them(estate: Running):
    account = play(estate, "", PROD, LOCKS)[-1].rpartition("/")[2]
    mismatch = (403, "AuthorizationPermissionMismatch")
    play(estate, "ida", PROD, LIVE, account, "load")
    assert play(estate, "eva", PROD, LIVE, account, "try")[-1] == str(["eve,1", mismatch, mismatch])
    for stranger in ("ana", "lee"):
        assert play(estate, stranger, OWN, LIVE, account, "try")[-1] == str([mismatch] * 3)
    # This one is a word of the client's own list, which prints it with its class.
    keyed = play(estate, "eva", PROD, LIVE, account, "key")[-1]
    assert keyed.count("403") == keyed.count("'AuthenticationFailed'") == 3, keyed
    told_by_the_activity_log(estate)


def told_by_the_activity_log(estate: Running) -> None:
    """Who touched the live data."""
    said = play(estate, "", PROD, RECORD)
    ml = "Microsoft.MachineLearningServices/workspaces"
    assert said[-4] == "[('ana', 'Failed'), ('eva', 'Succeeded'), ('lee', 'Failed')]"
    assert said[-3:] == [f"admin {ml}/write None None", "True", "True True"]
    listed = estate.mlestate("audit", "list", "--scope", PROD, "--by", "ana")
    assert listed == "nothing was found\n"
    listed = estate.mlestate("audit", "list", "--by", "ana", "--status", "Failed", "--since", "1d")
    assert "blobs/read" in listed
    assert "Denied" in listed
    whole = estate.mlestate("audit", "verify")
    assert whole.endswith("whole\n")
    lines = estate.mlestate("audit", "export", "--since", "1d").splitlines()
    assert len(lines) > 60
    assert all(line.startswith('{"authorization"') for line in lines)
    head = estate.data.parent / "head.json"
    head.write_text(estate.mlestate("audit", "head"))
    assert estate.mlestate("audit", "verify", "--head", str(head)).endswith("whole\n")


def test_after_their_last_day_a_guest_is_refused_and_gone(estate: Running):
    """Last of all: the server's clock is put ahead."""
    variables = estate.variables("lee", OWN)
    estate.stop()
    estate.command = [sys.executable, "-c", LATER]
    estate.start()
    said = estate.python(HEAD + ENDED, variables)
    assert "The guest access of `lee` ended on" in said
    assert "ask `mia` for a later date" in said
    (estate.data / "due").touch()
    until = time.monotonic() + 60
    while "lee" in (there := estate.mlestate("list", "user")):
        assert time.monotonic() < until
        time.sleep(0.2)
    assert "kim" in there
    held = estate.mlestate("get", "group", "sg-ml-churn-scientist-dev")
    assert "acme" in held
    assert "lee" not in held
