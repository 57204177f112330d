"""What an estate file asks for is what the catalog takes, and asking twice changes nothing."""

import pytest

from mlestate.estate.compile import compile_estate
from mlestate.estate.load import load
from mlestate.estate.spec import Estate
from tests.catalog.golden import kind_of
from tests.catalog.writing_by_hand import get, put
from tests.estates import CONTOSO, small

# People and groups are the directory's, and no resources.
DIRECTORY = "mlestate/"


@pytest.mark.parametrize("estate", [small(), load(CONTOSO.read_text())], ids=["small", "contoso"])
def test_every_resource_of_an_estate_is_taken_twice(estate: Estate):
    taken = 0
    for desired in compile_estate(estate):
        if desired.type.startswith(DIRECTORY):
            continue
        kind = kind_of(desired.id)
        first = put(kind, desired.id, desired.body)
        again = put(kind, desired.id, desired.body, old=first, fresh_id="another")
        assert get(kind, again) == get(kind, first)
        taken += 1
    assert taken > 15
