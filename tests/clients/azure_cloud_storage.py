"""A script for Azure's storage alone, with the account's name as its argument."""

from __future__ import annotations

import asyncio
import sys

from azure.identity import DefaultAzureCredential
from azure.identity.aio import DefaultAzureCredential as AsyncCredential
from azure.storage.blob import BlobServiceClient
from azure.storage.blob.aio import BlobServiceClient as AsyncService


async def names(address: str) -> list[str]:
    async with AsyncCredential() as credential, AsyncService(address, credential) as service:
        return [one.name async for one in service.list_containers()]


def main(account: str) -> None:
    address = f"https://{account}.blob.core.windows.net"
    service = BlobServiceClient(address, DefaultAzureCredential())
    found = [one.name for one in service.list_containers(results_per_page=1)]
    assert found == asyncio.run(names(address))
    assert found
    print(*found)


if __name__ == "__main__":
    main(sys.argv[1])
