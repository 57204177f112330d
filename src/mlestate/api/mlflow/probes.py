"""What clients ask before they begin, and what they know and we do not do."""

from __future__ import annotations

from . import answers
from .errors import NotOffered
from .request import Request


def server_info(workspaces: bool) -> bytes:
    return answers.encode(
        {
            "store_type": "SqlStore",
            "workspaces_enabled": workspaces,
            "trace_archival_enabled": False,
            "multipart_uploads_enabled": False,
            "multipart_downloads_enabled": False,
            "presigned_upload_run_id_supported": False,
            "presigned_upload_model_id_supported": False,
            "features_enabled": {"gateway": False},
        }
    )


async def info(request: Request) -> bytes:
    return server_info(workspaces=False)


async def not_offered(request: Request) -> bytes:
    raise NotOffered(
        "This platform keeps runs and models; traces and what builds on them it does not."
    )
