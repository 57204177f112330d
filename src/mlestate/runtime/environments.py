"""What an environment needs: from its document to an interpreter and pip requirements. Pure."""

from __future__ import annotations

import hashlib

import msgspec

from . import conda, curated, requirement
from .protocol import EnvironmentSpec


class Recipe(msgspec.Struct, frozen=True):
    """`python` is like `3.11`, or empty for any. `warnings` belong in the build log; `options` are
    arguments of uv.
    """

    requirements: tuple[str, ...]
    python: str = ""
    warnings: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    def digest(self, interpreter: str) -> str:
        """The name of what is built from this: the same needs are built once."""
        lines = [interpreter, *self.options, *sorted(set(self.requirements))]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:24]


def recipe(spec: EnvironmentSpec) -> Recipe:
    """Raises Invalid for a conda file that is none, and for a requirement that is not allowed."""
    found = _recipe(spec)
    lines = [requirement.parse(line) for line in found.requirements]
    return msgspec.structs.replace(
        found,
        requirements=tuple(line.requirement for line in lines if line.requirement),
        options=tuple(option for line in lines for option in line.options),
    )


def _recipe(spec: EnvironmentSpec) -> Recipe:
    if spec.conda_file:
        return _from_conda(spec)
    if spec.requirements:
        return Recipe(spec.requirements, warnings=_image_warning(spec))
    known = curated.find(spec.name) or curated.find(spec.image)
    if known is not None:
        return Recipe(known.requirements, warnings=(known.note,) if known.note else ())
    return Recipe(curated.base(), warnings=_unknown(spec))


def _from_conda(spec: EnvironmentSpec) -> Recipe:
    parsed = conda.parse(spec.conda_file)
    # An image that is curated brings its own packages, and the conda file adds to them in Azure in
    # an environment of its own: the image's are not seen there either.
    return Recipe(parsed.requirements, parsed.python, parsed.warnings + _image_warning(spec))


def _image_warning(spec: EnvironmentSpec) -> tuple[str, ...]:
    if not spec.image:
        return ()
    return (f"the image `{spec.image}` is not run: its Python packages come from PyPI instead",)


def _unknown(spec: EnvironmentSpec) -> tuple[str, ...]:
    what = spec.image or spec.name or "(none)"
    return (
        f"the image `{what}` is not run and not known: the job gets a base environment with "
        f"{', '.join(curated.base())}; name its packages in `conda_file`",
    )
