"""The official clients, unmodified: azure-storage-blob and adlfs."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
from collections.abc import Iterator

import adlfs
import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import (
    BlobBlock,
    BlobServiceClient,
    ContainerClient,
    ContentSettings,
    StandardBlobTier,
)

from tests.blob_house import KEY
from tests.clients.conftest import Blobs

_names = (f"sdk-{i}" for i in itertools.count())
MIB = 1 << 20


@pytest.fixture
def service(blobs: Blobs) -> Iterator[BlobServiceClient]:
    with blobs.by_key() as client:
        yield client


@pytest.fixture
def box(service: BlobServiceClient) -> ContainerClient:
    return service.create_container(next(_names))


@pytest.mark.parametrize("size", [0, 1, 4 * MIB, 70 * MIB])
@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_file_comes_back_as_it_was(box: ContainerClient, size: int, concurrency: int) -> None:
    data = os.urandom(size)
    blob = box.upload_blob("file", data, max_concurrency=concurrency)
    got = blob.download_blob(max_concurrency=concurrency).readall()
    assert hashlib.sha256(got).digest() == hashlib.sha256(data).digest()
    assert blob.get_blob_properties().size == size


def test_the_client_checks_md5_on_the_way_up_and_down(box: ContainerClient) -> None:
    blob = box.get_blob_client("checked")
    data = os.urandom(9 * MIB)
    stream = io.BytesIO(data)
    blob.upload_blob(stream, validate_content=True)
    assert blob.download_blob(validate_content=True).readall() == data


def test_a_tier_is_kept_and_told_wherever_it_was_set(box: ContainerClient) -> None:
    blob = box.upload_blob("tiered", b"x", standard_blob_tier=StandardBlobTier.COOL)
    before = blob.get_blob_properties()
    assert (before.blob_tier, before.blob_tier_inferred) == ("Cool", None)
    assert before.blob_tier_change_time is not None
    blob.set_standard_blob_tier(StandardBlobTier.ARCHIVE)
    after = blob.get_blob_properties()
    assert (after.blob_tier, after.etag) == ("Archive", before.etag)
    blob.set_http_headers(ContentSettings("text/plain"))
    blob.upload_blob(b"y", overwrite=True)
    other = box.get_blob_client("other")
    other.upload_blob_from_url(blob.url, standard_blob_tier=StandardBlobTier.COLD)
    box.upload_blob("plain", b"z")
    listed = {one.name: (one.blob_tier, one.blob_tier_inferred) for one in box.list_blobs()}
    assert listed == {"tiered": ("Archive", None), "other": ("Cold", None), "plain": ("Hot", True)}
    box.set_standard_blob_tier_blobs(StandardBlobTier.COOL, "tiered", "plain")
    assert {one.blob_tier for one in box.list_blobs()} == {"Cool", "Cold"}
    with pytest.raises(HttpResponseError) as refused:
        blob.set_standard_blob_tier("Frozen")
    assert refused.value.error_code == "InvalidHeaderValue"


def test_checks_that_we_cannot_do_are_refused(box: ContainerClient) -> None:
    blob = box.get_blob_client("checked")
    with pytest.raises(HttpResponseError) as refused:
        blob.stage_block("YQ==", b"x", headers={"x-ms-content-crc64": "AAAAAAAAAAA="})
    assert refused.value.status_code == 400


def test_upload_without_overwrite_refuses_what_is_there(box: ContainerClient) -> None:
    box.upload_blob("b", b"first")
    with pytest.raises(ResourceExistsError):
        box.upload_blob("b", b"second")
    assert box.download_blob("b").readall() == b"first"


def test_a_write_on_a_stale_etag_is_refused(box: ContainerClient) -> None:
    blob = box.upload_blob("b", b"first")
    etag = blob.get_blob_properties().etag
    blob.upload_blob(b"second", overwrite=True)
    with pytest.raises(ResourceModifiedError):
        blob.upload_blob(
            b"third", overwrite=True, etag=etag, match_condition=MatchConditions.IfNotModified
        )


def test_a_download_notices_that_the_blob_changed(box: ContainerClient) -> None:
    blob = box.upload_blob("b", os.urandom(40 * MIB))
    stream = blob.download_blob()
    blob.upload_blob(b"other", overwrite=True)
    with pytest.raises(ResourceModifiedError):
        stream.readall()


def test_content_settings_metadata_and_tags(box: ContainerClient) -> None:
    settings = ContentSettings(
        content_type="text/csv",
        content_language="sw",
        content_encoding="identity",
        content_disposition="inline",
        cache_control="no-store",
    )
    blob = box.upload_blob(
        "b", b"x", content_settings=settings, metadata={"k": "v"}, tags={"t": "1"}
    )
    found = blob.get_blob_properties()
    assert found.metadata == {"k": "v"}
    assert found.tag_count == 1
    assert found.content_settings.content_language == "sw"
    assert found.content_settings.content_disposition == "inline"
    blob.set_http_headers(ContentSettings(content_type="text/plain"))
    assert blob.get_blob_properties().content_settings.cache_control is None
    blob.set_blob_tags({"a": "b c"})
    assert blob.get_blob_tags() == {"a": "b c"}


def test_a_list_has_pages_folders_and_what_was_asked_for(box: ContainerClient) -> None:
    names = [f"f{i}/{j}" for i in range(3) for j in range(3)] + ["top & <tail>"]
    for name in names:
        box.upload_blob(name, b"x", metadata={"n": "1"}, tags={"t": "1"})
    pages = [[b.name for b in page] for page in box.list_blobs(results_per_page=4).by_page()]
    assert [len(page) for page in pages] == [4, 4, 2]
    assert [name for page in pages for name in page] == names
    assert [b.name for b in box.walk_blobs()] == ["f0/", "f1/", "f2/", "top & <tail>"]
    assert [b.name for b in box.walk_blobs("f1/")] == ["f1/0", "f1/1", "f1/2"]
    told = next(iter(box.list_blobs(include=["metadata", "tags"])))
    assert (told.metadata, told.tags, told.size) == ({"n": "1"}, {"t": "1"}, 1)
    assert told.etag == box.get_blob_client("f0/0").get_blob_properties().etag.strip('"')


def test_names_that_xml_cannot_carry_are_listed(box: ContainerClient) -> None:
    box.upload_blob("odd\x01name", b"x")
    assert [b.name for b in box.list_blobs()] == ["odd\x01name"]


def test_containers_are_listed_by_prefix_in_pages(service: BlobServiceClient) -> None:
    for i in range(3):
        service.create_container(f"listed-{i}", metadata={"n": str(i)})
    found = service.list_containers("listed-", include_metadata=True, results_per_page=2)
    pages = [[(c.name, c.metadata) for c in page] for page in found.by_page()]
    assert pages == [
        [("listed-0", {"n": "0"}), ("listed-1", {"n": "1"})],
        [("listed-2", {"n": "2"})],
    ]


def test_blocks_are_staged_listed_and_committed(box: ContainerClient) -> None:
    blob = box.get_blob_client("b")
    for i in range(3):
        blob.stage_block(f"{i}", b"%d" % i)
    blob.commit_block_list([BlobBlock("2"), BlobBlock("0")])
    assert blob.download_blob().readall() == b"20"
    committed, uncommitted = blob.get_block_list("all")
    assert ([b.id for b in committed], uncommitted) == (["2", "0"], [])


def test_a_block_comes_from_a_range_of_another_blob(box: ContainerClient) -> None:
    source = box.upload_blob("s", b"0123456789")
    target = box.get_blob_client("t")
    target.stage_block_from_url("a", source.url, source_offset=2, source_length=3)
    target.commit_block_list([BlobBlock("a")])
    assert target.download_blob().readall() == b"234"


def test_an_append_blob_is_a_log(box: ContainerClient) -> None:
    log = box.get_blob_client("log")
    log.create_append_blob(ContentSettings(content_type="text/plain"))
    for i in range(5):
        log.append_block(b"line %d\n" % i)
    log.upload_blob(b"end\n", blob_type="AppendBlob")
    assert log.download_blob(offset=7, length=6).readall() == b"line 1"
    assert log.get_blob_properties().append_blob_committed_block_count == 6


def test_copies_within_an_account(box: ContainerClient) -> None:
    source = box.upload_blob("s", b"data", metadata={"k": "v"})
    target = box.get_blob_client("t")
    assert target.start_copy_from_url(source.url)["copy_status"] == "success"
    assert target.start_copy_from_url(source.url, requires_sync=True)["copy_status"] == "success"
    target.upload_blob_from_url(source.url, overwrite=True)
    assert target.download_blob().readall() == b"data"
    assert target.get_blob_properties().metadata == {"k": "v"}


def test_leases_guard_blobs_and_containers(box: ContainerClient) -> None:
    blob = box.upload_blob("b", b"x")
    lease = blob.acquire_lease(15)
    with pytest.raises(HttpResponseError) as refused:
        blob.upload_blob(b"y", overwrite=True)
    assert refused.value.error_code == "LeaseIdMissing"
    blob.upload_blob(b"y", overwrite=True, lease=lease)
    lease.renew()
    lease.change("11111111-3b0c-4d63-8f53-7a2a0a8f3b22")
    assert blob.get_blob_properties().lease.state == "leased"
    lease.release()
    held = box.acquire_lease()
    with pytest.raises(HttpResponseError):
        box.delete_container()
    assert held.break_lease(0) == 0
    box.delete_container()


def test_a_batch_deletes_many(box: ContainerClient) -> None:
    names = [f"é/{i} +%&" for i in range(20)]
    for name in names:
        box.upload_blob(name, b"x")
    answers = list(box.delete_blobs(*names, "none", raise_on_any_failure=False))
    assert [answer.status_code for answer in answers] == [202] * 20 + [404]
    assert list(box.list_blobs()) == []


def test_what_is_missing_is_not_found(box: ContainerClient) -> None:
    for work in (
        lambda: box.download_blob("none"),
        lambda: box.delete_blob("none"),
        lambda: box.get_blob_client("none").get_blob_properties(),
    ):
        with pytest.raises(ResourceNotFoundError):
            work()
    assert not box.get_blob_client("none").exists()
    assert box.exists()


def test_the_service_tells_about_itself(service: BlobServiceClient) -> None:
    assert service.get_account_information()["account_kind"] == "StorageV2"
    assert not service.get_service_properties()["delete_retention_policy"].enabled
    service.set_service_properties(cors=[])


# aiohttp's advice to adlfs, which is not ours to follow.
@pytest.mark.filterwarnings("ignore:Sending a large body directly:ResourceWarning")
def test_adlfs_works_with_files_and_folders(blobs: Blobs) -> None:
    name = "_blob/open.blob.core.windows.net"
    files = adlfs.AzureBlobFileSystem(
        connection_string=(
            f"DefaultEndpointsProtocol=http;AccountName={name};AccountKey={KEY};"
            f"BlobEndpoint={blobs.account()};"
        ),
        skip_instance_cache=True,
    )
    files.mkdir("lake")
    big = os.urandom(9 * MIB)
    with files.open("lake/a/big.bin", "wb") as file:
        file.write(big)
    files.pipe({f"lake/a/{i}.txt": b"%d" % i for i in range(3)})
    there = ["lake/a/0.txt", "lake/a/1.txt", "lake/a/2.txt", "lake/a/big.bin"]
    assert sorted(files.ls("lake/a")) == there
    assert files.cat("lake/a/big.bin") == big
    with files.open("lake/a/big.bin", "rb") as file:
        file.seek(5 * MIB)
        assert file.read(10) == big[5 * MIB : 5 * MIB + 10]
    assert files.info("lake/a")["type"] == "directory"
    assert files.glob("lake/a/*.txt") == [f"lake/a/{i}.txt" for i in range(3)]
    files.cp("lake/a/1.txt", "lake/b/1.txt")
    files.rm("lake/a", recursive=True)
    assert files.find("lake") == ["lake/b/1.txt"]
    assert files.cat("lake/b/1.txt") == b"1"
