"""Who may do what: bearer tokens, account keys, and every kind of shared access signature."""

from __future__ import annotations

import http.client
import itertools
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceNotFoundError,
)
from azure.storage.blob import (
    AccountSasPermissions,
    BlobSasPermissions,
    BlobServiceClient,
    ContainerClient,
    ResourceTypes,
    generate_account_sas,
    generate_blob_sas,
    generate_container_sas,
)

from mlestate.blob.sas import Right, mint_bound
from tests.blob_house import KEY, LIST_SECRETS, OTHER_KEY, SECRET, SECRETS, STORE
from tests.clients.conftest import Blobs

_names = (f"box-{i}" for i in itertools.count())
HOUR = timedelta(hours=1)


@pytest.fixture
def box(blobs: Blobs) -> Iterator[ContainerClient]:
    """A container of its own, with one blob, opened with the account's key."""
    container = blobs.by_key().create_container(next(_names))
    container.upload_blob("in/b.txt", b"data")
    return container


def soon() -> datetime:
    return datetime.now(UTC) + HOUR


def refused(work: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(HttpResponseError) as caught:
        work()
    error = caught.value
    assert error.response is not None
    assert error.status_code is not None
    return error.status_code, error.response.headers.get("x-ms-error-code", "")


def test_anonymous_callers_get_401_whether_or_not_it_exists(blobs: Blobs) -> None:
    answers = set()
    for path in (
        "open/shared/b",
        "open/none?restype=container",
        "nobody/x/y",
        "open?comp=nonsense",
    ):
        account, _, rest = path.partition("/")
        connection = http.client.HTTPConnection(urlsplit(blobs.url).netloc)
        connection.request("GET", f"/_blob/{account}.blob.core.windows.net/{rest}")
        answer = connection.getresponse()
        answers.add((answer.status, answer.headers["x-ms-error-code"]))
        assert answer.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")
        connection.close()
    assert answers == {(401, "NoAuthenticationInformation")}


def test_a_stranger_gets_403_whether_or_not_it_exists(blobs: Blobs, box: ContainerClient) -> None:
    for account, container in (("open", box.container_name), ("open", "none"), ("nobody", "x")):
        stranger = blobs.person("stranger", account).get_container_client(container)
        for work in (
            lambda c=stranger: c.download_blob("in/b.txt"),
            lambda c=stranger: c.upload_blob("new", b"x"),
            lambda c=stranger: c.delete_blob("in/b.txt"),
            lambda c=stranger: list(c.list_blobs()),
            lambda c=stranger: c.get_container_properties(),
            lambda c=stranger: c.create_container(),
        ):
            assert refused(work) == (403, "AuthorizationPermissionMismatch")


def test_a_refused_upload_is_told_so_however_large(blobs: Blobs, box: ContainerClient) -> None:
    stranger = blobs.person("stranger").get_container_client(box.container_name)
    for size in (5 << 20, 40 << 20):
        assert refused(lambda n=size: stranger.upload_blob("b", b"x" * n)) == (
            403,
            "AuthorizationPermissionMismatch",
        )


def test_an_unknown_token_is_401(blobs: Blobs) -> None:
    with pytest.raises(ClientAuthenticationError):
        list(blobs.person("nobody at all").list_containers())


def test_a_reader_of_one_container_reads_it_and_nothing_else(blobs: Blobs) -> None:
    shared = blobs.by_key().create_container("shared")
    shared.upload_blob("b", b"data")
    other = blobs.by_key().create_container("others")
    other.upload_blob("b", b"data")
    reader = blobs.person("reader")
    assert reader.get_blob_client("shared", "b").download_blob().readall() == b"data"
    assert [b.name for b in reader.get_container_client("shared").list_blobs()] == ["b"]
    assert refused(lambda: reader.get_blob_client("others", "b").download_blob())[0] == 403
    assert refused(lambda: reader.get_blob_client("shared", "b").delete_blob())[0] == 403
    assert refused(lambda: reader.get_blob_client("shared", "n").upload_blob(b"x"))[0] == 403
    assert refused(lambda: reader.get_blob_client("shared", "b").set_blob_metadata({}))[0] == 403


def test_who_may_only_add_adds_and_replaces_nothing(blobs: Blobs, box: ContainerClient) -> None:
    adder = blobs.person("adder").get_container_client(box.container_name)
    adder.upload_blob("new", b"x")
    assert refused(lambda: adder.upload_blob("in/b.txt", b"x", overwrite=True)) == (
        403,
        "AuthorizationPermissionMismatch",
    )
    assert box.download_blob("in/b.txt").readall() == b"data"


def test_a_contributor_works_where_keys_are_off(blobs: Blobs) -> None:
    container = blobs.person("contributor", "shut").create_container("work")
    container.upload_blob("b", b"data")
    assert container.download_blob("b").readall() == b"data"


def test_where_keys_are_off_no_key_and_no_key_signature_opens(blobs: Blobs) -> None:
    off = (403, "KeyBasedAuthenticationNotPermitted")
    by_key = blobs.by_key("shut")
    assert refused(lambda: list(by_key.list_containers())) == off
    name = by_key.account_name
    account = generate_account_sas(
        name, KEY, ResourceTypes(True, True, True), AccountSasPermissions(list=True), soon()
    )
    assert refused(lambda: list(blobs.client("shut", account).list_containers())) == off
    service = generate_container_sas(name, "work", account_key=KEY, permission="l", expiry=soon())
    opened = blobs.client("shut", service).get_container_client("work")
    assert refused(lambda: list(opened.list_blobs())) == off


def test_a_wrong_key_opens_nothing_and_the_second_key_does(
    blobs: Blobs, box: ContainerClient
) -> None:
    wrong = blobs.client("open", "d3Jvbmc=")
    assert refused(lambda: list(wrong.list_containers())) == (403, "AuthenticationFailed")
    assert list(blobs.client("open", OTHER_KEY).list_containers(results_per_page=1))


def test_metadata_that_sorts_oddly_is_signed_alike(box: ContainerClient) -> None:
    odd = {"a_b": "1", "ab": "2", "a1": "3", "a_1": "4", "b": "5", "a__b": "6"}
    box.get_blob_client("in/b.txt").set_blob_metadata(odd)
    assert box.get_blob_client("in/b.txt").get_blob_properties().metadata == odd


def test_a_blob_signature_opens_that_blob_for_that_purpose(
    blobs: Blobs, box: ContainerClient
) -> None:
    box.upload_blob("in/other", b"x")
    sas = generate_blob_sas(
        box.account_name,
        box.container_name,
        "in/b.txt",
        account_key=KEY,
        permission=BlobSasPermissions(read=True),
        expiry=soon(),
        content_type="text/overridden",
    )
    opened = blobs.client("open", sas).get_container_client(box.container_name)
    assert opened.download_blob("in/b.txt").readall() == b"data"
    found = opened.get_blob_client("in/b.txt").get_blob_properties()
    assert found.content_settings.content_type == "text/overridden"
    assert refused(lambda: opened.download_blob("in/other"))[0] == 403
    assert refused(lambda: opened.upload_blob("in/b.txt", b"x", overwrite=True)) == (
        403,
        "AuthorizationPermissionMismatch",
    )
    assert refused(lambda: list(opened.list_blobs()))[0] == 403


def test_a_directory_signature_opens_what_is_in_it(blobs: Blobs, box: ContainerClient) -> None:
    box.upload_blob("inside", b"x")
    sas = generate_blob_sas(
        box.account_name,
        box.container_name,
        "in",
        account_key=KEY,
        permission="r",
        expiry=soon(),
        is_directory=True,
    )
    opened = blobs.client("open", sas).get_container_client(box.container_name)
    assert opened.download_blob("in/b.txt").readall() == b"data"
    assert refused(lambda: opened.download_blob("inside"))[0] == 403


def test_a_create_signature_does_not_overwrite(blobs: Blobs, box: ContainerClient) -> None:
    sas = generate_container_sas(
        box.account_name, box.container_name, account_key=KEY, permission="c", expiry=soon()
    )
    opened = blobs.client("open", sas).get_container_client(box.container_name)
    opened.upload_blob("new", b"x")
    assert refused(lambda: opened.upload_blob("new", b"y", overwrite=True))[0] == 403


@pytest.mark.parametrize(
    "changed",
    [
        {"expiry": datetime.now(UTC) - HOUR},
        {"start": datetime.now(UTC) + HOUR},
        {"protocol": "https"},
        {"ip": "10.0.0.1-10.0.0.9"},
        {"account_key": "d3Jvbmc="},
        {"policy_id": "stored"},
    ],
)
def test_a_signature_out_of_time_or_place_opens_nothing(
    blobs: Blobs, box: ContainerClient, changed: dict[str, object]
) -> None:
    said = {"account_key": KEY, "permission": "r", "expiry": soon()} | changed
    sas = generate_container_sas(box.account_name, box.container_name, **said)  # type: ignore[arg-type]
    opened = blobs.client("open", sas).get_container_client(box.container_name)
    assert refused(lambda: opened.download_blob("in/b.txt"))[0] == 403


def test_a_signature_that_was_tampered_with_opens_nothing(
    blobs: Blobs, box: ContainerClient
) -> None:
    sas = generate_container_sas(
        box.account_name, box.container_name, account_key=KEY, permission="r", expiry=soon()
    )
    more = sas.replace("sp=r&", "sp=rwdl&")
    assert more != sas
    opened = blobs.client("open", more).get_container_client(box.container_name)
    assert refused(lambda: opened.download_blob("in/b.txt")) == (403, "AuthenticationFailed")


def test_an_account_signature_is_for_its_types_of_resource(
    blobs: Blobs, box: ContainerClient
) -> None:
    sas = generate_account_sas(
        box.account_name, KEY, ResourceTypes(object=True), AccountSasPermissions(True), soon()
    )
    opened = blobs.client("open", sas)
    blob = opened.get_blob_client(box.container_name, "in/b.txt")
    assert blob.download_blob().readall() == b"data"
    assert refused(lambda: list(opened.list_containers())) == (
        403,
        "AuthorizationResourceTypeMismatch",
    )


def test_a_delegated_signature_opens_what_its_signer_may_open(blobs: Blobs) -> None:
    contributor = blobs.person("contributor", "shut")
    container = contributor.create_container("delegated")
    container.upload_blob("b", b"data")
    key = contributor.get_user_delegation_key(datetime.now(UTC), soon())
    sas = generate_blob_sas(
        container.account_name,
        "delegated",
        "b",
        user_delegation_key=key,
        permission="rw",
        expiry=soon(),
    )
    opened = blobs.client("shut", sas).get_blob_client("delegated", "b")
    assert opened.download_blob().readall() == b"data"
    opened.upload_blob(b"more", overwrite=True)
    before = blobs.house.people.grants["contributor"]
    blobs.house.people.grants["contributor"] = []
    try:
        assert refused(opened.download_blob)[0] == 403
    finally:
        blobs.house.people.grants["contributor"] = before
    assert opened.download_blob().readall() == b"more"


def test_a_reader_gets_no_delegation_key(blobs: Blobs) -> None:
    reader = blobs.person("reader")
    assert refused(lambda: reader.get_user_delegation_key(datetime.now(UTC), soon()))[0] == 403


def bound(box: ContainerClient, permissions: str = "rwl", folder: str = "") -> str:
    right = Right(STORE, LIST_SECRETS, folder)
    expires = time.time() + 3600
    return mint_bound(SECRET, "open", box.container_name, "scientist", right, permissions, expires)


def test_a_bound_signature_opens_as_long_as_the_right_lasts(
    blobs: Blobs, box: ContainerClient
) -> None:
    # By address, as azure-ai-ml does: the client then drops every field it doesn't know.
    opened = ContainerClient.from_container_url(
        f"{blobs.account()}/{box.container_name}?{bound(box)}"
    )
    assert opened.download_blob("in/b.txt").readall() == b"data"
    assert [b.name for b in opened.list_blobs()] == ["in/b.txt"]
    opened.upload_blob("new", b"x")
    assert refused(lambda: opened.delete_blob("new")) == (403, "AuthorizationPermissionMismatch")
    people = blobs.house.people.grants
    before = people["scientist"]
    try:
        people["scientist"] = []
        assert refused(lambda: opened.download_blob("in/b.txt"))[0] == 403
        del people["scientist"]
        assert refused(lambda: opened.download_blob("in/b.txt")) == (403, "AuthenticationFailed")
    finally:
        people["scientist"] = before
    assert opened.download_blob("in/b.txt").readall() == b"data"
    assert before[0].role == SECRETS


def test_a_bound_signature_is_for_its_container_and_folder(
    blobs: Blobs, box: ContainerClient
) -> None:
    box.upload_blob("inside", b"x")
    other = blobs.by_key().create_container(next(_names))
    other.upload_blob("in/b.txt", b"x")
    sas = bound(box, folder="in")
    opened = blobs.client("open", sas).get_container_client(box.container_name)
    assert opened.download_blob("in/b.txt").readall() == b"data"
    assert [b.name for b in opened.list_blobs(name_starts_with="in/")] == ["in/b.txt"]
    assert refused(lambda: opened.download_blob("inside"))[0] == 403
    assert refused(lambda: list(opened.list_blobs()))[0] == 403
    assert refused(lambda: list(opened.list_blobs(name_starts_with="in")))[0] == 403
    elsewhere = blobs.client("open", sas).get_container_client(other.container_name)
    assert refused(lambda: elsewhere.download_blob("in/b.txt")) == (403, "AuthenticationFailed")


def test_a_bound_signature_made_for_another_right_opens_nothing(
    blobs: Blobs, box: ContainerClient
) -> None:
    for right in (Right("/subscriptions/other", LIST_SECRETS), Right(STORE, "x/y/action")):
        sas = mint_bound(
            SECRET, "open", box.container_name, "scientist", right, "r", time.time() + 60
        )
        opened = blobs.client("open", sas).get_container_client(box.container_name)
        assert refused(lambda c=opened: c.download_blob("in/b.txt"))[0] == 403


def test_a_list_with_index_tags_takes_the_right_to_them(blobs: Blobs, box: ContainerClient) -> None:
    box.upload_blob("tagged", b"x", tags={"a": "1"})

    def signed(letters: str) -> ContainerClient:
        sas = generate_container_sas(
            box.account_name, box.container_name, account_key=KEY, permission=letters, expiry=soon()
        )
        return blobs.client("open", sas).get_container_client(box.container_name)

    def named(who: str) -> ContainerClient:
        return blobs.person(who).get_container_client(box.container_name)

    bound_one = blobs.client("open", bound(box)).get_container_client(box.container_name)
    for lacking in (signed("racwdl"), named("contributor"), bound_one):
        assert [b.name for b in lacking.list_blobs(include=["metadata"])] == ["in/b.txt", "tagged"]
        for include in (["tags"], ["metadata", "tags"]):
            listed = refused(lambda c=lacking, i=include: list(c.list_blobs(include=i)))
            assert listed == (403, "AuthorizationPermissionMismatch")
    for having in (signed("lt"), named("owner"), box):
        assert [b.tags for b in having.list_blobs(include=["tags"])] == [None, {"a": "1"}]
    assert refused(lambda: list(signed("t").list_blobs(include=["tags"])))[0] == 403


def test_a_copy_needs_the_right_to_read_its_source(blobs: Blobs, box: ContainerClient) -> None:
    source = box.get_blob_client("in/b.txt")
    target = blobs.by_key("far").create_container(next(_names)).get_blob_client("t")
    # Another account: its key opens nothing here.
    assert refused(lambda: target.start_copy_from_url(source.url))[0] == 403
    reader = blobs.person("adder").get_blob_client(box.container_name, "t")
    assert refused(lambda: reader.start_copy_from_url(source.url))[0] == 403


def test_a_copy_with_a_signature_on_its_source_works(blobs: Blobs, box: ContainerClient) -> None:
    contributor = blobs.person("contributor", "shut")
    target = contributor.create_container(next(_names)).get_blob_client("t")
    sas = generate_blob_sas(
        box.account_name,
        box.container_name,
        "in/b.txt",
        account_key=KEY,
        permission="r",
        expiry=soon(),
    )
    source = box.get_blob_client("in/b.txt").url
    done = target.start_copy_from_url(f"{source}?{sas}")
    assert done["copy_status"] == "success"
    assert target.download_blob().readall() == b"data"
    told = target.get_blob_properties().copy.source
    assert told == source
    target.upload_blob_from_url(f"{source}?{sas}", overwrite=True)
    assert target.download_blob().readall() == b"data"


def test_bytes_stay_in_their_region(blobs: Blobs, box: ContainerClient) -> None:
    owner = blobs.person("owner", "far")
    target = owner.create_container(next(_names)).get_blob_client("t")
    assert refused(lambda: target.start_copy_from_url(box.get_blob_client("in/b.txt").url)) == (
        403,
        "CannotVerifyCopySource",
    )
    with pytest.raises(ResourceNotFoundError):
        target.get_blob_properties()


def test_each_part_of_a_batch_is_authorized_for_itself(blobs: Blobs, box: ContainerClient) -> None:
    sas = generate_container_sas(
        box.account_name, box.container_name, account_key=KEY, permission="r", expiry=soon()
    )
    opened = BlobServiceClient(blobs.account(), credential=sas).get_container_client(
        box.container_name
    )
    answers = list(opened.delete_blobs("in/b.txt", raise_on_any_failure=False))
    assert [answer.status_code for answer in answers] == [403]
    assert box.get_blob_client("in/b.txt").exists()
