"""Which operation a request is, and what it takes to be allowed: one table."""

from __future__ import annotations

from enum import Enum

import msgspec

from ...core.errors import Invalid, MethodNotAllowed, PlatformError
from .request import Request

_SERVICE = "Microsoft.Storage/storageAccounts/blobServices"
_CONTAINERS = f"{_SERVICE}/containers"
_BLOBS = f"{_CONTAINERS}/blobs"


class Level(Enum):
    """The letter is how an account signature calls it (`srt`)."""

    SERVICE = "s"
    CONTAINER = "c"
    BLOB = "o"


class Takes(Enum):
    """What the body is: nothing, a document that is read whole, or bytes that are streamed."""

    NOTHING = 0
    DOCUMENT = 1
    BYTES = 2


class Rule(msgspec.Struct, frozen=True):
    """`sas`: any one of these letters; none: no signature does. No `action`: whoever holds any
    right that reaches the account. `told` is what the activity log calls it then; one that has
    neither is told by its parts.

    `create_sas` and `create_action` suffice while nothing is replaced. `by_service_sas` tells
    whether a signature for a container or blob may do it, or only one for the account.
    """

    operation: str
    sas: str
    action: str
    takes: Takes = Takes.NOTHING
    create_sas: str = ""
    create_action: str = ""
    by_service_sas: bool = True
    told: str = ""

    @property
    def writes(self) -> bool:
        """Whether it changes anything. Of a batch, each part says so itself."""
        return bool(self.action) and not self.action.endswith("/read")

    @property
    def data(self) -> bool:
        """Actions on blobs are data actions, those on containers and the service are not."""
        return self.action.startswith(f"{_BLOBS}/")


def _writes(operation: str, takes: Takes = Takes.NOTHING) -> Rule:
    return Rule(
        operation,
        "w",
        f"{_BLOBS}/write",
        takes,
        create_sas="c",
        create_action=f"{_BLOBS}/add/action",
    )


def _changes(operation: str, takes: Takes = Takes.NOTHING) -> Rule:
    return Rule(operation, "w", f"{_BLOBS}/write", takes)


def _container(operation: str, sas: str, verb: str, takes: Takes = Takes.NOTHING) -> Rule:
    return Rule(operation, sas, f"{_CONTAINERS}/{verb}", takes, by_service_sas=False)


_READ = f"{_BLOBS}/read"
_ANYBODY = "racwdxltmeopfi"
_INFO = Rule("get_account_info", _ANYBODY, "", told=f"{_SERVICE}/getInfo/action")
GET_BLOB = Rule("get_blob", "r", _READ)
_BLOB_METADATA = Rule("get_blob_metadata", "r", _READ)
GET_TAGS = Rule("get_tags", "t", f"{_BLOBS}/tags/read")
SET_TAGS = Rule("set_tags", "t", f"{_BLOBS}/tags/write", Takes.DOCUMENT)
_LIST_BLOBS = Rule("list_blobs", "l", _READ)
_CONTAINER_PROPERTIES = _container("get_container", "rl", "read")

