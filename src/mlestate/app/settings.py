"""Where an estate lives and how it is reached: a data folder, `mlestate.toml`, `MLESTATE_*`."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from ..core.errors import Invalid
from ..identity import private_file
from ..identity.provider.wanted import Provider
from ..store.activity import ledger

DEFAULT_REGION = "westeurope"


class Region(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`database` and `tracking` are URLs, such as `postgresql+psycopg://user@host/database`.

    Without them the region is in files of its own folder; with `database` alone, its runs and
    metrics are there too.
    """

    database: str = ""
    tracking: str = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`plain_port` opens a second listener without TLS, on 127.0.0.1 only; 0 is none.

    `database` is the estate's own, a URL as a region's is. Cells may share one PostgreSQL database,
    for each has schemas of its own in it: `estate`; and a region, say `westeurope`, has
    `westeurope` and `westeurope_tracking`. Two estates may not. The user must be allowed to create
    schemas, and the server to take some 20 connections a cell.

    Without `passwords`, nobody logs in by one that is kept here. `oidc` is the provider that people
    log in by; its secret is in `MLESTATE_OIDC_SECRET` or the file `oidc.secret`, never here.

    `webhook_networks`, such as `10.1.0.0/16`: webhooks may lead there though it is not public.
    """

    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 8443
    plain_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 0
    names: tuple[str, ...] = ()
    webhook_networks: tuple[str, ...] = ()
    database: str = ""
    regions: dict[str, Region] = {}
    dev: bool = False
    passwords: bool = True
    oidc: Provider | None = None

    @property
    def hosts(self) -> tuple[str, ...]:
        """All names that the estate is reached by."""
        return ("localhost", "127.0.0.1", *self.names)

    @property
    def origins(self) -> list[str]:
        return [f"https://{host}:{self.port}" for host in self.hosts]


def default_data() -> Path:
    """As root in /var/lib, so that jobs under other users can be bound to their folders."""
    if os.geteuid() == 0:
        return Path("/var/lib/mlestate")
    return Path.home() / ".mlestate"


def read(data: Path, environment: Mapping[str, str], **said: Any) -> Settings:
    """The file's settings, over them the variables', over them what was said on the command line.

    Raises Invalid where one of them is not a setting, or not of its kind.
    """
    file = data / "mlestate.toml"
    settings = _from_file(file) if file.exists() else {}
    settings |= _from_environment(environment)
    if provider := _provider(environment, settings.get("oidc", {})):
        settings["oidc"] = provider
    settings |= {key: value for key, value in said.items() if value is not None}
    try:
        return msgspec.convert(settings, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(f"the settings are wrong: {error}") from None


def _from_file(file: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(file.read_text())
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"`{file}` is not TOML: {error}") from None
    if any(map(_has_password, _texts(found))):
        private_file.hold(file)
    return found


def _texts(found: Any) -> Iterator[str]:
    """Every text of the file, wherever it stands."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict | list):
        for each in found.values() if isinstance(found, dict) else found:
            yield from _texts(each)


def _has_password(text: str) -> bool:
    """Whether it is a URL that somebody could log in by, such as a database's."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False  # no URL, and so refused where one is needed
    asked = parse_qs(parts.query)
    return bool(parts.scheme and (parts.password or "password" in asked))


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    fields = {name for name in Settings.__struct_fields__ if name not in ("regions", "oidc")}
    found = {name: environment.get(f"MLESTATE_{name.upper()}") for name in fields}
    return {name: _parsed(name, text) for name, text in found.items() if text}


def _provider(environment: Mapping[str, str], known: Any) -> Any:
    """The table `oidc`, with what the variables say laid over it."""
    said = {
        name: environment.get(f"MLESTATE_OIDC_{name.upper()}")
        for name in Provider.__struct_fields__
        if name != "group_names"
    }
    words = {name: text for name, text in said.items() if text}
    lists = {name: text.split(",") for name, text in words.items() if name in ("scopes", "link")}
    return {**known, **words, **lists} if words and isinstance(known or {}, dict) else known


def _parsed(name: str, text: str) -> Any:
    if name in ("names", "webhook_networks"):
        return text.split(",")
    if name in ("dev", "passwords"):
        return text.lower() in ("1", "true", "yes", "on")
    return text


def regions(data: Path, settings: Settings, wanted: tuple[str, ...]) -> list[str]:
    """The regions that are there, were there, are set up or wanted by the estate's file; one at
    least."""
    there = [folder.name for folder in (data / "regions").glob("*") if folder.is_dir()]
    found = sorted({*there, *ledger.named(data / ledger.NAME), *settings.regions, *wanted})
    return found or [DEFAULT_REGION]
