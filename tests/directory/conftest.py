from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.directory.signing_in import CALLBACK
from tests.provider_server import Provider, provider


@pytest.fixture(scope="module")
def contoso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """One provider for many estates."""
    with provider(tmp_path_factory.mktemp("provider"), CALLBACK) as found:
        yield found
