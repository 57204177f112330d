"""Assets: code, data, models, environments, components. A named container, and its versions.

A version says where something is and does not change; what describes it may. `latestVersion` and
`nextVersion` of a container, its making with the first version, the labels `latest` and
`azureml_default` and the order of lists need the other versions: the engine knows them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from ..core.errors import Conflict, Invalid, PlatformError
from ..core.resource import Change, Resource, View
from ..core.resource_type import Action, Filter, ResourceType
from ..core.words import Word
from . import names
from .references import WORKSPACE, short_uri
from .writing import changed, filled, refuse, refuse_changes, without_nulls

Texts = dict[str, str | None]
# Azure's schema says texts; its own SDK sends `hash_version` as a number.
Facts = dict[str, str | int | float | bool | None]

VIEWS: Mapping[str, bool | None] = {"ActiveOnly": False, "ArchivedOnly": True, "All": None}
LIST_VIEW = Filter(("isArchived",), VIEWS)
_DEFAULTS = {"modelType": "custom_model", "osType": "Linux"}
_URIS = ("codeUri", "dataUri", "modelUri")
# What a component's specification says of itself, and its address says better.
_COMPONENT_OWN = ("name", "version")


class DataKind(Word):
    FILE = "uri_file"
    FOLDER = "uri_folder"
    TABLE = "mltable"


class ModelKind(Word):
    CUSTOM = "custom_model"
    MLFLOW = "mlflow_model"
    TRITON = "triton_model"


class Container(Struct, frozen=True, kw_only=True, rename="camel"):
    description: str | None = None
    is_archived: bool | None = None
    properties: Facts | None = None
    tags: Texts | None = None


class DataContainer(Container, frozen=True, kw_only=True):
    data_type: DataKind


class Version(Container, frozen=True, kw_only=True):
    is_anonymous: bool | None = None


class Code(Version, frozen=True, kw_only=True):
    code_uri: str


class Data(Version, frozen=True, kw_only=True, tag_field="dataType"):
    data_uri: str


class DataFile(Data, frozen=True, kw_only=True, tag="uri_file"):
    """One file."""


class DataFolder(Data, frozen=True, kw_only=True, tag="uri_folder"):
    """Everything below a path."""


class DataTable(Data, frozen=True, kw_only=True, tag="mltable"):
    referenced_uris: list[str] | None = None


class Flavor(Struct, frozen=True):
    data: Texts | None = None


class Reference(Struct, frozen=True, rename="camel"):
    asset_id: str


class Model(Version, frozen=True, kw_only=True):
    model_uri: str
    allowed_deployment_templates: list[Reference] | None = None
    default_deployment_template: Reference | None = None
    flavors: dict[str, Flavor] | None = None
    job_name: str | None = None
    model_type: ModelKind | None = None
    stage: str | None = None


class Os(Word):
    LINUX = "Linux"
    WINDOWS = "Windows"


class Build(Struct, frozen=True, rename="camel"):
    context_uri: str
    dockerfile_path: str | None = None


class Environment(Version, frozen=True, kw_only=True):
    auto_rebuild: str | None = None
    build: Build | None = None
    conda_file: str | None = None
    image: str | None = None
    inference_config: dict[str, Any] | None = None
    os_type: Os | None = None
    stage: str | None = None


class Component(Version, frozen=True, kw_only=True):
    """`component_spec` is the component's own YAML as an object, and comes back as it was sent."""

    component_spec: dict[str, Any]


class UploadKind(Word):
    NONE = "None"
    BLOB = "TemporaryBlobReference"


class UploadRequest(Struct, frozen=True, rename="camel"):
    pending_upload_id: str | None = None
    pending_upload_type: UploadKind | None = None


def _settled(*fields: str, refusal: type[PlatformError] = Invalid) -> Callable[[Change], None]:
    """A check that these fields stay as the first write of a version set them."""

    def check(change: Change) -> None:
        moved = changed(change, (*fields, "isAnonymous"), _normal)
        if moved and moved[0] in _URIS:
            # Clients look for exactly these words.
            raise Invalid(
                "Asset paths cannot be updated.",
                code="UserError",
                target=f"$.properties.{moved[0]}",
            )
        refuse_changes(moved, "write a new version", refusal)

    return check


def _normal(field: str, value: Any) -> Any:
    if field in _URIS:
        return short_uri(str(value or ""))
    if field == "isAnonymous":
        return bool(value)
    if field == "componentSpec":
        return without_nulls({k: v for k, v in value.items() if k not in _COMPONENT_OWN})
    if field in _DEFAULTS:
        return str(value or _DEFAULTS[field]).lower()
    return without_nulls(value)


def _check_uri(field: str, then: Callable[[Change], None]) -> Callable[[Change], None]:
    def check(change: Change) -> None:
        uri = str(change.properties.get(field) or "")
        if "://" not in uri and not uri.startswith("azureml:"):
            text = f"`{uri[:200]}` is no address: upload first, then give its `azureml://` path"
            refuse([(f"$.properties.{field}", text)])
        then(change)

    return check


def _check_environment(change: Change) -> None:
    typed: Environment = change.typed
    if typed.image and typed.build:
        refuse([("$.properties.build", "an environment has an `image` or a `build`, not both")])
    if not typed.image and not typed.build:
        refuse([("$.properties.image", "an environment needs an `image` or a `build`")])
    # The SDK writes over the latest version first, and takes the next number where that conflicts.
    settled = ("image", "condaFile", "build", "inferenceConfig", "osType")
    _settled(*settled, refusal=Conflict)(change)


