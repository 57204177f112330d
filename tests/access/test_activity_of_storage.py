"""Who did what in storage of live and confidential data is in the activity log."""

from __future__ import annotations

import time

from tests.access.activity_log import (
    BLOB,
    BOX,
    LIVE,
    READER,
    STORAGE,
    brief,
    by_role,
    events,
    live,
    of,
)
from tests.access.asking import REGION, Request
from tests.access.delegating import delegated
from tests.access.test_assignments import custom
from tests.access.two_workspaces import BLOB_OWNER, SCIENTIST, SUBSCRIPTION, A, Place, Two


class TestStorage:
    def test_who_reads_and_writes_live_data(self, fresh: Two):
        live(fresh)
        for _ in range(3):
            assert fresh.get("bo", BLOB).body == b"numbat,1\n"
        fresh.made("fay", Request("DELETE", BLOB))
        id = f"{LIVE}/blobServices/default/containers/sales/blobs/2026/numbat.csv"
        found = of(fresh, id)
        blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
        assert brief(found) == [
            ("fay", f"{blobs}/write", "Succeeded"),
            ("bo", f"{blobs}/read", "Succeeded"),
            ("fay", f"{blobs}/delete", "Succeeded"),
        ]
        read = found[1]["properties"]
        assert (read["requests"], read["bytes"]) == ("3", "27")
        assert {each["authorization"]["role"] for each in found} == {
            "Storage Blob Data Owner",
            "Storage Blob Data Reader",
        }

    def test_all_that_is_done_to_containers_and_the_account_of_live_data(self, fresh: Two):
        live(fresh)
        secret, service = "/_blob/stlive/secret?restype=container", "/_blob/stlive/"
        ola = fresh.person("ola")
        fresh.grant(LIVE, BLOB_OWNER, ola)
        fresh.grant(LIVE, READER, ola)
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(fresh.clock() + 86_400)).encode()
        named = {"x-ms-meta-a": "b"}
        held = {"x-ms-lease-action": "acquire", "x-ms-lease-duration": "-1"}
        fresh.made("ola", Request("PUT", secret))
        leased = fresh.made("ola", Request("PUT", f"{secret}&comp=lease", None, held))
        lease = {"x-ms-lease-id": leased.headers["x-ms-lease-id"]}
        for method, target, body, headers in (
            ("PUT", f"{secret}&comp=metadata", None, named | lease),
            ("GET", secret, None, {}),
            ("GET", f"{secret}&comp=acl", None, {}),
            ("GET", f"{secret}&comp=list", None, {}),
            ("DELETE", secret, None, lease),
            ("GET", f"{service}?comp=list", None, {}),
            ("GET", f"{service}?restype=service&comp=properties", None, {}),
            ("GET", f"{service}?restype=account&comp=properties", None, {}),
            (
                "POST",
                f"{service}?restype=service&comp=userdelegationkey",
                b"<KeyInfo><Expiry>%b</Expiry></KeyInfo>" % until,
                {},
            ),
        ):
            fresh.made("ola", Request(method, target, body, headers))
        of_service = "Microsoft.Storage/storageAccounts/blobServices"
        told = [
            (each["operationName"]["value"].removeprefix(of_service), each["resourceId"])
            for each in reversed(events(fresh, "caller eq 'ola'"))
            if each["resourceId"].startswith(LIVE)
        ]
        box = f"{LIVE}/blobServices/default/containers/secret"
        assert told == [
            ("/containers/write", box),
            ("/containers/write", box),
            ("/containers/write", box),
            ("/containers/read", box),
            ("/containers/read", box),
            ("/containers/blobs/read", box),
            ("/containers/delete", box),
            ("/containers/read", LIVE),
            ("/read", LIVE),
            ("/getInfo/action", LIVE),
            ("/generateUserDelegationKey/action", LIVE),
        ]

    def test_blocks_are_told_of_once_they_are_a_blob(self, fresh: Two):
        live(fresh)
        before = len(of(fresh, LIVE))
        block = Request("PUT", f"{BLOB}?comp=block&blockid=YQ==", b"a")
        fresh.made("fay", block)
        assert len(of(fresh, LIVE)) == before
        latest = b"<BlockList><Latest>YQ==</Latest></BlockList>"
        fresh.made("fay", Request("PUT", f"{BLOB}?comp=blocklist", latest))
        assert len(of(fresh, LIVE)) == before + 1

    def test_what_is_behind_blobs_is_the_name(self, fresh: Two):
        live(fresh)
        fresh.blob("fay", "/_blob/stlive/sales/blobs/providers/a%3Ab%25.csv", b"a")
        [event] = of(fresh, f"{BOX}/blobs/blobs/providers/a:b%.csv")
        type = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
        assert event["resourceType"]["value"] == type
        assert event["resourceGroupName"] == f"rg-{A.mark}"

    def test_a_denied_blob_request_is_in_the_region_of_its_account(self, fresh: Two):
        live(fresh)
        assert fresh.get("stranger", BLOB).status == 403
        assert fresh.get("stranger", f"{A.workspace}/models/x/versions/1").status == 403
        assert fresh.get("stranger", "/subscriptions/nowhere/resourceGroups/rg").status == 403
        cells = [each["properties"]["cell"] for each in events(fresh, "caller eq 'stranger'")][:3]
        assert cells == ["estate", REGION, REGION]

    def test_reads_of_one_second_are_found_by_their_correlations(self, fresh: Two):
        live(fresh)
        mine = (fresh.ids["bo"], fresh.ids["eve"])
        for each in mine:
            header = {"x-ms-correlation-request-id": each}
            fresh.made("bo", Request("GET", BLOB, None, header))
        for each in mine:
            [event] = events(fresh, f"correlationId eq '{each}'")
            assert event["caller"] == "bo"

    def test_a_read_by_signature_is_told_as_that_of_who_it_is_bound_to(self, fresh: Two):
        live(fresh)
        store = {
            "datastoreType": "AzureBlob",
            "accountName": "stlive",
            "containerName": "sales",
            "credentials": {"credentialsType": "Sas"},
        }
        fresh.put(f"{A.workspace}/datastores/sales", {"properties": store}, "bo")
        token = fresh.sas_of("bo", A, "sales")
        assert fresh.ask("", Request("GET", f"{BLOB}?{token}")).status == 200
        read = of(fresh, LIVE)[0]
        assert (read["caller"], read["properties"]["via"]) == ("bo", "signature")
        assert by_role(read) == ("AzureML Data Scientist", A.workspace.lower())
        assert "sig" not in read["httpRequest"]["uri"]

    def test_whoever_is_refused_with_a_signature_of_their_own_is_told_of(self, fresh: Two):
        live(fresh)
        blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
        token = delegated(fresh, "bo", Place("live"), "/stlive/sales")
        assert fresh.ask("", Request("DELETE", f"{BLOB}?{token}")).status == 403
        copied = {"x-ms-copy-source": f"https://localhost:8443{BLOB}"}
        writing = delegated(fresh, "bo", A, letters="w")
        mine = f"{A.blobs}/{fresh.bo.container}/numbat/copy.csv?{writing}"
        assert fresh.ask("", Request("PUT", mine, None, copied)).status == 403
        assert brief(of(fresh, BOX, status="Failed"))[-2:] == [
            ("bo", f"{blobs}/delete", "Failed"),
            ("bo", f"{blobs}/read", "Failed"),
        ]

    def test_so_is_who_asks_too_much_of_one_that_was_given_to_them(self, fresh: Two):
        box, containers = fresh.bo.container, f"{STORAGE}/blobServices/containers"
        written, _, folder = fresh.bo.written.partition("8443")[2].partition("?")
        outside = written.partition("/dcid.")[0]
        for method, target, action in (
            ("DELETE", f"{A.blobs}/{box}?restype=container&{fresh.bo.sas}", "/delete"),
            ("PUT", f"{A.blobs}/{box}?restype=container&comp=acl&{fresh.bo.sas}", "/write"),
            ("PUT", f"{outside}/other.txt?{folder}", "/blobs/write"),
        ):
            assert fresh.ask("", Request(method, target)).status == 403, target
            newest = events(fresh, "caller eq 'bo'")[0]
            assert newest["status"]["value"] == "Failed", target
            assert newest["operationName"]["value"] == f"{containers}{action}"

    def test_so_is_who_would_replace_what_they_may_only_add(self, fresh: Two):
        live(fresh)
        adds = f"{STORAGE}/blobServices/containers/blobs/add/action"
        guid = custom(fresh, [SUBSCRIPTION], dataActions=[adds])
        fresh.grant(LIVE, guid, fresh.person("ada"))
        put = Request("PUT", BLOB, b"a", {"x-ms-blob-type": "BlockBlob"})
        assert fresh.ask("ada", put).status == 403
        blobs = f"{STORAGE}/blobServices/containers/blobs"
        assert brief(of(fresh, BOX))[-1] == ("ada", f"{blobs}/write", "Failed")

    def test_who_lists_artifacts_or_is_told_where_they_are(self, fresh: Two):
        run, tags = fresh.bo.run, {"dataclass": "confidential"}
        fresh.put(A.account, {"location": REGION, "tags": tags})
        artifacts = f"{A.mlflow}/mlflow-artifacts/artifacts"
        fresh.made("bo", Request("PUT", f"{artifacts}/ExperimentRun/dcid.{run}/m/x.txt", b"x"))
        history = f"/history/v1.0{A.workspace}/runs/{run}/artifacts"
        fresh.grant(A.workspace, SCIENTIST, fresh.person("rea"))
        for target in (
            f"{A.mlflow}/mlflow/artifacts/list?run_id={run}",
            f"{artifacts}?path=ExperimentRun/dcid.{run}/m",
            f"{history}",
            f"{history}/metadata?path=m/x.txt",
            f"{history}/contentinfo?path=m/x.txt",
        ):
            before = self.told(fresh)
            assert "x.txt" in fresh.made("rea", Request("GET", target)).text or "list?" in target
            more = self.told(fresh) - before
            assert more >= 1, target
        for who in ("bo", "rea"):
            newest = events(fresh, f"caller eq '{who}' and resourceUri eq '{A.account}'")[0]
            assert by_role(newest) == ("AzureML Data Scientist", A.workspace.lower())

    def told(self, two: Two) -> int:
        """How many requests of rea's for artifacts the log knows of."""
        found = [
            each
            for each in events(two, "caller eq 'rea'")
            if each["operationName"]["value"].endswith("/artifacts/read")
            and each["resourceId"].startswith(A.account)
        ]
        return sum(int(each["properties"].get("requests", 1)) for each in found)

    def test_other_data_is_read_unrecorded(self, fresh: Two):
        container = fresh.container_of("bo", A)
        fresh.made("bo", Request("GET", f"{A.blobs}/{container}/numbat/data.csv"))
        assert "blobs/read" not in str(of(fresh, A.account))
