"""Two people, two workspaces. Bo's is filled with one of everything; eve's stands beside it.

All that is bo's has one of the `MARKS` in its name, or is among `Bo.secrets`: what is told to
others can be searched for them.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import msgspec

from mlestate.catalog.denials import deny_assignment
from mlestate.core import ids
from tests.access.asking import REGION, Answer, House, Request

ML = "Microsoft.MachineLearningServices"
AUTHORIZATION = "Microsoft.Authorization"
SUBSCRIPTION = "/subscriptions/11111111-1111-1111-1111-111111111111"
SCIENTIST = "f6c7c914-8db3-469d-8ca1-694a8f32e121"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
BLOB_OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
# In the names of the workspace and what it stands on; and of all that is in it.
MARKS = ("quokka", "numbat")
JSON = {"content-type": "application/json"}


class Place(msgspec.Struct, frozen=True):
    """Where a workspace is; `mark` is in each of its names."""

    mark: str

    @property
    def group(self) -> str:
        return f"{SUBSCRIPTION}/resourceGroups/rg-{self.mark}"

    @property
    def account(self) -> str:
        return f"{self.group}/providers/Microsoft.Storage/storageAccounts/st{self.mark}"

    @property
    def workspace(self) -> str:
        return f"{self.group}/providers/{ML}/workspaces/mlw-{self.mark}"

    @property
    def mlflow(self) -> str:
        return f"/mlflow/v3.0{self.workspace}/api/2.0"

    @property
    def blobs(self) -> str:
        return f"/_blob/st{self.mark}"


A, B = Place("quokka"), Place("okapi")


class Bo(msgspec.Struct):
    """What is in bo's workspace. `documents` has one resource of each type: its id, its body."""

    documents: dict[str, tuple[str, dict[str, Any]]]
    secrets: list[str]
    # By their collection, the ids of a person and a group that a directory has pushed.
    pushed: dict[str, str] = {}
    principals: dict[str, str] = {}
    container: str = ""
    guid: str = ""
    run: str = ""
    ended: str = ""
    experiment: str = ""
    old_experiment: str = ""
    model: str = ""
    old_model: str = ""
    operation: str = ""
    sas: str = ""
    upload: str = ""
    written: str = ""


