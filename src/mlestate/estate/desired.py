"""One thing that the file asks for: its address, its type, and the body to put there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

# A JSON value; read-only, so that no step of a plan can change what was compiled.
Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]
Document = Mapping[str, Json]
LOCKS = "Microsoft.Authorization/locks"
DENIALS = "Mlestate.Organization/denials"


class Desired(msgspec.Struct, frozen=True):
    id: str
    type: str
    body: Document
    # Ids that the body refers to by name only, so that they cannot be seen in it.
    needs: tuple[str, ...] = ()
    # What it is for, whatever its address: by this, a thing at a new address is known again.
    key: str = ""
