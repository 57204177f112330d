"""Requests that no client sends by mistake, each a piece of text where it does not belong."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import msgspec

from tests.access.asking import Request
from tests.access.two_workspaces import JSON, SUBSCRIPTION, A, Two

HUGE, LONG = "9" * 20, "9" * 5000
LOG = f"{SUBSCRIPTION}/providers/Microsoft.Insights/eventtypes/management/values"
RESOURCES = "/estate/v1/resources?types=Microsoft.MachineLearningServices/workspaces"
GRAPH = "/providers/Microsoft.ResourceGraph/resources"
ADDRESS = "http://["


def token(*place: object) -> str:
    return quote(base64.urlsafe_b64encode(msgspec.json.encode(place)).decode())


TOKENS = (
    token(1.0, "", 99999999999999999999999),
    token("a\0b", "", 1),
    token(1.0, "\0"),
    token([]),
    quote(base64.b64encode(b"[1.0,\xff").decode()),
    "%00%ff",
    "%c3%a9",
    LONG,
)
NUMBERS = (LONG, HUGE, "-1", "1e3", "%D9%A3", "%00", "0x1", "1_0", "")
TEXTS = (
    "%00",
    "%00=",
    "a%22b=c",
    "%ff",
    "%5C=1",
    "%7B%7D=",
    "%27",
    "%25",
    "%F0%9F%92%A9=",
    "a" * 5000,
)
MLFLOW = f"{A.mlflow}/mlflow"


def asked_of_arm(two: Two) -> Iterator[Request]:
    for number in NUMBERS:
        for address in (LOG, f"{A.workspace}/jobs", RESOURCES, "/v1.0/users"):
            yield Request("GET", f"{address}{'&' if '?' in address else '?'}$top={number}")
        yield Request("GET", f"/estate/v1/search?$top={number}")
        yield Request("GET", f"/estate/v1/users?$top={number}")
        yield Request("GET", f"/scim/v2/Users?startIndex={number}&count={number}")
    for page in TOKENS:
        for address in (LOG, f"{A.workspace}/jobs", f"{A.workspace}/models", "/v1.0/users"):
            yield Request("GET", f"{address}?$skiptoken={page}")
        yield Request("GET", f"{A.workspace}/jobs?$orderBy=created&$skip={page}")
        yield Request("GET", f"{RESOURCES}&$skipToken=0:{page}")
        yield Request("GET", f"{RESOURCES}&$skipToken={page}:")
        yield Request("GET", f"/estate/v1/search?$skipToken={page}")
        yield Request("GET", f"/estate/v1/users?$skipToken={page}")
        yield Request("GET", f"{SUBSCRIPTION}/resources?$skiptoken={page}")
    for text in TEXTS:
        for name in ("tag", "properties", "jobType", "scheduled"):
            yield Request("GET", f"{A.workspace}/jobs?{name}={text}")
        yield Request("GET", f"{A.workspace}/models?tags={text}&properties={text}")
        yield Request("GET", f"{A.workspace}/{text.replace('=', '')}")
        yield Request("GET", f"/estate/v1/search?words={text}&kinds={text}&workspace={text}")
        yield Request("GET", f"/estate/v1/search?facets=tags.{text}")
        yield Request("GET", f"/estate/v1/access/why?principal={text}&action={text}&scope=/{text}")
    for condition in ("a eq 'b'", "not " * 3000, "(" * 3000, "a eq " + "'" * 3001, "\x01", "\0"):
        said = quote(condition)
        for address in (LOG, f"{SUBSCRIPTION}/resources", "/v1.0/users", "/v1.0/groups"):
            yield Request("GET", f"{address}?$filter={said}")
        yield Request("GET", f"/estate/v1/search?$filter={said}")
        yield Request("GET", f"/scim/v2/Users?filter={said}")
    for moment in ("0001-01-01", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", LONG):
        yield Request("GET", f"{LOG}?$filter={quote(f'''eventTimestamp ge '{moment}' ''')}")
        yield Request("GET", f"/estate/v1/search?$filter={quote(f'''created > '{moment}' ''')}")
        created = quote('meta.created gt "' + moment + '"')
        yield Request("GET", f"/scim/v2/Users?filter={created}")
    tagged = " and ".join(["tags.a = 'b'"] * 450)
    yield Request("GET", f"/estate/v1/search?$filter={quote(tagged)}")
    many = " or ".join(["name = 'a'"] * 600)
    yield Request("GET", f"/estate/v1/search?$filter={quote(many)}")
    yield Request("GET", f"/estate/v1/search?$filter={quote('not ' * 1000 + many)}")
    both = " and ".join(['userName eq "a"'] * 200)
    yield Request("GET", f"/scim/v2/Users?filter={quote(both)}")
    yield Request(
        "GET",
        f"/scim/v2/Users?filter={quote('userName co ' + msgspec.json.encode('%' * 3000).decode())}",
    )


def bodies(two: Two) -> Iterator[Request]:
    deep = b'{"a":' * 900 + b"1" + b"}" * 900
    for body in (
        b"[" * 5000,
        deep,
        b'{"tags": {"a": "\\u0000"}}',
        b'{"tags": {"a\\u0000": "b"}}',
        b'{"tags": {"a": "\\ud800"}}',
        b'{"a": ' + LONG.encode() + b"}",
        b'{"a": 1e999}',
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"a"',
        b'{"properties": null}',
        b'{"properties": {"displayName": "\\u0000", "x": ' + deep + b"}}",
    ):
        for address in (
            A.workspace,
            f"{A.workspace}/jobs/odd",
            f"{A.workspace}/models/odd/versions/1",
            "/estate/v1/users/odd",
            "/estate/v1/groups/odd",
        ):
            yield Request("PUT", address, body, JSON)
        yield Request("PATCH", A.workspace, body, JSON)
        for address in (
            GRAPH,
            "/scim/v2/Users",
            "/scim/v2/Users/.search",
            "/estate/v1/resources",
            "/v1.0/directoryObjects/getByIds",
            "/estate/v1/access/diff",
            f"/history/v1.0{A.workspace}/rundata",
            f"/data/v1.0{A.workspace}/dataversion/batchGetResolvedUris",
            f"{MLFLOW}/experiments/create",
            f"{MLFLOW}/runs/search",
            f"{MLFLOW}/runs/log-batch",
            f"{A.workspace}/datastores/workspaceblobstore/listSecrets",
        ):
            yield Request("POST", address, body, JSON)


def queries(two: Two) -> Iterator[Request]:
    for query in (
        f"Resources | take {HUGE}",
        f"Resources | take {LONG}",
        "Resources | where tags" + ".a" * 3000 + " == 1",
        "Resources | where tags" + "[0]" * 3000 + " == 1",
        "Resources | extend x = " + "1+" * 5000 + "1",
        "Resources | extend x = " + "-" * 3000 + "1",
        "Resources | where " + "name == 'a' or " * 1200 + "true",
        "Resources | extend x = dynamic(" + "[" * 3000 + "]" * 3000 + ")",
        "Resources | where type == 'a\\0b'",
        "Resources | where type in ('a\\u0000', '\\ud800')",
        "Resources | extend x = -999999999999d",
        "Resources | extend x = bool(x)",
        "Resources | extend x = tags[dynamic({})]",
        "Resources | where (1 == 2) == real(nan)",
        f"Resources | extend x = long({LONG})",
        "Resources | mv-expand x = tags limit " + HUGE,
    ):
        yield Request("POST", GRAPH, {"query": query})
        yield Request("POST", GRAPH, {"query": "Resources", "facets": [{"expression": query}]})
    for page in TOKENS:
        options = {"$skipToken": page, "$skip": 2**70}
        yield Request("POST", GRAPH, {"query": "Resources", "options": options})


def tracked(two: Two) -> Iterator[Request]:
    for said in (
        "Basic é",
        "Basic \x7f",
        "Basic ====",
        "Bearer é",
        "Bearer a.b.c",
        "é",
        "Basic " + LONG,
    ):
        given = {"authorization": said}
        yield Request("GET", f"{MLFLOW}/experiments/search", None, given)
        yield Request("GET", A.workspace, None, given)
        yield Request("GET", "/scim/v2/Users", None, given)
        yield Request("GET", A.blobs, None, given)
    artifact = f"{A.mlflow}/mlflow-artifacts/artifacts/odd.txt"
    yield Request("PUT", artifact, b"numbat")
    for span in (
        f"bytes=-{LONG}",
        f"bytes={LONG}-",
        f"bytes=0-{LONG}",
        "bytes=٣-",
        f"bytes={HUGE}-",
        "bytes=-0",
    ):
        yield Request("GET", artifact, None, {"range": span})
    many = " AND ".join(["tags.a = 'b'"] * 5000)
    texts = (LONG, HUGE, "-1", "é", "a\0b", "%", "[]", many, "tags.a = 'b\0'", "(" * 5000)
    for text in (*texts, f"metrics.a > {LONG}", "tags.a LIKE '" + "%_" * 60_000 + "'", "a.b.c = 1"):
        search = {"experiment_ids": [two.bo.experiment], "filter": text, "max_results": 5}
        yield Request("POST", f"{MLFLOW}/runs/search", search, JSON)
        yield Request(
            "POST", f"{MLFLOW}/runs/search", {**search, "filter": "", "order_by": [text]}, JSON
        )
        for word in ("experiments", "registered-models", "model-versions"):
            yield Request("GET", f"{MLFLOW}/{word}/search?{urlencode({'filter': text[:3000]})}")
        yield Request(
            "GET", f"{MLFLOW}/experiments/get?{urlencode({'experiment_id': text[:3000]})}"
        )
        yield Request("GET", f"{MLFLOW}/runs/get?{urlencode({'run_id': text[:3000]})}")
    for page in TOKENS:
        yield Request("GET", f"{MLFLOW}/experiments/search?page_token={page}&max_results=1")
        yield Request("GET", f"{MLFLOW}/registered-models/search?page_token={page}")
        history = f"run_id={two.bo.run}&metric_key=a&page_token={page}&max_results=1"
        yield Request("GET", f"{MLFLOW}/metrics/get-history?{history}")
    for number in (2**63, 2**70, -(2**70), 1e308):
        metric = {
            "run_id": two.bo.run,
            "key": "odd",
            "value": 1,
            "timestamp": number,
            "step": number,
        }
        yield Request("POST", f"{MLFLOW}/runs/log-metric", metric, JSON)
        yield Request(
            "POST", f"{MLFLOW}/runs/create", {"experiment_id": "0", "start_time": number}, JSON
        )
        yield Request(
            "POST", f"{MLFLOW}/runs/update", {"run_id": two.bo.run, "end_time": number}, JSON
        )
    wrong = {"model_id": two.bo.model, "tags": [{"key": "mlflow.modelVersions", "value": "{"}]}
    yield Request("PATCH", f"{MLFLOW}/logged-models/{two.bo.model}/tags", wrong, JSON)
    yield Request("GET", f"{MLFLOW}/logged-models/{two.bo.model}")


def hosts(two: Two) -> Iterator[Request]:
    for host in ("[", "é", "a b", "localhost:99999999", "@", "", ADDRESS):
        said = {"host": host}
        for address in (
            A.workspace,
            RESOURCES,
            "/v1.0/users",
            "/scim/v2/Users",
            "/metadata/endpoints",
        ):
            yield Request("GET", address, None, said)
        yield Request("GET", "/nothing%23here", None, said)
        yield Request(
            "GET", f"/common/discovery/instance?authorization_endpoint={quote(ADDRESS)}", None, said
        )
        yield Request("GET", f"{MLFLOW}/experiments/search", None, said)
        yield Request("GET", f"{A.blobs}?comp=list", None, said)
        yield Request("DELETE", f"{A.workspace}/jobs/none", None, said)


def logins(two: Two) -> Iterator[Request]:
    form = {"content-type": "application/x-www-form-urlencoded"}
    for body in (
        b"\xff",
        b"a=%00&grant_type=client_credentials",
        b"=",
        b"&" * 100,
        b"a=%ff",
        b"grant_type=%00",
    ):
        for word in ("token", "v2.0/token", "v2.0/devicecode", "v2.0/authorize", "deviceauth"):
            yield Request("POST", f"/common/oauth2/{word}", body, form)
            yield Request(
                "POST", f"/common/oauth2/{word}", body, {**form, "authorization": "Basic é"}
            )
    for grant in (
        "client_credentials",
        "refresh_token",
        "authorization_code",
        "urn:ietf:params:oauth:grant-type:device_code",
    ):
        said = {
            "grant_type": grant,
            "client_id": "\0",
            "client_secret": "\0",
            "refresh_token": "\0é",
            "code": "\0",
            "device_code": "\0",
            "redirect_uri": ADDRESS,
            "code_verifier": "\0",
            "scope": "\0",
        }
        yield Request("POST", "/common/oauth2/v2.0/token", urlencode(said).encode(), form)
    for back in (
        ADDRESS,
        "http://localhost:99999999/",
        "http://localhost\0",
        "\0",
        "http://localhost/é",
    ):
        said = {
            "client_id": "\0",
            "redirect_uri": back,
            "state": "\r\nSet-Cookie: a=b",
            "response_type": "x",
        }
        yield Request("GET", f"/common/oauth2/v2.0/authorize?{urlencode(said)}")
    yield Request("GET", "/%00/oauth2/v2.0/authorize?%00=%00")
    yield Request("GET", "/common/oauth2/deviceauth?user_code=%00", None, {"cookie": "é=\x7f; a"})
