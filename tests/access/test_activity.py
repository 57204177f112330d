"""The activity log: what is in it, who may read what of it, and that it holds no secrets."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.access.activity_log import MODEL, READER, STORAGE, VALUES, brief, by_role, events, of
from tests.access.asking import REGION, Request
from tests.access.two_workspaces import OWNER, SUBSCRIPTION, A, B, Two

GROUP_OF_ONE = {"id": "/estate/v1/groups/one", "body": {"members": ["bo"]}}


class TestWhatIsRecorded:
    def test_a_write_with_all_that_azures_event_has(self, fresh: Two):
        correlation, request = fresh.ids["bo"], fresh.ids["eve"]
        headers = {
            "x-ms-correlation-request-id": correlation,
            "x-ms-client-request-id": request,
        }
        body = {"properties": {"modelUri": "azureml://datastores/workspaceblobstore/paths/m/"}}
        target = f"{MODEL}?api-version=2025-12-01&token=mles_0123456789abcdef0123"
        fresh.made("bo", Request("PUT", target, body, headers))
        found = of(fresh, MODEL)
        assert len(found) == 1
        event = found[0]
        type = "Microsoft.MachineLearningServices/workspaces/models/versions"
        assert event["authorization"] == {
            "action": f"{type}/write",
            "role": "AzureML Data Scientist",
            "scope": MODEL,
        }
        assert (event["caller"], event["correlationId"]) == ("bo", correlation)
        assert event["resourceId"] == MODEL
        assert event["resourceGroupName"] == f"rg-{A.mark}"
        assert event["resourceProviderName"]["value"] == "Microsoft.MachineLearningServices"
        assert event["resourceType"]["value"] == type
        assert event["status"]["value"] == "Succeeded"
        assert event["subStatus"]["localizedValue"] == "Created (HTTP Status Code: 201)"
        assert event["level"] == "Informational"
        assert event["httpRequest"] == {
            "clientRequestId": request,
            "clientIpAddress": "127.0.0.1",
            "method": "PUT",
            "uri": f"https://localhost:8443{MODEL}?api-version=2025-12-01",
        }
        assert event["properties"]["statusCode"] == "Created"
        assert event["subscriptionId"] == SUBSCRIPTION.rpartition("/")[2]
        assert event["id"].startswith(f"{MODEL}/events/{event['eventDataId']}/ticks/")

    @pytest.mark.parametrize(
        ("who", "request_", "role", "held"),
        [
            (
                "bo",
                Request("POST", f"{A.mlflow}/mlflow/experiments/create", {"name": "e"}),
                "AzureML Data Scientist",
                A.workspace.lower(),
            ),
            ("admin", Request("PUT", "/estate/v1/users/ana", {}), "Owner", "/"),
            (
                "admin",
                Request("POST", "/estate/v1/resources", {"value": [GROUP_OF_ONE]}),
                "Owner",
                "/",
            ),
            ("bo", Request("POST", "/estate/v1/users/bo/secrets", {"label": "mine"}), "", ""),
        ],
        ids=["mlflow", "people", "many", "own"],
    )
    def test_by_which_role(self, fresh: Two, who: str, request_: Request, role: str, held: str):
        fresh.made(who, request_)
        newest = next(
            each
            for each in events(fresh, f"caller eq '{who}'")
            if each["httpRequest"]["uri"].endswith(request_.target)
        )
        assert by_role(newest) == (role, held)

    def test_slow_work_begins_and_ends_under_one_correlation(self, fresh: Two):
        id = f"{A.workspace}/computes/brandnew"
        cluster = {
            "computeType": "AmlCompute",
            "properties": {"vmSize": "Standard_DS3_v2", "scaleSettings": {"maxNodeCount": 1}},
        }
        fresh.put(id, {"location": REGION, "properties": cluster})
        found = of(fresh, id)
        [correlation] = {each["correlationId"] for each in found}
        assert [each["status"]["value"] for each in found] == ["Succeeded", "Accepted"]
        assert [each["eventName"]["value"] for each in found] == ["EndRequest", "BeginRequest"]
        assert {each["operationId"] for each in found} != {correlation}
        assert events(fresh, f"correlationId eq '{correlation}'") == found
        fresh.made("admin", Request("DELETE", id))
        fresh.work()
        assert len(of(fresh, id)) == 4

    @pytest.mark.parametrize(
        ("request_", "action", "scope"),
        [
            (
                Request("PUT", f"{A.workspace}/models/m/versions/9", {}),
                "Microsoft.MachineLearningServices/workspaces/models/versions/write",
                f"{A.workspace}/models/m/versions/9",
            ),
            (
                Request("GET", f"{A.mlflow}/mlflow/experiments/get?experiment_id=1"),
                "Microsoft.MachineLearningServices/workspaces/experiments/read",
                A.workspace,
            ),
            (
                Request("GET", f"/history/v1.0{A.workspace}/runs/r"),
                "Microsoft.MachineLearningServices/workspaces/experiments/runs/read",
                A.workspace,
            ),
            (
                Request("GET", f"{A.blobs}/box/secret.csv"),
                "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
                f"{A.account}/blobServices/default/containers/box/blobs/secret.csv",
            ),
            (
                Request("GET", "/estate/v1/users"),
                "mlestate.Identity/users/read",
                "/",
            ),
        ],
        ids=["arm", "mlflow", "history", "blob", "estate"],
    )
    def test_a_refusal_at_every_door(self, two: Two, request_: Request, action: str, scope: str):
        assert two.ask("stranger", request_).status == 403
        found = [each for each in events(two, "caller eq 'stranger'") if action in str(each)]
        assert found, action
        assert found[0]["authorization"]["action"] == action
        assert found[0]["resourceId"].lower() == scope.lower()
        assert found[0]["status"]["value"] == "Failed"
        assert found[0]["properties"]["statusCode"] == "Forbidden"
        assert found[0]["level"] == "Error"

    def test_a_refusal_inside_an_answer_of_many(self, two: Two):
        id = f"{A.workspace}/components/hidden/versions/1"
        puts = {"value": [{"id": id, "body": {}}]}
        two.made("stranger", Request("POST", "/estate/v1/resources", puts))
        assert brief(of(two, id)) == [
            (
                "stranger",
                "Microsoft.MachineLearningServices/workspaces/components/versions/write",
                "Failed",
            )
        ]

    def test_a_refusal_for_another_reason_than_a_right(self, fresh: Two):
        correlation = fresh.ids["bo"]
        header = {"x-ms-correlation-request-id": correlation}
        listed = Request("POST", f"{A.account}/LISTKEYS", {}, header)
        assert fresh.ask("admin", listed).code == "KeyBasedAuthenticationNotPermitted"
        [event] = events(fresh, f"correlationId eq '{correlation}'")
        assert event["authorization"]["action"] == f"{STORAGE}/listKeys/action"
        assert (event["resourceId"], event["status"]["value"]) == (A.account, "Failed")
        assert event["properties"]["cell"] == REGION

    def test_two_writes_are_two_events(self, fresh: Two):
        for name in ("one", "two"):
            fresh.mlflow("bo", A, "experiments/create", {"name": name})
        made = [one for one in of(fresh, A.workspace) if "experiments/write" in str(one)]
        assert len(made) >= 2
        assert not any("requests" in one["properties"] for one in made)

    def test_the_directory_and_its_secrets(self, fresh: Two):
        fresh.person("kim")
        group = Request("PUT", "/estate/v1/groups/team", {"members": ["kim", "bo"]})
        fresh.made("admin", group)
        fresh.made("admin", Request("PUT", "/estate/v1/groups/team", {"members": ["eve", "bo"]}))
        fresh.made("admin", Request("DELETE", "/estate/v1/users/kim/secrets/test"))
        assert brief(of(fresh, "/estate/v1/users/kim")) == [
            ("admin", "mlestate.Identity/users/write", "Succeeded"),
            ("admin", "mlestate.Identity/users/secrets/write", "Succeeded"),
            ("kim", "mlestate.Identity/sessions/login/action", "Succeeded"),
            ("admin", "mlestate.Identity/users/secrets/delete", "Succeeded"),
        ]
        changed = of(fresh, "/estate/v1/groups/team")[0]["properties"]
        assert (changed["added"], changed["removed"]) == ("eve", "kim")

    def test_failed_logins_name_only_those_who_are_known(self, fresh: Two):
        tenant = fresh.get("bo", "/estate/v1/me").json()["tenant"]
        for name in ("bo", "my-secret-password"):
            form = {
                "grant_type": "client_credentials",
                "client_id": name,
                "client_secret": "mles_wrong",
                "scope": "https://management.azure.com/.default",
            }
            kind = {"content-type": "application/x-www-form-urlencoded"}
            target = f"/{tenant}/oauth2/v2.0/token"
            body = urlencode(form).encode()
            assert fresh.ask("", Request("POST", target, body, kind)).status == 401
        failed = [one for one in events(fresh, "status eq 'Failed'") if "login" in str(one)]
        assert {one["caller"] for one in failed} == {"bo", "(unknown)"}
        assert "my-secret-password" not in str(events(fresh))

    def test_what_mlflow_changes_but_no_metric(self, fresh: Two):
        before = len(of(fresh, A.workspace))
        run = fresh.bo.run
        fresh.mlflow("bo", A, "runs/log-metric", METRIC | {"run_id": run})
        fresh.mlflow("bo", A, "runs/delete", {"run_id": run})
        fresh.mlflow("bo", A, "registered-models/set-tag", TAG)
        found = of(fresh, A.workspace)[: len(of(fresh, A.workspace)) - before]
        said = [(name.rpartition("workspaces/")[2], how) for _, name, how in brief(found)]
        assert said == [("experiments/runs/delete", "Succeeded"), ("models/write", "Succeeded")]
        assert {each["httpRequest"]["method"] for each in found} == {"POST"}


METRIC = {"key": "loss", "value": 1.0, "timestamp": 1, "step": 0}
TAG = {"name": "numbat-registered", "key": "stage", "value": "qa"}


class TestWhoReadsIt:
    def test_each_sees_what_happened_where_they_may_read_it(self, two: Two):
        two.grant(A.workspace, READER, two.person("rea"))
        everything, mine = events(two), events(two, who="rea")
        inside = (A.workspace.lower(), f"{A.workspace}/".lower())
        assert [one["eventDataId"] for one in mine] == [
            one["eventDataId"]
            for one in everything
            if one["resourceId"].lower() == inside[0]
            or one["resourceId"].lower().startswith(inside[1])
        ]
        assert len(mine) > 20
        assert events(two, who="stranger") == []
        assert two.get("stranger", f"{SUBSCRIPTION}{VALUES}").json() == {"value": []}

    def test_of_a_group_or_resource_one_may_not_read_one_is_refused(self, two: Two):
        for place in (A.workspace, A.workspace.replace("quokka", "nobody")):
            said = quote(f"resourceUri eq '{place}'")
            assert two.get("eve", f"{VALUES}?$filter={said}").status == 403
        said = quote(f"resourceGroupName eq 'rg-{A.mark}'")
        assert two.get("eve", f"{SUBSCRIPTION}{VALUES}?$filter={said}").status == 403

    def test_it_is_not_told_of_what_is_denied(self, fresh: Two):
        fresh.grant(SUBSCRIPTION, OWNER, fresh.person("rea"))

        def told(who: str, at: str = "") -> set[str]:
            return {one["resourceId"].lower() for one in events(fresh, who=who, at=at)}

        whole, model = told("rea", SUBSCRIPTION), f"{A.workspace}/models/".lower()
        assert any(one.startswith(model) for one in whole)
        self.deny(fresh, A.workspace, doNotApplyToChildScopes=True)
        less = {A.workspace.lower()}
        assert told("rea", SUBSCRIPTION) - told("admin") == set()
        assert whole - told("rea", SUBSCRIPTION) == less
        self.deny(fresh, A.group)
        left = told("rea")
        assert not [one for one in left if one.startswith(A.group.lower())]
        assert any(one.startswith(B.workspace.lower()) for one in left)
        for scope in (A.group, A.workspace, f"{A.workspace}/models/x"):
            said = quote(f"resourceUri eq '{scope}'")
            refused = fresh.get("rea", f"{VALUES}?$filter={said}")
            assert (refused.status, refused.code) == (403, "DenyAssignmentAuthorizationFailed")
        assert told("admin") >= whole

    def deny(self, two: Two, scope: str, **said: Any) -> None:
        id = f"{scope}/providers/Mlestate.Organization/denials/quiet"
        actions = ["Microsoft.Insights/*"]
        two.put(id, {"properties": {"permissions": [{"actions": actions}], **said}})

    def test_pages_tell_each_event_once_and_the_newest_first(self, two: Two):
        whole = events(two, **{"$top": "1000"})
        paged = events(two, at="", **{"$top": "7"})
        ids = [one["eventDataId"] for one in paged]
        assert set(ids) >= {one["eventDataId"] for one in whole}
        assert len(set(ids)) == len(ids)
        times = [one["eventTimestamp"] for one in paged]
        assert times == sorted(times, reverse=True)


class TestWhole:
    def test_it_is_verified_by_those_who_may(self, two: Two):
        assert two.get("bo", "/estate/v1/audit/verify").status == 403
        found = two.get("admin", "/estate/v1/audit/verify").json()
        assert found["whole"], found
        assert {one["cell"] for one in found["value"]} == {"", REGION}
        heads = two.get("admin", "/estate/v1/audit/heads").json()
        again = two.made("admin", Request("POST", "/estate/v1/audit/verify", heads)).json()
        assert again["whole"]
        heads["value"][0]["hash"] = "0" * 64
        forged = two.made("admin", Request("POST", "/estate/v1/audit/verify", heads)).json()
        assert not forged["whole"]
        heads["value"] = [heads["value"][1] | {"cell": "southpole"}]
        elsewhere = two.made("admin", Request("POST", "/estate/v1/audit/verify", heads)).json()
        assert not elsewhere["whole"]

    def test_it_is_kept_as_long_as_the_estate_says(self, fresh: Two):
        keeping, now = fresh.estate.safekeeping, fresh.clock()
        id = "/providers/Mlestate.Organization/activityLogs/default"
        keeping.anchor(now)
        assert [keeping.forget(now + days * 86_400) for days in (79, 80, 81)] == [0, 0, 0]
        fresh.put(id, {"properties": {"keep": "P30D"}})
        fresh.estate.journals.flush()
        assert keeping.forget(now + 82 * 86_400) > 50
        assert fresh.get("admin", "/estate/v1/audit/verify").json()["whole"]
        faults = fresh.ask("admin", Request("PUT", id, {"properties": {"keep": "PT5H"}}))
        assert (faults.status, "write `P400D`" in faults.text) == (400, True)
