from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient

from tests import blob_house


class Blobs:
    """A served house, and real clients of it."""

    def __init__(self, house: blob_house.House, url: str):
        self.house, self.url = house, url

    def account(self, name: str = "open") -> str:
        return f"{self.url}/_blob/{name}.blob.core.windows.net"

    def client(self, account: str = "open", credential: str | None = None) -> BlobServiceClient:
        return BlobServiceClient(self.account(account), credential=credential)

    def by_key(self, account: str = "open") -> BlobServiceClient:
        return self.client(account, blob_house.KEY)

    def person(self, who: str, account: str = "open") -> BlobServiceClient:
        """With a bearer token. The client itself would only send one over https."""

        def add_token(request: object) -> None:
            request.http_request.headers["Authorization"] = f"Bearer {who}"  # type: ignore[attr-defined]

        return BlobServiceClient(self.account(account), raw_request_hook=add_token)


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Blobs]:
    folder: Path = tmp_path_factory.mktemp("house")
    house = blob_house.House(folder)
    with blob_house.serving(house) as url:
        yield Blobs(house, url)
    house.close()