# (level, method, restype, comp)
RULES: dict[tuple[Level, str, str, str], Rule] = {
    (Level.SERVICE, "GET", "", "list"): _container("list_containers", "l", "read"),
    (Level.SERVICE, "GET", "service", "properties"): Rule(
        "get_service_properties", "r", f"{_SERVICE}/read", by_service_sas=False
    ),
    (Level.SERVICE, "PUT", "service", "properties"): Rule(
        "set_service_properties", "w", f"{_SERVICE}/write", Takes.DOCUMENT, by_service_sas=False
    ),
    (Level.SERVICE, "POST", "service", "userdelegationkey"): Rule(
        "get_user_delegation_key",
        "",
        f"{_SERVICE}/generateUserDelegationKey/action",
        Takes.DOCUMENT,
    ),
    # Each part of a batch is authorized for itself.
    (Level.SERVICE, "POST", "", "batch"): Rule("batch", _ANYBODY, "", Takes.DOCUMENT),
    (Level.CONTAINER, "POST", "container", "batch"): Rule("batch", _ANYBODY, "", Takes.DOCUMENT),
    (Level.CONTAINER, "PUT", "container", ""): _container("create_container", "cw", "write"),
    (Level.CONTAINER, "GET", "container", ""): _CONTAINER_PROPERTIES,
    (Level.CONTAINER, "HEAD", "container", ""): _CONTAINER_PROPERTIES,
    (Level.CONTAINER, "DELETE", "container", ""): _container("delete_container", "d", "delete"),
    (Level.CONTAINER, "GET", "container", "metadata"): _CONTAINER_PROPERTIES,
    (Level.CONTAINER, "HEAD", "container", "metadata"): _CONTAINER_PROPERTIES,
    (Level.CONTAINER, "PUT", "container", "metadata"): _container(
        "set_container_metadata", "w", "write"
    ),
    (Level.CONTAINER, "PUT", "container", "lease"): _container("lease_container", "w", "write"),
    (Level.CONTAINER, "GET", "container", "acl"): _container("get_container_acl", "", "read"),
    (Level.CONTAINER, "HEAD", "container", "acl"): _container("get_container_acl", "", "read"),
    (Level.CONTAINER, "PUT", "container", "acl"): _container(
        "set_container_acl", "", "write", Takes.DOCUMENT
    ),
    (Level.CONTAINER, "GET", "container", "list"): _LIST_BLOBS,
    (Level.BLOB, "GET", "", ""): GET_BLOB,
    (Level.BLOB, "HEAD", "", ""): GET_BLOB,
    (Level.BLOB, "PUT", "", ""): _writes("put_blob", Takes.BYTES),
    (Level.BLOB, "DELETE", "", ""): Rule("delete_blob", "d", f"{_BLOBS}/delete"),
    (Level.BLOB, "GET", "", "metadata"): _BLOB_METADATA,
    (Level.BLOB, "HEAD", "", "metadata"): _BLOB_METADATA,
    (Level.BLOB, "PUT", "", "metadata"): _changes("set_blob_metadata"),
    (Level.BLOB, "PUT", "", "properties"): _changes("set_blob_headers"),
    (Level.BLOB, "PUT", "", "lease"): _changes("lease_blob"),
    (Level.BLOB, "PUT", "", "tier"): _changes("set_blob_tier"),
    (Level.BLOB, "PUT", "", "copy"): _changes("abort_copy"),
    (Level.BLOB, "PUT", "", "block"): _writes("put_block", Takes.BYTES),
    (Level.BLOB, "PUT", "", "blocklist"): _writes("put_block_list", Takes.DOCUMENT),
    (Level.BLOB, "GET", "", "blocklist"): Rule("get_block_list", "r", _READ),
    # To append never replaces what is there: the lesser right is enough for all of it.
    (Level.BLOB, "PUT", "", "appendblock"): Rule(
        "append_block", "aw", f"{_BLOBS}/write", Takes.BYTES, create_action=f"{_BLOBS}/add/action"
    ),
    (Level.BLOB, "GET", "", "tags"): GET_TAGS,
    (Level.BLOB, "PUT", "", "tags"): SET_TAGS,
}

# There's one version of a blob; who asks for another must not get this one.
_VERSIONS = ("snapshot", "versionid")
UNKNOWN = Rule("refuse", _ANYBODY, "")


def level(request: Request) -> Level:
    if request.address.blob:
        return Level.BLOB
    return Level.CONTAINER if request.address.container else Level.SERVICE


def rule_for(request: Request) -> Rule:
    """`UNKNOWN` for what is not in the table: refused, once we know who asks."""
    if any(field in request.query for field in _VERSIONS):
        return UNKNOWN
    if request.query.get("restype") == "account" and request.method in ("GET", "HEAD"):
        return _INFO
    key = (level(request), request.method, request.query.get("restype", "").lower(), request.comp)
    return RULES.get(key, UNKNOWN)


def besides(request: Request, rule: Rule) -> list[Rule]:
    """What has to be allowed as well: index tags take a right of their own, wherever they are."""
    found = [SET_TAGS] if request.header("x-ms-tags") else []
    if rule is _LIST_BLOBS and "tags" in request.included:
        found.append(GET_TAGS)
    return found


def refusal(request: Request) -> PlatformError:
    for field in _VERSIONS:
        if field in request.query:
            return Invalid(
                "There are no snapshots or versions.",
                code="UnsupportedQueryParameter",
                target=field,
            )
    if request.comp:
        return Invalid(
            f"The operation comp=`{request.comp}` with {request.method} is not supported.",
            code="UnsupportedQueryParameter",
            target="comp",
        )
    return MethodNotAllowed(
        f"The resource doesn't support {request.method}.", code="UnsupportedHttpVerb"
    )
