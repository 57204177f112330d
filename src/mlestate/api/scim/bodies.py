"""What a directory may send, for the OpenAPI document; SCIM reads it with fewer conditions."""

from __future__ import annotations

from typing import Any

import msgspec


class PersonsName(msgspec.Struct, rename="camel", omit_defaults=True):
    formatted: str = ""
    family_name: str = ""
    given_name: str = ""


class Mail(msgspec.Struct, rename="camel", omit_defaults=True):
    value: str
    type: str = "work"
    primary: bool = False


class Member(msgspec.Struct):
    value: str


class PushedPerson(msgspec.Struct, rename="camel", omit_defaults=True):
    user_name: str
    external_id: str = ""
    display_name: str = ""
    name: PersonsName | None = None
    emails: list[Mail] = []
    active: bool = True


class PushedGroup(msgspec.Struct, rename="camel", omit_defaults=True):
    display_name: str
    external_id: str = ""
    members: list[Member] = []


class PatchStep(msgspec.Struct, omit_defaults=True):
    op: str
    path: str = ""
    value: Any = None


class Patch(msgspec.Struct):
    operations: list[PatchStep] = msgspec.field(name="Operations")


class Search(msgspec.Struct, rename="camel", omit_defaults=True):
    filter: str = ""
    start_index: int = 1
    count: int = 100
    attributes: list[str] = []
    excluded_attributes: list[str] = []
