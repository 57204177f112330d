"""Documents that clients send: what is read of them, and what is not even begun."""

from __future__ import annotations

import base64
import time

import pytest

from mlestate.api.blob import xml
from mlestate.blob.blocks import MOST_BLOCKS, Source
from mlestate.core.errors import Invalid

BOMB = (
    '<?xml version="1.0"{}?><!DOCTYPE BlockList [<!ENTITY a "{}">]>'
    "<BlockList><Latest>{}</Latest></BlockList>"
)
FILE = (
    '<?xml version="1.0"{}?><!DOCTYPE BlockList [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    "<BlockList><Latest>&a;</Latest></BlockList>"
)


def test_the_largest_block_list_is_read() -> None:
    names = [base64.b64encode(b"%064d" % i).decode() for i in range(MOST_BLOCKS)]
    inside = "\n".join(f"<Uncommitted>{name}</Uncommitted>" for name in names)
    text = f'<?xml version="1.0" encoding="utf-8"?>\n<BlockList>{inside}</BlockList>'
    assert xml.block_list(text.encode()) == [(Source.UNCOMMITTED, name) for name in names]


@pytest.mark.parametrize("said", ["", ' encoding="UTF-8"', " encoding='utf-8' standalone='yes'"])
def test_a_document_may_begin_with_a_mark_and_say_its_encoding(said: str) -> None:
    text = f'<?xml version="1.0"{said}?><Tags><TagSet><Tag><Key>k</Key><Value>é</Value></Tag>'
    assert xml.tags(f"{text}</TagSet></Tags>".encode("utf-8-sig")) == {"k": "é"}


@pytest.mark.parametrize("document", [BOMB.format("{}", "A" * 100, "&a;" * 100_000), FILE])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7"]
)
@pytest.mark.parametrize("declared", [True, False])
def test_no_document_type_is_read_in_any_encoding(
    document: str, encoding: str, declared: bool
) -> None:
    body = document.format(f' encoding="{encoding}"' if declared else "").encode(encoding)
    begun = time.monotonic()
    with pytest.raises(Invalid) as refused:
        xml.block_list(body)
    assert refused.value.code == "InvalidXmlDocument"
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    "body",
    [
        b'<?xml version="1.0" encoding="iso-8859-1"?><BlockList/>',
        b"<?xml version='1.0'\tencoding = 'none' ?><BlockList/>",
        "<BlockList/>".encode("utf-16-le"),
        b"<BlockList><Latest>\xff</Latest></BlockList>",
        b"<BlockList>" + b"<Latest/>" * (2 * MOST_BLOCKS + 100) + b"</BlockList>",
        b"<a>" * 1_000_000,
    ],
)
def test_what_is_no_plain_document_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        xml.block_list(body)
    assert refused.value.code == "InvalidXmlDocument"


def test_a_refusal_does_not_say_all_of_a_long_name_again() -> None:
    body = b"<BlockList><%b/></BlockList>" % (b"a" * 1_000_000)
    with pytest.raises(Invalid) as refused:
        xml.block_list(body)
    assert len(str(refused.value)) < 500
