"""The identity room, put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..api.cloud import Cloud
from ..api.login.realm import Realm
from ..api.principal_documents import People
from ..api.scim.app import Door
from ..blob.sas import Right, Signed
from ..control.held import ASSIGNMENTS
from ..core import roles
from ..core.access import Caller, Grant, Role
from ..core.activity import Asked, Event
from ..core.lifecycle import Work
from ..core.resource import Resource
from ..identity import last_owner
from ..identity.audiences import Audiences
from ..identity.authentication import Authenticator, Leases
from ..identity.belongings import Belongings
from ..identity.credentials import Credentials
from ..identity.departures import Departures
from ..identity.directory import Boxes, Directory, Grants
from ..identity.guard import From
from ..identity.guest_rules import IsThere
from ..identity.keys import SigningKeys
from ..identity.logins import Logins
from ..identity.provider.logins import ProviderLogins
from ..identity.provider.people import People as ProviderPeople
from ..identity.provider.wanted import Provider
from ..identity.provisioning.provisioning import Provisioning
from ..identity.provisioning.tokens import ProvisioningTokens
from ..identity.sessions import SESSION_LIFETIME, Sessions
from ..identity.throttle import Crowd, Throttle
from ..identity.tokens import JobClaim, Tokens
from ..store import principals
from ..store.database import Database
from ..store.resources import Resources


class Identities:
    """`origins` are the addresses that a token may be meant for, such as https://localhost:8443;
    `note` takes what of logins is to be recorded."""

    def __init__(
        self,
        database: Database,
        grants: Grants,
        leases: Leases,
        origins: Sequence[str],
        dev: bool,
        clock: Callable[[], float],
        belongings: Belongings,
        note: Callable[[Event], None],
        is_there: IsThere,
        boxes: Boxes | None = None,
        passwords: bool = True,
        provider: Provider | None = None,
        provider_secret: str = "",
    ):
        self.directory = Directory(
            database, grants, clock, belongings=belongings, boxes=boxes, is_there=is_there
        )
        self.cloud = Cloud(self.directory.tenant)
        generation = self.directory.generation
        self.credentials = Credentials(database, generation, clock, passwords=passwords)
        lasts = provider.hours * 3600.0 if provider else SESSION_LIFETIME
        self.sessions = Sessions(database, generation, clock, lasts)
        self.provider: ProviderLogins | None = None
        if provider is not None:
            known = ProviderPeople(provider, database, generation, grants.of, clock)
            self.provider = ProviderLogins(
                provider, provider_secret, database, known, self.sessions, clock
            )
        self.departures = Departures(database, generation, clock, belongings)
        keys = SigningKeys(database, clock)
        audiences = Audiences(origins, self.cloud.portal)
        self.tokens = Tokens(keys, self.directory.tenant, audiences, clock)
        logins = Logins(
            self.credentials, self.sessions, self.tokens, Throttle(clock), Crowd(clock), note
        )
        self.authenticator = Authenticator(
            self.directory, self.credentials, self.tokens, leases, clock
        )
        self.realm = Realm(logins, keys, self.directory.tenant, self.provider)
        self.provisioning = Provisioning(database, generation, grants.of, clock)
        tokens = ProvisioningTokens(database, clock)
        self.people = People(
            self.directory,
            self.credentials,
            tokens,
            self.provisioning,
            logins,
            self.realm.passwords,
            dev,
        )
        self.scim = Door(tokens, self.authenticator.authenticate, Throttle(clock))

    def log_in(self, client: str, secret: str, address: str) -> tuple[str, int]:
        """A token for the estate itself and the seconds that it lasts. Raises Unauthenticated."""
        form = {
            "grant_type": "client_credentials",
            "client_id": client,
            "client_secret": secret,
            "resource": self.realm.logins.origin,
        }
        logins = self.realm.logins
        asked = Asked(address=address)
        given = logins.token(form, From(address, logins.origin, asked))
        return given.access_token, given.expires_in

    def caller(self, object_id: str) -> Caller | None:
        """Somebody as they are now; None where they are gone, or a group."""
        return self.directory.caller(object_id)

    def signer(self, signed: Signed) -> Caller | None:
        """Who a signature is bound to, as they are now: a job while the lease lives in which it
        asked, and in its own narrow rights. None where they are gone, or the job has ended; and for
        who has the object id of somebody who is gone."""
        right = signed.right
        if right is None:
            return self.directory.caller(signed.principal)
        found = self._asked(signed.principal, right)
        return found if found is not None and found.since == right.since else None

    def since(self, object_id: str) -> float:
        """When their account was made; zero where they are gone or disabled."""
        found = self.directory.caller(object_id)
        return found.since if found is not None else 0.0

    def _asked(self, object_id: str, right: Right) -> Caller | None:
        if not right.job:
            return self.directory.caller(object_id)
        return self.authenticator.running(object_id, JobClaim(right.job, right.fence))

    def name_of(self, work: Work, object_id: str) -> str | None:
        """What people call it; None where nobody has the object id."""
        found = principals.by_id(work.connection, object_id)
        return found.name if found else None

    def kind_of(self, work: Work, object_id: str) -> str | None:
        """User, Group or ServicePrincipal; None where nobody has the object id. The directory is
        in the database of the assignments: the work's own transaction sees it."""
        found = principals.by_id(work.connection, object_id)
        return found.kind if found else None

    def groups_of(self, work: Work, object_id: str) -> frozenset[str]:
        """The ids of all groups the principal is in, groups in groups included."""
        return principals.groups_of(work.connection, object_id)

    def hold_grant(self, object_id: str, scope: str) -> None:
        """Raise Conflict where a role there would reach beyond what a guest may have."""
        self.directory.hold_grant(object_id, scope)

    def hold_last(self, work: Work, going: Resource) -> None:
        """Raise Conflict where without the assignment nobody may give rights in the whole estate.
        By what the work's own transaction sees: of two deletions at once the second is refused."""
        if going.id.parent.steps or not last_owner.gives_rights(_granted(going)):
            return
        left: dict[str, list[Grant]] = {}
        for each in Resources(work.connection).extensions(ASSIGNMENTS, ""):
            if each.id.key != going.id.key:
                left.setdefault(_holder(each), []).append(_granted(each))
        holder = _holder(going)
        name = self.name_of(work, holder) or holder
        last_owner.hold(
            work.connection, name, lambda ids: [g for i in ids for g in left.get(i, ())]
        )


def _holder(assignment: Resource) -> str:
    return str(assignment.properties["principalId"]).lower()


def _granted(assignment: Resource) -> Grant:
    """At the root, where roles of the estate's own making are not assignable."""
    role = roles.by_id(str(assignment.properties.get("roleDefinitionId", "")))
    return Grant("/", role or Role("", "", ()))
