"""How things are called that people make in workspaces."""

from __future__ import annotations

from typing import Annotated, Literal

from .shape import Spec, says


class Convention(Spec, frozen=True, kw_only=True):
    """How one kind of thing is called that people make in workspaces, and which tags it has.

    Placeholders: `{project}`, `{division}`, `{team}`, `{environment}`, `{region}`, `{reg}` as the
    workspace has them, `{user}` for who makes it; `{words}`, `{date}`, `{n}`, `{nn}`, `{nnn}`.
    """

    name: Annotated[str, says("A pattern such as {project}-{words}; left out, any name.")] = ""
    display_name: Annotated[str, says("Of jobs: how they are shown. A pattern, too.")] = ""
    tags: Annotated[
        dict[str, tuple[str, ...]], says("Tags it must have: `any`, or a list of values.")
    ] = {}
    allowed_tags: Annotated[
        dict[str, tuple[str, ...]], says("Tags it may have; where said, there are no others.")
    ] = {}
    environments: Annotated[
        tuple[str, ...], says("Where the convention holds; left out, everywhere.")
    ] = ()
    otherwise: Annotated[
        Literal["refuse", "warn"], says("What becomes of anything else that is made.")
    ] = "refuse"


class Conventions(Spec, frozen=True, kw_only=True):
    """By what people make. What is left out may be called anything."""

    experiments: Annotated[Convention | None, says("Experiments; they have no tags.")] = None
    jobs: Annotated[Convention | None, says("Jobs, and how MLflow's runs are shown.")] = None
    models: Annotated[Convention | None, says("Models, MLflow's registered models.")] = None
    data: Annotated[Convention | None, says("Data assets.")] = None
    components: Annotated[Convention | None, says("Components.")] = None
    environments: Annotated[Convention | None, says("Environment assets.")] = None
    datastores: Annotated[Convention | None, says("Datastores, whose names take no hyphen.")] = None
    computes: Annotated[Convention | None, says("Clusters, those of this file included.")] = None

    @property
    def said(self) -> dict[str, Convention]:
        kinds = {kind: getattr(self, kind) for kind in self.__struct_fields__}
        return {kind: convention for kind, convention in kinds.items() if convention is not None}
