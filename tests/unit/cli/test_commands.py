"""The commands as a user types them, against a small estate over HTTP."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from mlestate.cli.main import run
from tests.estate_server import Estate, refused, serving
from tests.estates import SMALL

WORKSPACE = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-fraud-dev"
    "/providers/Microsoft.MachineLearningServices/workspaces/mlw-fraud-dev"
)


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Estate]:
    """An estate that is up, and whose administrator sits at this machine."""
    estate = Estate()
    token = {"client_id": "admin", "client_secret": "s3cret", "tenant": "t"}
    (tmp_path / "admin.token").write_text(json.dumps(token))
    monkeypatch.setenv("MLESTATE_DATA", str(tmp_path))
    with serving(estate) as origin:
        monkeypatch.setenv("MLESTATE_URL", origin)
        yield estate


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "estate.yaml"
    path.write_text(SMALL)
    return str(path)


@pytest.fixture
def applied(estate: Estate, file: str, capsys: pytest.CaptureFixture[str]) -> Estate:
    assert run(["apply", file]) == 0
    capsys.readouterr()
    return estate


def test_plan_apply_plan(estate: Estate, file: str, capsys: pytest.CaptureFixture[str]):
    assert run(["plan", file]) == 2
    planned = capsys.readouterr().out
    assert "  + workspaces/mlw-fraud-dev\n" in planned
    assert "  + `mlops` on `mlw-fraud-prod` to `sg-ml-fraud-engineer-prod`\n" in planned
    assert estate.puts == []
    assert run(["apply", file]) == 0
    told = capsys.readouterr()
    total = len(estate.puts)
    assert told.out == f"{total} created, 0 as they were\n"
    assert f"created  {WORKSPACE}\n" in told.err
    assert f"{total}/{total} created  " in told.err
    assert run(["plan", file]) == 0
    assert capsys.readouterr().out == (
        f"nothing to do: all {total} resources are as the file says\n"
    )


def test_a_plan_says_why_it_would_change_something(
    applied: Estate, file: str, capsys: pytest.CaptureFixture[str]
):
    applied.documents[WORKSPACE.lower()]["tags"]["owner"] = "nobody"
    assert run(["plan", file]) == 2
    assert '  ~ workspaces/mlw-fraud-dev\n      tags.owner: "nobody" -> "science"\n' in (
        capsys.readouterr().out
    )
    assert run(["plan", file, "-o", "json"]) == 2
    (change,) = json.loads(capsys.readouterr().out)["changes"]
    assert (change["action"], change["id"]) == ("change", WORKSPACE)
    assert change["reasons"] == [{"path": "tags.owner", "before": "nobody", "after": "science"}]


def test_a_plan_lists_what_is_not_in_the_file(
    applied: Estate, file: str, capsys: pytest.CaptureFixture[str]
):
    applied.put("/estate/v1/users/eve", {"displayName": "Eve"})
    applied.put("/estate/v1/servicePrincipals/admin", {"displayName": "its own", "objectId": "a"})
    grant = f"{WORKSPACE}/providers/Microsoft.Authorization/roleAssignments/1"
    applied.put(grant, {"properties": {"principalId": "a"}})
    assert run(["plan", file]) == 0
    assert "1 not in the file (they stay):\n  . /estate/v1/users/eve\n" in capsys.readouterr().out


def test_a_refused_apply_names_what_failed_and_exits_with_1(
    estate: Estate, file: str, capsys: pytest.CaptureFixture[str]
):
    estate.script("PUT", WORKSPACE, refused(403, "RequestDisallowedByPolicy", "not in this region"))
    assert run(["apply", file]) == 1
    told = capsys.readouterr()
    assert f"failed   {WORKSPACE}: RequestDisallowedByPolicy: not in this region\n" in told.err
    assert (
        f"skipped  {WORKSPACE}/computes/cpu: `{WORKSPACE}` failed: this waits for it\n" in told.err
    )
    assert "1 failed, 2 skipped" in told.out
    assert run(["apply", file]) == 0


def without_prod(file: str) -> str:
    path = Path(file)
    path.write_text(SMALL.replace("environments: [dev, prod]", "environments: [dev]"))
    return file


def test_the_document_of_a_plan_has_the_keys_that_its_page_names(
    applied: Estate, file: str, capsys: pytest.CaptureFixture[str]
):
    page = (Path(__file__).parents[3] / "docs" / "guides" / "plan-and-apply.md").read_text()
    rows = page.split("| key | holds |")[1].split("\n\n")[0].splitlines()
    named = {word for row in rows if row.startswith("| `") for word in _words(row.split("|")[1])}
    assert run(["plan", without_prod(file), "--prune", "-o", "json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert set(document) == named
    assert document["lastApply"]["state"] == "Applied"
    assert {each["action"] for each in document["deletes"]} == {"delete"}


def _words(cell: str) -> list[str]:
    return re.findall("`(.+?)`", cell)


def test_a_person_at_a_terminal_types_the_name_of_what_may_go_with_its_data(
    applied: Estate, file: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    prod = WORKSPACE.replace("dev", "prod")
    applied.inside[prod.lower()] = {"holds": {"jobs": 2}}
    monkeypatch.setattr("sys.stdin", _Terminal("mlw-fraud-prod\n"))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert run(["apply", without_prod(file), "--prune"]) == 0
    assert "`mlw-fraud-prod` holds 2 jobs. Type its name" in capsys.readouterr().err
    assert prod.lower() not in applied.documents


def test_anything_else_typed_keeps_it(
    applied: Estate, file: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    prod = WORKSPACE.replace("dev", "prod")
    applied.inside[prod.lower()] = {"holds": {"jobs": 2}}
    monkeypatch.setattr("sys.stdin", _Terminal("yes\n"))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert run(["apply", without_prod(file), "--prune"]) == 1
    assert prod.lower() in applied.documents


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_plan_that_was_saved_without_prune_deletes_nothing(
    applied: Estate, file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    plan = str(tmp_path / "saved.plan")
    assert run(["plan", without_prod(file), "--out", plan]) == 2
    assert capsys.readouterr().err.startswith(f"saved in `{plan}`: ")
    assert run(["apply", plan, "--prune"]) == 1
    assert (
        capsys.readouterr().err
        == f"error: `{plan}` was saved without --prune: plan again with it\n"
    )


def test_what_may_be_deleted_is_said_with_prune_only(
    estate: Estate, file: str, capsys: pytest.CaptureFixture[str]
):
    assert run(["apply", file, "--delete-data", "x"]) == 1
    assert (
        capsys.readouterr().err == "error: --delete-data says what --prune may delete: say both\n"
    )
    assert run(["apply"]) == 1
    assert capsys.readouterr().err == "error: name a FILE, or a folder with --watch\n"
    assert run(["apply", "--watch", file]) == 1
    assert "is no folder" in capsys.readouterr().err
    assert run(["apply", "--watch", str(Path(file).parent), "--every", "soon"]) == 1
    assert "write one such as `30s` or `5m`" in capsys.readouterr().err
    assert run(["apply", "--watch", str(Path(file).parent), "--every", "0s"]) == 1
    assert "`--every 0s` is too often: write `1s` or more" in capsys.readouterr().err


def test_an_explanation_reads_like_the_file(file: str, capsys: pytest.CaptureFixture[str]):
    assert run(["plan", file, "--explain", "regions"]) == 0
    head, *block = capsys.readouterr().out.splitlines()
    assert head == "regions:"
    assert block[0].startswith("  home: ")
    assert not any("null" in line for line in block)
    assert run(["plan", file, "--explain", ""]) == 1
    assert "an empty key explains nothing" in capsys.readouterr().err


def test_an_apply_says_that_it_goes_on_where_another_was_cut_off(
    estate: Estate, file: str, capsys: pytest.CaptureFixture[str]
):
    estate.script("PUT", WORKSPACE, refused(403, "RequestDisallowedByPolicy", "not in this region"))
    assert run(["apply", file]) == 1
    capsys.readouterr()
    assert run(["plan", file]) == 2
    assert "note: the apply of `admin` on `" in (planned := capsys.readouterr().out)
    assert "did not do all" in planned
    assert run(["apply", file]) == 0
    assert "going on: the apply of `admin` on `" in capsys.readouterr().err


def test_a_plan_is_saved_over_an_older_one_and_over_nothing_else(
    estate: Estate, file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    part = tmp_path / "part.yaml"
    part.write_text("groups: {more: {name: More}}\n")
    Path(file).write_text(f"{SMALL}include: part.yaml\n")
    for there in (file, str(part)):
        before = Path(there).read_text()
        assert run(["plan", file, "--out", there]) == 1
        assert capsys.readouterr().err == (
            f"error: `{there}` is there and is no saved plan: give `--out` another name\n"
        )
        assert Path(there).read_text() == before
    plan = str(tmp_path / "p1.plan")
    assert run(["plan", file, "--out", plan]) == run(["plan", file, "--out", plan]) == 2


def test_a_saved_plan_is_no_estate_file(
    estate: Estate, file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    plan = str(tmp_path / "p1.plan")
    assert run(["plan", file, "--out", plan]) == 2
    capsys.readouterr()
    for command in ("plan", "lint"):
        assert run([command, plan]) == 1
        said = f"error: `{plan}` is a saved plan: apply it with `mlestate apply {plan}`\n"
        assert capsys.readouterr().err == said


def test_a_saved_plan_that_one_thing_outran_says_what_that_means(
    applied: Estate, file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    plan = str(tmp_path / "p1.plan")
    assert run(["plan", file, "--out", plan]) == 0
    capsys.readouterr()
    applied.documents[WORKSPACE.lower()]["tags"]["owner"] = "nobody"
    assert run(["apply", plan]) == 1
    assert capsys.readouterr().err == (
        "error: since the plan was saved, 1 thing moved: plan again\n"
        f"  `{WORKSPACE}` is to change now\n"
    )


def test_data_of_an_unknown_name_is_refused_before_anything_is_done(
    applied: Estate, file: str, capsys: pytest.CaptureFixture[str]
):
    prune = ["apply", without_prod(file), "--prune", "--delete-data"]
    assert run([*prune, "mlw-fraud-prd"]) == 1
    assert capsys.readouterr().err == (
        "error: --delete-data mlw-fraud-prd: nothing of that name is to be deleted; "
        "did you mean `mlw-fraud-prod`?\n"
    )
    assert run([*prune, "mlw-fraud-prod"]) == 0
    assert run([*prune, "mlw-fraud-prod"]) == 0, "run again, it has nothing to do"


def test_every_fault_of_a_file_is_told_on_standard_error(
    estate: Estate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "broken.yaml"
    path.write_text(SMALL.replace("max: 2", "max: two").replace("home: west", "home: vest"))
    assert run(["plan", str(path)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        f"error: `{path}` has 2 faults: mend what is listed and run again",
        f"  {path}:6:17: unknown region `vesteurope`; did you mean `westeurope`?",
        f"  {path}:11:50: `two` is not a whole number",
    ]
    assert estate.requests == []


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["plan"], "error: Missing argument 'FILE': see `mlestate plan --help`"),
        (
            ["plan", "a", "b"],
            "error: Got unexpected extra argument(s) (b): see `mlestate plan --help`",
        ),
        (
            ["access", "activate", "Reader"],
            "error: Missing option '--reason': see `mlestate access activate --help`",
        ),
        (["plann"], "error: there is no command `plann`; did you mean `plan`?"),
        (["plan", "no.yaml"], "error: there is no file `no.yaml`: check the path"),
        (["get", "worksp", "w"], "error: unknown type `worksp`; did you mean `workspace`?"),
        (["list", "model"], "error: a model is in a workspace: name it with --workspace"),
    ],
)
def test_an_error_is_one_line_and_exits_with_1(
    estate: Estate, arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
):
    assert run(arguments) == 1
    assert capsys.readouterr().err == f"{line}\n"


def test_no_server_is_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("MLESTATE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("MLESTATE_TOKEN", "x")
    monkeypatch.setenv("MLESTATE_DATA", str(tmp_path))
    assert run(["whoami"]) == 1
    assert capsys.readouterr().err == (
        "error: no estate answers at `http://127.0.0.1:9`: start it with `mlestate up`\n"
    )


def test_a_resource_is_found_by_its_name_alone(applied: Estate, capsys: pytest.CaptureFixture[str]):
    assert run(["get", "workspace", "MLW-fraud-dev", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == WORKSPACE
    assert run(["get", "compute", "cpu", "-w", "mlw-fraud-dev"]) == 0
    shown = yaml.safe_load(capsys.readouterr().out)
    assert shown["properties"]["computeType"] == "AmlCompute"


def test_a_name_that_is_not_there_is_answered_with_the_one_that_is(
    applied: Estate, capsys: pytest.CaptureFixture[str]
):
    assert run(["get", "workspace", "mlw-frod-dev"]) == 1
    assert "did you mean `mlw-fraud-dev`?" in capsys.readouterr().err


def test_a_list_is_a_table_without_empty_columns(
    applied: Estate, capsys: pytest.CaptureFixture[str]
):
    assert run(["list", "workspaces"]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == ["NAME", "LOCATION", "STATE", "ID"]
    assert {row.split()[0] for row in rows} == {"mlw-fraud-dev", "mlw-fraud-prod"}


def test_an_empty_list_says_so_beside_standard_output(
    estate: Estate, capsys: pytest.CaptureFixture[str]
):
    assert run(["list", "workspaces"]) == 0
    assert capsys.readouterr() == ("", "there is no workspace that you may read\n")


def test_put_and_delete_change_one_resource(
    applied: Estate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    body = tmp_path / "model.yaml"
    body.write_text("properties: {modelUri: azureml://x, modelType: mlflow_model}")
    put = ["put", "model", "churn:3", "-w", WORKSPACE, "-f", str(body)]
    assert run(put) == 0
    id = f"{WORKSPACE}/models/churn/versions/3"
    assert applied.documents[id.lower()]["properties"]["modelUri"] == "azureml://x"
    assert run(["delete", "model", id]) == 0
    assert id.lower() not in applied.documents
    body.write_text("- no mapping")
    assert run(put) == 1
    assert "is not a mapping" in capsys.readouterr().err


def test_what_a_server_refuses_is_told_with_its_place(
    applied: Estate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    body = tmp_path / "compute.yaml"
    body.write_text("properties: {}")
    fault = {"code": "Invalid", "message": "is missing", "target": "$.properties.computeType"}
    refusal = refused(400, "InvalidRequestContent", "1 fault", details=[fault])
    applied.script("PUT", f"{WORKSPACE}/computes/cpu", refusal)
    assert run(["put", "compute", "cpu", "-w", WORKSPACE, "-f", str(body)]) == 1
    assert capsys.readouterr().err == "error: $.properties.computeType: is missing\n"


def test_login_makes_a_secret_once_and_keeps_it(
    applied: Estate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    made = ("POST", "/estate/v1/users/ana/secrets")
    assert run(["login", "--as", "ana"]) == 0
    assert json.loads((tmp_path / "session.json").read_text())["client_id"] == "ana"
    assert run(["login", "--as", "ana"]) == 0
    assert applied.requests.count(made) == 1
    applied.secrets["ana"] = "changed since"
    assert run(["login", "--as", "ana"]) == 0
    assert applied.requests.count(made) == 2
    assert run(["login", "--as", "admin"]) == 0
    assert not (tmp_path / "session.json").exists()


@pytest.mark.parametrize(
    "options", [("--as", ""), ("--as", "ana", "--secret", ""), ("--secret", "hers")]
)
def test_a_login_with_an_empty_name_or_secret_begins_nothing(
    applied: Estate, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
):
    before = len(applied.requests)
    assert run(["login", *options]) == 1
    assert "`--" in capsys.readouterr().err
    assert len(applied.requests) == before
    assert not (tmp_path / "session.json").exists()


def test_login_as_a_program_is_login_as_a_service_principal(
    applied: Estate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    nobody = refused(404, "ResourceNotFound", "There is no User `bot`.")
    applied.script("POST", "/estate/v1/users/bot/secrets", nobody, nobody)
    assert run(["login", "--as", "bot"]) == 0
    assert json.loads((tmp_path / "session.json").read_text())["client_id"] == "bot"
    applied.script("POST", "/estate/v1/servicePrincipals/bot/secrets", refused(404, "x", "nor SP"))
    (tmp_path / "logins" / "bot.json").unlink()
    assert run(["login", "--as", "bot"]) == 1
    assert capsys.readouterr().err.endswith("error: There is no User `bot`.\n")


def test_a_machine_without_an_administrator_can_log_in_with_a_secret(
    applied: Estate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "admin.token").unlink()
    applied.secrets["ana"] = "hers"
    assert run(["login", "--as", "ana", "--secret", "hers"]) == 0
    assert run(["get", "workspace", "mlw-fraud-dev"]) == 0
    assert run(["login", "--as", "ben"]) == 1
    assert "say --secret" in capsys.readouterr().err


def test_a_folder_that_may_not_be_written_is_no_traceback(
    applied: Estate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "logins").write_text("not a folder")
    assert run(["login", "--as", "ana"]) == 1
    assert capsys.readouterr().err.startswith("error: `")


def test_a_secret_that_is_given_is_tried_first(
    applied: Estate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(["login", "--as", "ana", "--secret", "a guess"]) == 1
    assert capsys.readouterr().err == "error: the secret is wrong\n"
    assert not (tmp_path / "session.json").exists()


def test_env_gives_official_clients_what_they_read(
    applied: Estate, capsys: pytest.CaptureFixture[str]
):
    applied.script("GET", "/metadata/endpoints", (200, [{"name": "mlestate"}], {}))
    assert run(["env", "-w", "mlw-fraud-dev", "--as", "ana", "--format", "json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["AZURE_CLIENT_ID"] == "ana"
    assert values["AZURE_CLIENT_SECRET"] == "secret of ana"
    assert values["MLFLOW_TRACKING_URI"].endswith(f"/mlflow/v3.0{WORKSPACE}")
    assert values["MLFLOW_TRACKING_TOKEN"] in applied.accepted


@pytest.mark.parametrize(
    ("format", "line"),
    [
        ("sh", "export AZURE_ML_WORKSPACE=mlw-fraud-dev"),
        ("dotenv", 'AZURE_ML_WORKSPACE="mlw-fraud-dev"'),
    ],
)
def test_env_prints_for_shells_and_for_files(
    applied: Estate, format: str, line: str, capsys: pytest.CaptureFixture[str]
):
    applied.script("GET", "/metadata/endpoints", (200, [{"name": "mlestate"}], {}))
    assert run(["env", "-w", WORKSPACE, "--format", format]) == 0
    assert line in capsys.readouterr().out.splitlines()


def test_a_lock_to_be_is_named_by_its_whole_id(
    estate: Estate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    body = tmp_path / "lock.yaml"
    body.write_text("properties: {level: CanNotDelete}\n")
    assert run(["put", "lock", "mine", "-f", str(body)]) == 1
    said = capsys.readouterr().err
    assert "there is no lock `mine` that you may read; a new one is named by its whole id" in said
    assert "`/subscriptions/…/providers/Microsoft.Authorization/locks/mine`" in said
