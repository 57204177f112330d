"""Handlers of containers, and the list of their blobs."""

from __future__ import annotations

from ...blob import containers
from ...core.errors import Conflict, Invalid
from ...store.blob_tables import Container
from . import lease as leasing
from . import xml
from .answer import Answer, document, lease, metadata, version
from .call import Call
from .listing import endpoint, most, next_marker, start


def create_container(call: Call) -> Answer:
    _need_private(call)
    found = containers.create(
        call.cell, call.address.account, call.address.container, call.request.metadata()
    )
    return Answer(201, version(found))


def get_container(call: Call) -> Answer:
    found = _find(call)
    return Answer(
        200,
        version(found)
        | lease(found.lease, call.now)
        | metadata(found.metadata)
        | {"x-ms-has-immutability-policy": "false", "x-ms-has-legal-hold": "false"},
    )


def delete_container(call: Call) -> Answer:
    account, name = call.address.account, call.address.container
    containers.delete(call.cell, account, name, call.conditions())
    return Answer(202)


def set_container_metadata(call: Call) -> Answer:
    account, name = call.address.account, call.address.container
    said = call.request.metadata()
    return Answer(
        200, version(containers.set_metadata(call.cell, account, name, said, call.conditions()))
    )


def lease_container(call: Call) -> Answer:
    account, name = call.address.account, call.address.container
    wish = leasing.wish(call.request)
    return leasing.answer(
        call.request, *containers.lease(call.cell, account, name, wish, call.conditions())
    )


def get_container_acl(call: Call) -> Answer:
    return document("<SignedIdentifiers />", version(_find(call)))


def set_container_acl(call: Call) -> Answer:
    """Containers are private and have no stored policies; saying so again is allowed."""
    _need_private(call)
    if call.document and len(xml.parse(call.document, "SignedIdentifiers")):
        raise Invalid("Stored access policies are not supported.", code="FeatureNotSupported")
    return Answer(200, version(_find(call)))


def list_blobs(call: Call) -> Answer:
    query = call.request.query
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    account, name, limit = call.address.account, call.address.container, most(call.request)
    page = containers.page(call.cell, account, name, prefix, delimiter, start(call.request), limit)
    entries = "".join(xml.blob_entries(page.entries, call.request.included, call.now))
    said = "".join(
        xml.element(tag, query.get(key))
        for tag, key in (("Prefix", "prefix"), ("Marker", "marker"), ("Delimiter", "delimiter"))
    )
    return document(
        f'<EnumerationResults ServiceEndpoint="{endpoint(call.request)}" ContainerName="{name}">'
        f"{said}<MaxResults>{limit}</MaxResults><Blobs>{entries}</Blobs>"
        f"<NextMarker>{next_marker(page.next)}</NextMarker></EnumerationResults>"
    )


def _find(call: Call) -> Container:
    return containers.get(
        call.cell, call.address.account, call.address.container, call.request.conditions()
    )


def _need_private(call: Call) -> None:
    if call.request.header("x-ms-blob-public-access"):
        raise Conflict(
            "Public access is not permitted on this storage account.",
            code="PublicAccessNotPermitted",
        )
