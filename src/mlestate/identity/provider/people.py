"""From what the provider says of somebody to who that is here: by the link of a login before, and
otherwise only in the ways that the settings allow."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import structlog

from ...core.activity import UNASKED, Asked, By
from ...core.errors import Conflict, PlatformError, Unauthenticated
from ...core.principals import Principal
from ...core.provisioned import SOURCES, Identity, Provisioned
from ...store import principals, provisioned
from ...store.activity import record
from ...store.database import Database
from ...store.principals import Connection
from .. import events, guest_rules
from ..generation import Clock, Generation
from ..guest_rules import GrantsOf
from ..ownership import may_take_over
from ..provisioning.names import name_of
from .wanted import Provider

_MOST_GROUPS = 2000
_log = structlog.get_logger(__name__)


class People:
    def __init__(
        self,
        provider: Provider,
        database: Database,
        generation: Generation,
        grants: GrantsOf,
        clock: Clock,
    ):
        self._provider, self._database, self._generation = provider, database, generation
        self._grants, self._clock = grants, clock

    def person(self, subject: str, claims: Mapping[str, Any], asked: Asked = UNASKED) -> Principal:
        """Who that is here, in the groups that the provider says. Raises Unauthenticated."""
        groups = self._groups_said(claims)
        identity = Identity(self._provider.issuer, subject)
        with self._database.read() as connection:
            found = provisioned.linked(connection, identity)
            person = principals.by_id(connection, found) if found else None
        if person is None:
            person = self._first_login(identity, claims, asked)
        if not person.enabled:
            raise _refused(f"`{person.name}` is disabled here")
        if groups is not None:
            self._keep_groups(person, groups, asked)
        return person

    def linked(self, subject: str) -> str | None:
        """The object id of whom the provider means."""
        with self._database.read() as connection:
            return provisioned.linked(connection, Identity(self._provider.issuer, subject))

    def _first_login(
        self, identity: Identity, claims: Mapping[str, Any], asked: Asked
    ) -> Principal:
        with self._generation.changing() as connection:
            known = provisioned.linked(connection, identity)
            if known and (person := principals.by_id(connection, known)):
                return person  # in another window, a moment ago
            person = self._found(connection, identity, claims) or self._new(connection, claims)
            provisioned.link(connection, identity, person.id, self._clock())
            self._record(connection, person, person, asked)
            return person

    def _found(
        self, connection: Connection, identity: Identity, claims: Mapping[str, Any]
    ) -> Principal | None:
        """Who is here already and may be meant: never somebody who proves it in a way of their own,
        and never by a word that the provider does not vouch for."""
        for person in self._candidates(connection, identity, claims):
            if provisioned.is_linked(connection, person.id):
                raise _refused(f"`{person.name}` is linked to another account of the provider")
            own = provisioned.of(connection, person.id)
            if own is not None and own.deleted is not None:
                raise _refused(f"`{person.name}` was taken away by {SOURCES[own.source]}")
            theirs = own is not None and own.source == "scim"
            if person.kind != "User" or not (theirs or may_take_over(connection, person)):
                raise _refused(
                    f"`{person.name}` logs in to this estate in a way of their own, or is a guest: "
                    "an administrator has to rename or delete that user first"
                )
            return person
        return None

    def _candidates(
        self, connection: Connection, identity: Identity, claims: Mapping[str, Any]
    ) -> Iterator[Principal]:
        names: list[str] = []
        for way in self._provider.link:
            if way == "external-id":
                for own in provisioned.by_external_id(connection, "scim", identity.subject):
                    person = principals.by_id(connection, own.principal_id)
                    if person is not None and own.deleted is None:
                        yield person
            elif way == "username":
                names += [_text(claims, self._provider.username)]
            elif claims.get("email_verified") is True:
                names += [_text(claims, "email")]
        for said in filter(None, names):
            person = None
            with suppress(PlatformError):  # nobody has a name that cannot be one
                person = principals.by_name(connection, name_of(said))
            if person is not None:
                yield person

    def _new(self, connection: Connection, claims: Mapping[str, Any]) -> Principal:
        username = _text(claims, self._provider.username)
        if not self._provider.create:
            raise _refused(
                f"{self._provider.shown} knows you{f' as `{username}`' if username else ''}, this "
                "estate does not: ask an administrator of the estate to add you"
            )
        if not username:
            raise _refused(
                f"{self._provider.shown} does not say your name (claim `{self._provider.username}`)"
            )
        try:
            name = name_of(username)
        except PlatformError as error:
            raise _refused(f"{error}: ask an administrator of the estate") from None
        if principals.by_name(connection, name) is not None:
            raise _refused(
                f"`{name}` is somebody else here already: ask an administrator of the estate"
            )
        object_id, shown = str(uuid.uuid4()), _text(claims, "name") or username
        now = self._clock()
        fresh = Principal(object_id, "User", name, object_id, shown[:256], True, now)
        principals.add(connection, fresh)
        return fresh

    def _groups_said(self, claims: Mapping[str, Any]) -> list[str] | None:
        """The names of groups in the token; None where groups do not come of logins."""
        claim = self._provider.groups
        if not claim:
            return None
        elsewhere = claims.get("_claim_names")
        over = isinstance(elsewhere, Mapping) and claim in elsewhere
        said = claims.get(claim, [])
        values = [said] if isinstance(said, str) else said
        if over or claims.get("hasgroups") is True:
            raise _refused(
                f"you are in more groups than {self._provider.shown} puts into a token: an "
                "administrator has to let it send the groups of this application alone, or push "
                "the groups by SCIM"
            )
        if not isinstance(values, list) or len(values) > _MOST_GROUPS:
            raise _refused(f"the claim `{claim}` is no list of up to {_MOST_GROUPS} groups")
        return [self._provider.group_names.get(str(each), str(each)) for each in values]

    def _keep_groups(self, person: Principal, names: list[str], asked: Asked) -> None:
        """Just these, of the groups that are the provider's to fill."""
        with self._database.read() as connection:
            wanted = {group.id for group in _ours(connection, names)}
            if wanted == provisioned.groups_by_source(connection, person.id, "oidc"):
                return
        try:
            with self._generation.changing() as connection:
                self._set_groups(connection, person, names, asked)
        except Conflict as error:
            raise _refused(str(error)) from None

    def _set_groups(
        self, connection: Connection, person: Principal, names: list[str], asked: Asked
    ) -> None:
        before = guest_rules.guests_in(connection, [person.id])
        groups = {group.id: group for group in _ours(connection, names)}
        known = provisioned.groups_by_source(connection, person.id, "oidc")
        for gone in sorted(known - groups.keys()):
            provisioned.leave(connection, gone, person.id)
            if left := principals.by_id(connection, gone):
                self._record(connection, person, left, asked, removed=(person.name,))
        for id in sorted(groups.keys() - known):
            group, now = groups[id], self._clock()
            if provisioned.of(connection, id) is None:
                own = Provisioned(id, "oidc", group.name, None, {}, now, now)
                provisioned.put(connection, own)
            provisioned.join(connection, id, person.id)
            guest_rules.hold_group(connection, group, before, self._grants)
            self._record(connection, person, group, asked, added=(person.name,))

    def _record(
        self,
        connection: Connection,
        person: Principal,
        changed: Principal,
        asked: Asked,
        **known: Any,
    ) -> None:
        """By who logs in: the provider says it of them."""
        by = By(person.id, person.name, person.kind, asked=asked, via=self._provider.shown)
        event = events.of_principal(by, self._clock(), "write", changed, code=200, **known)
        record(connection, event)


def _ours(connection: Connection, names: list[str]) -> Iterator[Principal]:
    """The groups of these names that the provider fills, or may from now on."""
    for group in principals.by_names(connection, names):
        if group.kind != "Group":
            continue
        own = provisioned.of(connection, group.id)
        if own is None and not may_take_over(connection, group):
            _log.warning("a group has two owners: its members here stay", group=group.name)
        elif own is None or own.source == "oidc":
            yield group


def _text(claims: Mapping[str, Any], name: str) -> str:
    found = claims.get(name)
    return found[:256] if isinstance(found, str) else ""


def _refused(message: str) -> PlatformError:
    return Unauthenticated(message, code="access_denied")
