"""Who is removed and added again under their object id, as an estate file does, is somebody else:
nothing that they held before comes back."""

from __future__ import annotations

import pytest

from tests.access.asking import REGION, Answer, Request
from tests.access.delegating import delegated
from tests.access.two_workspaces import BLOB_OWNER, SCIENTIST, A, Two

JOB = f"{A.workspace}/jobs/numbat-job"
CSV = f"{A.blobs}/CONTAINER/numbat/data.csv"


def again(two: Two) -> None:
    """Bo goes, and comes with the same object id and the same roles."""
    two.made("admin", Request("DELETE", "/estate/v1/users/bo"))
    two.clock.ahead += 2.0
    body = {"objectId": two.ids["bo"]}
    made = two.made("admin", Request("PUT", "/estate/v1/users/bo", body))
    assert made.json()["objectId"] == two.ids["bo"]
    two.grant(A.workspace, SCIENTIST, two.ids["bo"])
    two.grant(A.account, BLOB_OWNER, two.ids["bo"])


def used(two: Two, token: str) -> Answer:
    return two.ask("", Request("GET", f"{CSV.replace('CONTAINER', two.bo.container)}?{token}"))


def test_a_datastores_signature_stays_closed(fresh: Two):
    assert used(fresh, fresh.bo.sas).status == 200
    again(fresh)
    assert used(fresh, fresh.bo.sas).code == "AuthenticationFailed"


def test_a_delegation_key_signs_nothing_any_more(fresh: Two):
    token = delegated(fresh, "bo", A)
    assert used(fresh, token).status == 200
    again(fresh)
    assert used(fresh, token).code == "AuthenticationFailed"


@pytest.mark.parametrize("field", ["written", "upload"])
def test_nor_does_an_address_to_write_to(fresh: Two, field: str):
    path, _, token = getattr(fresh.bo, field).partition("?")
    target = "/" + path.split("/", 3)[3] + ("/main.py" if field == "upload" else "")
    put = Request("PUT", f"{target}?{token}", b"x", {"x-ms-blob-type": "BlockBlob"})
    assert fresh.ask("", put).status == 201
    again(fresh)
    assert fresh.ask("", put).code == "AuthenticationFailed"


def test_tokens_of_people_and_of_their_jobs_stay_refused(fresh: Two):
    job, own = fresh.job_token(JOB, fresh.ids["bo"]), fresh.tokens["bo"]
    assert [fresh.get(token, A.workspace).status for token in (job, own)] == [200, 200]
    again(fresh)
    # An agent that was away tells of its lease still.
    fresh.estate.live.hear(REGION, {JOB.lower(): 7})
    assert [fresh.get(token, A.workspace).status for token in (job, own)] == [401, 401]


def test_what_is_made_from_then_on_opens_as_it_should(fresh: Two):
    again(fresh)
    fresh.person("bo")
    assert used(fresh, fresh.sas_of("bo", A)).status == 200
    assert used(fresh, delegated(fresh, "bo", A)).status == 200