class Two(House):
    """The estate with both. `build` makes it; `bo` knows what is in A."""

    bo: Bo
    ids: dict[str, str]

    def build(self) -> Two:
        names = ("bo", "eve", "stranger", "gone", "gil")
        self.ids = {name: self.person(name) for name in names}
        self.put(SUBSCRIPTION, {"properties": {"displayName": "shared"}})
        for place, person in ((A, "bo"), (B, "eve")):
            self.stand(place)
            self.grant(place.workspace, SCIENTIST, self.ids[person])
            self.grant(place.account, BLOB_OWNER, self.ids[person])
        self.made("admin", Request("PUT", "/estate/v1/users/gone", {"enabled": False}))
        self.grant("", OWNER, self.ids["gil"])
        self.invite("gil", B.group)
        self.bo = Bo({}, [self.ids["bo"]])
        self._assets()
        self._tracked()
        self._blobs()
        self._others()
        self._views()
        self._directory()
        self._time_boxes()
        return self

    def put(self, id: str, body: dict[str, Any], who: str = "admin") -> Answer:
        answer = self.made(who, Request("PUT", id, body))
        self.work()
        return answer

    def stand(self, place: Place) -> None:
        """A workspace, and what it stands on."""
        self.put(place.group, {"location": REGION})
        self.put(place.account, {"location": REGION})
        standing = {"storageAccount": place.account}
        self.put(place.workspace, {"location": REGION, "properties": standing})

    def invite(self, name: str, *scopes: str, days: int = 30) -> Answer:
        """Make somebody a guest of eve's."""
        until = (datetime.fromtimestamp(self.clock(), UTC) + timedelta(days=days)).date()
        stay = {"sponsor": "eve", "until": until.isoformat(), "scopes": list(scopes)}
        return self.made("admin", Request("PUT", f"/estate/v1/users/{name}", {"guest": stay}))

    def grant(self, scope: str, role: str, principal: str) -> str:
        """The new role assignment's id."""
        id = f"{scope}/providers/{AUTHORIZATION}/roleAssignments/{uuid.uuid4()}"
        self.put(id, {"properties": assigned(role, principal)})
        return id

    def custom(self, scope: str, principal: str, *actions: str) -> str:
        """A role of these actions in bo's group, given at a scope; the new assignment's id."""
        role = str(uuid.uuid4())
        said = {
            "roleName": f"role {role}",
            "permissions": [{"actions": list(actions)}],
            "assignableScopes": [A.group],
        }
        kind = f"{A.group}/providers/{AUTHORIZATION}/roleDefinitions"
        self.put(f"{kind}/{role}", {"properties": said})
        return self.grant(scope, role, principal)

    def mlflow(self, who: str, place: Place, path: str, body: dict[str, Any]) -> Any:
        target = f"{place.mlflow}/mlflow/{path}"
        return self.made(who, Request("POST", target, body, JSON)).json()

    def blob(self, who: str, target: str, content: bytes) -> None:
        self.made(who, Request("PUT", target, content, {"x-ms-blob-type": "BlockBlob"}))

    def container_of(self, who: str, place: Place, store: str = "workspaceblobstore") -> str:
        found = self.made(who, Request("GET", f"{place.workspace}/datastores/{store}")).json()
        return str(found["properties"]["containerName"])

    def sas_of(self, who: str, place: Place, store: str = "workspaceblobstore") -> str:
        target = f"{place.workspace}/datastores/{store}/listSecrets"
        return str(self.made(who, Request("POST", target, {})).json()["sasToken"])

    def _keep(self, type: str, id: str, body: dict[str, Any], who: str = "bo") -> Any:
        document = self.put(id, body, who).json()
        self.bo.documents[type] = (id, body)
        return document

    def _assets(self) -> None:
        folder = "azureml://datastores/workspaceblobstore/paths/numbat/"
        bodies: dict[str, dict[str, Any]] = {
            "codes": {"codeUri": f"https://st{A.mark}.blob.core.windows.net/numbat/src"},
            "data": {"dataType": "uri_folder", "dataUri": folder},
            "models": {"modelUri": folder, "description": "numbat model"},
            "environments": {"image": "docker.io/numbat:1"},
            "components": {"componentSpec": {"type": "command", "name": "numbat"}},
        }
        for name, said in bodies.items():
            container = {"dataType": "uri_folder"} if name == "data" else {}
            id = f"{A.workspace}/{name}/numbat-{name}"
            self._keep(f"{ML}/workspaces/{name}", id, {"properties": container})
            version = f"{id}/versions/1"
            self._keep(f"{ML}/workspaces/{name}/versions", version, {"properties": said})

    def _tracked(self) -> None:
        bo, run = self.bo, "runs/create"
        tags = [{"key": "numbat-tag", "value": "numbat-value"}]
        for field, name in (("experiment", "numbat-lab"), ("old_experiment", "numbat-old")):
            made = self.mlflow("bo", A, "experiments/create", {"name": name, "tags": tags})
            setattr(bo, field, made["experiment_id"])
        for field, name in (("run", "numbat-run"), ("ended", "numbat-ended")):
            said = {"experiment_id": bo.experiment, "run_name": name, "tags": tags}
            setattr(bo, field, self.mlflow("bo", A, run, said)["run"]["info"]["run_id"])
        for field, name in (("model", "numbat-logged"), ("old_model", "numbat-worn")):
            said = {"experiment_id": bo.experiment, "name": name, "source_run_id": bo.run}
            made = self.mlflow("bo", A, "logged-models", said)
            setattr(bo, field, made["model"]["info"]["model_id"])
        batch = {
            "run_id": bo.run,
            "metrics": [{"key": "numbat-loss", "value": 0.5, "timestamp": 1, "step": 0}],
            "params": [{"key": "numbat-rate", "value": "0.1"}],
        }
        self.mlflow("bo", A, "runs/log-batch", batch)
        artifact = f"{A.mlflow}/mlflow-artifacts/artifacts/ExperimentRun/dcid.{bo.run}/numbat.txt"
        self.made("bo", Request("PUT", artifact, b"numbat artifact"))
        self.mlflow("bo", A, "registered-models/create", {"name": "numbat-registered"})
        source = f"mlflow-artifacts:/ExperimentRun/dcid.{bo.run}/model"
        version = {"name": "numbat-registered", "source": source, "run_id": bo.run}
        self.mlflow("bo", A, "model-versions/create", version)
        alias = {"name": "numbat-registered", "alias": "numbat-best", "version": "1"}
        self.mlflow("bo", A, "registered-models/alias", alias)
        bo.secrets += [bo.run, bo.ended, bo.model, bo.old_model]

    def _blobs(self) -> None:
        bo = self.bo
        bo.container = self.container_of("bo", A)
        bo.guid = bo.container.removeprefix("azureml-blobstore-")
        bo.sas = self.sas_of("bo", A)
        self.blob("bo", f"{A.blobs}/{bo.container}/numbat/data.csv", b"numbat,1\n")
        append = {"x-ms-blob-type": "AppendBlob"}
        log = f"{A.blobs}/{bo.container}/numbat/append.log"
        self.made("bo", Request("PUT", log, b"", append))
        code = f"{A.workspace}/codes/numbat-codes/versions/2/startPendingUpload"
        pending = self.made("bo", Request("POST", code, {})).json()
        bo.upload = pending["blobReferenceForConsumption"]["credential"]["sasUri"]
        history = f"/history/v1.0{A.workspace}/runs/{bo.run}/artifacts/batch/metadata"
        asked = Request("POST", history, {"paths": [{"path": "numbat-new.txt"}]})
        content = self.made("bo", asked).json()["artifactContentInformation"]
        bo.written = content["numbat-new.txt"]["contentUri"]
        bo.secrets += [bo.guid]

    def _others(self) -> None:
        bo, workspace = self.bo, f"{ML}/workspaces"
        store = {
            "datastoreType": "AzureBlob",
            "accountName": f"st{A.mark}",
            "containerName": bo.container,
            "credentials": {"credentialsType": "Sas"},
        }
        id = f"{A.workspace}/datastores/numbatstore"
        self._keep(f"{workspace}/datastores", id, {"properties": store})
        secret = {
            "authType": "ApiKey",
            "category": "AzureOpenAI",
            "target": "https://numbat.example",
            "credentials": {"key": "numbat-api-key"},
        }
        id = f"{A.workspace}/connections/numbat-connection"
        self._keep(f"{workspace}/connections", id, {"properties": secret})
        id = f"{A.workspace}/computes/numbat-cpu"
        self._keep(
            f"{workspace}/computes", id, {"location": REGION, "properties": _CLUSTER}, "admin"
        )
        job = {
            "jobType": "Command",
            "command": "echo numbat",
            "environmentId": "azureml:numbat-environments:1",
            "computeId": f"{A.workspace}/computes/numbat-cpu",
            "experimentName": "numbat-jobs",
        }
        id = f"{A.workspace}/jobs/numbat-job"
        answer = self.made("bo", Request("PUT", id, {"properties": job}))
        bo.operation = answer.headers["azure-asyncoperation"].partition("8443")[2].partition("?")[0]
        self.work()
        bo.documents[f"{workspace}/jobs"] = (id, {"properties": job})
        self._standing()

    def _standing(self) -> None:
        """What only an administrator makes."""
        place = {"location": REGION}
        named = {
            "Microsoft.Resources/subscriptions/resourceGroups": (A.group, place),
            "Microsoft.Storage/storageAccounts": (A.account, place),
            f"{ML}/workspaces": (
                A.workspace,
                {**place, "properties": {"storageAccount": A.account}},
            ),
        }
        rule = {"name": "{words}", "tags": [{"name": "numbat-tag"}], "otherwise": "warn"}
        applied = {"files": {"main": "schema: 1 # numbat", "files": {}}, "state": "Applied"}
        hook = {"url": "https://numbat.invalid/hook", "events": ["*.WebhookTested"]}
        for kind, name, body in (
            ("namingConventions", "components", {"properties": rule}),
            ("appliedFiles", "numbat-estate", {"properties": applied}),
            ("webhooks", "numbat-hook", {"properties": hook}),
            ("regions", REGION, {}),
            ("activityLogs", "default", {"properties": {"keep": "P90D"}}),
        ):
            type = f"Mlestate.Organization/{kind}"
            named[type] = (f"/providers/{type}/{name}", body)
        for type, name in _RECORDS.items():
            named[type] = (f"{A.group}/providers/{type}/{name}", place)
        role = {
            "roleName": "numbat role",
            "permissions": [{"actions": ["*/read"]}],
            "assignableScopes": [A.group],
        }
        for type, name, said in (
            ("roleDefinitions", str(uuid.uuid4()), role),
            ("roleAssignments", str(uuid.uuid4()), assigned(BLOB_OWNER, self.ids["bo"])),
            ("locks", "numbat-lock", {"level": "CanNotDelete", "notes": "numbat"}),
        ):
            scope = {"roleDefinitions": A.group, "locks": named[_VAULT][0]}.get(type, A.workspace)
            id = f"{scope}/providers/{AUTHORIZATION}/{type}/{name}"
            named[f"{AUTHORIZATION}/{type}"] = (id, {"properties": said})
            self.bo.secrets.append(name)
        for type, (id, body) in named.items():
            self._keep(type, id, body, "admin")
        self._denied()

    def _denied(self) -> None:
        body = {"properties": {"permissions": [{"actions": ["Numbat.Denied/*"]}]}}
        denial = f"{A.workspace}/providers/Mlestate.Organization/denials/numbat-denial"
        self._keep("Mlestate.Organization/denials", denial, body, "admin")
        shown = str(deny_assignment(ids.parse(denial)))
        self.bo.documents[f"{AUTHORIZATION}/denyAssignments"] = (shown, body)
        root = "/providers/Microsoft.Management/managementGroups/estate"
        self._keep("Microsoft.Management/managementGroups", root, {"properties": {}}, "admin")

    def _views(self) -> None:
        body = {"properties": {"filter": "name = 'numbat'"}}
        organization, people = "Mlestate.Organization", f"people/{self.ids['bo']}"
        own = f"/providers/{organization}/{people}/savedViews/numbat-own"
        self._keep(f"{organization}/people/savedViews", own, body)
        shared = f"{A.workspace}/providers/{organization}/savedViews/numbat-shared"
        self._keep(f"{organization}/savedViews", shared, body, "admin")

    def _directory(self) -> None:
        for kind in ("users", "groups", "servicePrincipals"):
            self.made("admin", Request("PUT", f"/estate/v1/{kind}/numbat-{kind}", {}))
            known = self.made("admin", Request("PUT", f"/estate/v1/{kind}/numbat-known-{kind}", {}))
            self.bo.principals[kind] = known.json()["objectId"]
        self.made("admin", Request("PUT", "/estate/v1/servicePrincipals/numbat-program", {}))
        token = {"label": "numbat-label"}
        self.made("admin", Request("POST", "/estate/v1/provisioningTokens", token))
        for kind, said in (
            ("Users", {"userName": "numbat-pushed"}),
            ("Groups", {"displayName": "numbat-pushed-group"}),
        ):
            pushed = self.made("admin", Request("POST", f"/scim/v2/{kind}", said)).json()
            self.bo.pushed[kind] = pushed["id"]
            again = {name: f"{text}-released" for name, text in said.items()}
            self.made("admin", Request("POST", f"/scim/v2/{kind}", again))
            self.bo.secrets.append(pushed["id"])

    def _time_boxes(self) -> None:
        """Bo asks for a role that the group of approvers has to grant, and holds another."""
        approvers = self.made("admin", Request("PUT", "/estate/v1/groups/numbat-approvers", {}))
        scope, own = f"{A.workspace}/providers/{AUTHORIZATION}", self.ids["bo"]
        who = [{"userType": "Group", "id": approvers.json()["objectId"]}]
        setting = {"isApprovalRequired": True, "approvalStages": [{"primaryApprovers": who}]}
        kind = "RoleManagementPolicyApprovalRule"
        rule = {"id": "Approval_EndUser_Assignment", "ruleType": kind, "setting": setting}
        policy = f"{scope}/roleManagementPolicies/{uuid.uuid4()}"
        link = f"{scope}/roleManagementPolicyAssignments/{uuid.uuid4()}"
        role = assigned(READER, own)
        said = {"roleDefinitionId": role["roleDefinitionId"], "policyId": policy}
        hour = {"expiration": {"type": "AfterDuration", "duration": "PT1H"}}
        asked = f"{scope}/roleAssignmentScheduleRequests/{uuid.uuid4()}"
        glass = f"{A.workspace}/providers/Mlestate.Organization/breakGlass/{uuid.uuid4()}"
        bodies = {
            policy: {"rules": [rule]},
            link: said,
            f"{scope}/roleEligibilityScheduleRequests/{uuid.uuid4()}": {
                **role,
                "requestType": "AdminAssign",
            },
            f"{scope}/roleAssignmentScheduleRequests/{uuid.uuid4()}": {
                **assigned(BLOB_OWNER, own),
                "requestType": "AdminAssign",
                "scheduleInfo": hour,
            },
            glass: assigned(OWNER, own),
        }
        for id, properties in bodies.items():
            type = "/".join(id.split("/")[-3:-1])
            self._keep(type, id, {"properties": properties}, "admin")
            self.bo.secrets.append(id.rpartition("/")[2])
        request = {**role, "requestType": "SelfActivate", "justification": "numbat"}
        answer = self.put(asked, {"properties": {**request, "scheduleInfo": hour}}, "bo")
        approval = answer.json()["properties"]["approvalId"]
        name = approval.rpartition("/")[2]
        self.bo.secrets += [name, asked.rpartition("/")[2]]
        decision = {"reviewResult": "Approve", "justification": "numbat"}
        documents = self.bo.documents
        documents[f"{AUTHORIZATION}/roleAssignmentApprovals"] = (approval, {})
        stage = (f"{approval}/stages/{name}", {"properties": decision})
        documents[f"{AUTHORIZATION}/roleAssignmentApprovals/stages"] = stage


_VAULT = "Microsoft.KeyVault/vaults"
_RECORDS = {
    _VAULT: "kv-quokka",
    "Microsoft.Insights/components": "appi-quokka",
    "Microsoft.ContainerRegistry/registries": "crquokka",
    "Microsoft.OperationalInsights/workspaces": "log-quokka",
}
_CLUSTER = {
    "computeType": "AmlCompute",
    "properties": {"vmSize": "Standard_DS3_v2", "scaleSettings": {"maxNodeCount": 1}},
}


def assigned(role: str, principal: str) -> dict[str, str]:
    definition = f"/providers/{AUTHORIZATION}/roleDefinitions/{role}"
    return {"roleDefinitionId": definition, "principalId": principal}


def quoted(text: str) -> str:
    return quote(text, safe="")
