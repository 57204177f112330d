"""What goes into a job and comes out: literals, files, folders, tables, models."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ..core.words import Word

Uri = Annotated[str, Meta(min_length=1)]


class InputMode(Word):
    READ_ONLY_MOUNT = "ReadOnlyMount"
    READ_WRITE_MOUNT = "ReadWriteMount"
    DOWNLOAD = "Download"
    DIRECT = "Direct"
    EVAL_MOUNT = "EvalMount"
    EVAL_DOWNLOAD = "EvalDownload"


class OutputMode(Word):
    READ_WRITE_MOUNT = "ReadWriteMount"
    UPLOAD = "Upload"
    DIRECT = "Direct"


class _Input(Struct, frozen=True, kw_only=True, rename="camel", tag_field="jobInputType"):
    description: str | None = None


class Literal(_Input, frozen=True, kw_only=True, tag="literal"):
    value: str


class _AssetInput(_Input, frozen=True, kw_only=True):
    uri: Uri
    mode: InputMode | None = None
    path_on_compute: str | None = None


class FileInput(_AssetInput, frozen=True, kw_only=True, tag="uri_file"):
    """One file."""


class FolderInput(_AssetInput, frozen=True, kw_only=True, tag="uri_folder"):
    """Everything below a path."""


class TableInput(_AssetInput, frozen=True, kw_only=True, tag="mltable"):
    """A folder with an MLTable file."""


class CustomModelInput(_AssetInput, frozen=True, kw_only=True, tag="custom_model"):
    """A model of the team's own making."""


class MlflowModelInput(_AssetInput, frozen=True, kw_only=True, tag="mlflow_model"):
    """A folder with an MLmodel file."""


class TritonModelInput(_AssetInput, frozen=True, kw_only=True, tag="triton_model"):
    """A model in Triton's layout."""


class _Output(Struct, frozen=True, kw_only=True, rename="camel", tag_field="jobOutputType"):
    asset_name: str | None = None
    asset_version: str | None = None
    description: str | None = None
    mode: OutputMode | None = None
    path_on_compute: str | None = None
    uri: str | None = None


class FileOutput(_Output, frozen=True, kw_only=True, tag="uri_file"):
    """One file."""


class FolderOutput(_Output, frozen=True, kw_only=True, tag="uri_folder"):
    """Everything that the job writes below a path."""


class TableOutput(_Output, frozen=True, kw_only=True, tag="mltable"):
    """A folder with an MLTable file."""


class CustomModelOutput(_Output, frozen=True, kw_only=True, tag="custom_model"):
    """A model of the team's own making."""


class MlflowModelOutput(_Output, frozen=True, kw_only=True, tag="mlflow_model"):
    """A folder with an MLmodel file."""


class TritonModelOutput(_Output, frozen=True, kw_only=True, tag="triton_model"):
    """A model in Triton's layout."""


Input = (
    Literal
    | FileInput
    | FolderInput
    | TableInput
    | CustomModelInput
    | MlflowModelInput
    | TritonModelInput
)
Output = (
    FileOutput
    | FolderOutput
    | TableOutput
    | CustomModelOutput
    | MlflowModelOutput
    | TritonModelOutput
)