def _check_component(change: Change) -> None:
    if not isinstance(change.typed.component_spec.get("type"), str):
        text = "is missing: a word such as `command` or `pipeline`"
        refuse([("$.properties.componentSpec.type", text)])
    _settled("componentSpec")(change)


def _complete_container(change: Change) -> dict[str, Any]:
    return filled(change.properties, isArchived=False, properties={}, tags={})


def _complete_version(change: Change) -> dict[str, Any]:
    return {**_complete_container(change), **filled(change.properties, isAnonymous=False)}


def _complete_model(change: Change) -> dict[str, Any]:
    # Clients iterate over the flavors without asking whether there are any.
    defaults = filled(change.properties, flavors={}, modelType=_DEFAULTS["modelType"])
    return {**_complete_version(change), **defaults}


def _complete_environment(change: Change) -> dict[str, Any]:
    defaults = filled(change.properties, osType=_DEFAULTS["osType"])
    return {**_complete_version(change), **defaults, "environmentType": "UserCreated"}


def _render_data(resource: Resource, view: View) -> dict[str, Any]:
    """A folder's address ends with a slash, whether or not it was written so."""
    uri = str(resource.properties.get("dataUri") or "")
    folder = resource.properties.get("dataType") == "uri_folder"
    return {"dataUri": f"{uri.rstrip('/')}/" if folder else uri}


def _render_component(resource: Resource, view: View) -> dict[str, Any]:
    """Clients read a component's name and version from its specification only."""
    said = resource.properties.get("componentSpec") or {}
    own = {"name": resource.id.parent.name, "version": resource.name}
    return {"componentSpec": {**said, **filled(said, **own)}}


def _container(collection: str, doc: str, properties: type[Container] = Container) -> ResourceType:
    listed = {} if collection == "codes" else {"listviewtype": LIST_VIEW}
    return ResourceType(
        name=f"{WORKSPACE}/{collection}",
        doc=doc,
        properties=properties,
        name_rule=names.ASSET,
        filters=listed,
        read_only=("latestVersion", "nextVersion", "provisioningState"),
        fixed=("dataType",) if properties is DataContainer else (),
        complete=_complete_container,
    )


CODES = _container("codes", "The source of jobs, as a folder.")
CODE_VERSIONS = ResourceType(
    name=f"{CODES.name}/versions",
    doc="One snapshot of a folder of source.",
    properties=Code,
    name_rule=names.VERSION,
    makes_parent=True,
    actions=(
        Action(
            name="startPendingUpload",
            body=UploadRequest,
            # Azure publishes no operation of its own for it.
            permission=f"{CODES.name}/versions/write",
            creates_target=True,
        ),
    ),
    filters={
        "hash": Filter(("properties", "hash_sha256")),
        "hashversion": Filter(("properties", "hash_version")),
    },
    read_only=("provisioningState",),
    check=_check_uri("codeUri", _settled("codeUri")),
    complete=_complete_version,
)

DATA = _container("data", "A named set of data.", DataContainer)
DATA_VERSIONS = ResourceType(
    name=f"{DATA.name}/versions",
    doc="One state of a set of data: where it is, and what it is.",
    properties=DataFile | DataFolder | DataTable,
    name_rule=names.VERSION,
    makes_parent=True,
    parent_takes=("dataType",),
    filters={
        "listviewtype": LIST_VIEW,
        "$tags": Filter(("tags",), match="has"),
        "properties": Filter(("properties",), match="has"),
    },
    read_only=("provisioningState",),
    check=_check_uri("dataUri", _settled("dataUri", "dataType", "referencedUris")),
    complete=_complete_version,
    render=_render_data,
)

MODELS = _container("models", "A named model.")
MODEL_VERSIONS = ResourceType(
    name=f"{MODELS.name}/versions",
    doc="One trained state of a model: where its files are, and of which kind they are.",
    properties=Model,
    name_rule=names.VERSION,
    makes_parent=True,
    filters={
        "listviewtype": LIST_VIEW,
        "version": Filter(()),
        "stage": Filter(("stage",)),
        "description": Filter(("description",)),
        "tags": Filter(("tags",), match="has"),
        "properties": Filter(("properties",), match="has"),
    },
    read_only=("provisioningState", "shared"),
    check=_check_uri("modelUri", _settled("modelUri", "modelType")),
    complete=_complete_model,
)

ENVIRONMENTS = _container("environments", "A named environment in which jobs run.")
ENVIRONMENT_VERSIONS = ResourceType(
    name=f"{ENVIRONMENTS.name}/versions",
    doc="One state of an environment: an image with conda packages, or a folder to build.",
    properties=Environment,
    name_rule=names.VERSION,
    makes_parent=True,
    filters={"listviewtype": LIST_VIEW},
    read_only=("environmentType", "provisioningState"),
    check=_check_environment,
    complete=_complete_environment,
)

COMPONENTS = _container("components", "A named step of pipelines.")
COMPONENT_VERSIONS = ResourceType(
    name=f"{COMPONENTS.name}/versions",
    doc="One state of a step: its inputs, outputs and what it runs.",
    properties=Component,
    name_rule=names.VERSION,
    makes_parent=True,
    filters={"listviewtype": LIST_VIEW},
    read_only=("provisioningState",),
    check=_check_component,
    complete=_complete_version,
    render=_render_component,
)

ASSETS = (
    *(CODES, CODE_VERSIONS),
    *(DATA, DATA_VERSIONS),
    *(MODELS, MODEL_VERSIONS),
    *(ENVIRONMENTS, ENVIRONMENT_VERSIONS),
    *(COMPONENTS, COMPONENT_VERSIONS),
)
