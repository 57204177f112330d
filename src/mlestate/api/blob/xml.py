"""Documents of the protocol: read what clients send, write lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from ...blob.blocks import MOST_BLOCKS, Source
from ...core.errors import Invalid
from ...store.blob_tables import Blob, Container, Headers
from .answer import UNSPEAKABLE, lease, speakable, tier
from .request import http_date

# What begins and ends the elements of the largest block list.
_MOST_TAGS = 2 * (MOST_BLOCKS + 10)
_ENCODING = re.compile(r"""<\?xml[^>]*?\sencoding\s*=\s*["']([^"'>]*)""")


def parse(body: bytes, root: str) -> ElementTree.Element:
    """In UTF-8 alone: the parser reads the very text that was looked at."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _invalid("It is not in UTF-8.") from None
    declared = _ENCODING.match(text)
    if declared and declared[1].lower() not in ("utf-8", "us-ascii"):
        raise _invalid("It says that it is not in UTF-8.")
    # By a NUL the parser would know UTF-16, whatever it was told.
    if "\0" in text:
        raise _invalid("It has a NUL in it.")
    # Document types could make the parser swell: no client sends one.
    if "<!" in text:
        raise _invalid("It has a document type or a comment.")
    if text.count("<") > _MOST_TAGS:
        raise _invalid("It has too many elements.")
    try:
        found = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise _invalid(str(error)) from error
    if found.tag != root:
        raise _invalid(f"It is no <{root}>.")
    return found


def block_list(body: bytes) -> list[tuple[Source, str]]:
    sources = {source.value: source for source in Source}
    wanted = []
    for child in parse(body, "BlockList"):
        if child.tag not in sources:
            raise _invalid(f"<{child.tag[:100]}> is not expected in a block list.")
        wanted.append((sources[child.tag], (child.text or "").strip()))
    return wanted


def tags(body: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag in parse(body, "Tags").iterfind("TagSet/Tag"):
        key = tag.findtext("Key") or ""
        if key in found:
            raise Invalid(f"The tag `{key[:100]}` is there twice.", code="InvalidTag")
        found[key] = tag.findtext("Value") or ""
    return found


def tags_document(values: dict[str, str]) -> str:
    return f"<Tags>{_tag_set(values)}</Tags>"


def blob_entries(entries: list[Blob | str], include: Set[str], now: float) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, str):
            yield f"<BlobPrefix>{name('Name', entry)}</BlobPrefix>"
        else:
            yield _blob(entry, include, now)


def container_entry(found: Container, include: Set[str], now: float) -> str:
    properties = (
        f"<Last-Modified>{http_date(found.modified)}</Last-Modified>"
        f'<Etag>"{found.etag}"</Etag>{_lease(lease(found.lease, now))}'
        "<HasImmutabilityPolicy>false</HasImmutabilityPolicy><HasLegalHold>false</HasLegalHold>"
    )
    metadata = _metadata(found.metadata) if "metadata" in include else ""
    return (
        f"<Container><Name>{escape(found.name)}</Name>"
        f"<Properties>{properties}</Properties>{metadata}</Container>"
    )


def name(tag: str, text: str) -> str:
    if UNSPEAKABLE.search(text):
        return f'<{tag} Encoded="true">{quote(text)}</{tag}>'
    return f"<{tag}>{escape(text)}</{tag}>"


def element(tag: str, text: str | int | None) -> str:
    return "" if text is None or text == "" else f"<{tag}>{escape(speakable(str(text)))}</{tag}>"


def _blob(found: Blob, include: Set[str], now: float) -> str:
    properties = (
        f"<Creation-Time>{http_date(found.created)}</Creation-Time>"
        f"<Last-Modified>{http_date(found.modified)}</Last-Modified>"
        f"<Etag>{found.etag}</Etag><Content-Length>{found.size}</Content-Length>"
        f"{_content(found.headers)}<BlobType>{found.kind}</BlobType>"
        f"{_tier(found)}{_lease(lease(found.lease, now))}{_copy(found, include)}"
        "<ServerEncrypted>true</ServerEncrypted>"
    )
    metadata = _metadata(found.metadata) if "metadata" in include else ""
    tagged = f"<Tags>{_tag_set(found.tags)}</Tags>" if "tags" in include and found.tags else ""
    return (
        f"<Blob>{name('Name', found.name)}<Properties>{properties}</Properties>"
        f"{metadata}{tagged}</Blob>"
    )


def _content(headers: Headers) -> str:
    return (
        f"<Content-Type>{escape(headers.content_type)}</Content-Type>"
        f"<Content-Encoding>{escape(headers.encoding)}</Content-Encoding>"
        f"<Content-Language>{escape(headers.language)}</Content-Language>"
        f"<Content-CRC64 /><Content-MD5>{escape(headers.md5)}</Content-MD5>"
        f"<Cache-Control>{escape(headers.cache_control)}</Cache-Control>"
        f"<Content-Disposition>{escape(headers.disposition)}</Content-Disposition>"
    )


def _tier(found: Blob) -> str:
    if found.kind != "BlockBlob":
        return ""
    tags = {
        "x-ms-access-tier": "AccessTier",
        "x-ms-access-tier-inferred": "AccessTierInferred",
        "x-ms-access-tier-change-time": "AccessTierChangeTime",
    }
    headers = tier(found.headers.tier)
    return "".join(element(tag, headers.get(key)) for key, tag in tags.items())


def _lease(headers: dict[str, str]) -> str:
    tags = {
        "x-ms-lease-status": "LeaseStatus",
        "x-ms-lease-state": "LeaseState",
        "x-ms-lease-duration": "LeaseDuration",
    }
    return "".join(element(tag, headers.get(key)) for key, tag in tags.items())


def _copy(found: Blob, include: Set[str]) -> str:
    if found.copy is None or "copy" not in include:
        return ""
    return (
        f"<CopyId>{found.copy.id}</CopyId><CopyStatus>success</CopyStatus>"
        f"<CopySource>{escape(found.copy.source)}</CopySource>"
        f"<CopyProgress>{found.size}/{found.size}</CopyProgress>"
        f"<CopyCompletionTime>{http_date(found.copy.at)}</CopyCompletionTime>"
    )


def _metadata(values: dict[str, str]) -> str:
    inside = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in values.items())
    return f"<Metadata>{inside}</Metadata>"


def _tag_set(values: dict[str, str]) -> str:
    inside = "".join(
        f"<Tag><Key>{escape(key)}</Key><Value>{escape(value)}</Value></Tag>"
        for key, value in values.items()
    )
    return f"<TagSet>{inside}</TagSet>"


def _invalid(why: str) -> Invalid:
    return Invalid(f"The XML in the body can't be read. {why}", code="InvalidXmlDocument")
