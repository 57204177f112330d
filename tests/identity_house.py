"""The identity room put together as the app does it, with grants, leases and time in our hands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from argon2 import PasswordHasher
from starlette.applications import Starlette

from mlestate.api import cloud, principals
from mlestate.api.login import routes as login
from mlestate.api.login.realm import Realm
from mlestate.core.access import Denial, Grant, Permission, Role
from mlestate.core.answers.world import Against
from mlestate.core.principals import Principal
from mlestate.identity.audiences import Audiences
from mlestate.identity.authentication import Authenticator
from mlestate.identity.credentials import Credentials, Proof
from mlestate.identity.directory import Directory
from mlestate.identity.keys import SigningKeys
from mlestate.identity.logins import Logins
from mlestate.identity.provisioning.provisioning import Provisioning
from mlestate.identity.provisioning.tokens import ProvisioningTokens
from mlestate.identity.sessions import Sessions
from mlestate.identity.throttle import Crowd, Throttle
from mlestate.identity.tokens import Tokens
from mlestate.store import activity
from mlestate.store.database import Database
from mlestate.store.principal_tables import metadata

ORIGIN = "https://localhost:8443"
PORTAL = "https://portal.mlestate.local/"
PASSWORD = "correct horse battery"
WORKSPACE = (
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/w"
)
JOB = f"{WORKSPACE}/jobs/j1"
OWNER = Role("owner", "Owner", (Permission(actions=("*",)),))
CONTRIBUTOR = Role(
    "contributor",
    "Contributor",
    (
        Permission(
            actions=("*",),
            not_actions=("Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"),
        ),
    ),
)
READER = Role("reader", "Reader", (Permission(actions=("*/read",)),))


@dataclass
class Clock:
    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class MemoryGrants:
    """The port `Grants`, in memory."""

    given: dict[str, list[Grant]] = field(default_factory=dict)
    changes: int = 0
    agents: set[str] = field(default_factory=set)
    against: list[Against] = field(default_factory=list)
    denied: dict[str, list[Denial]] = field(default_factory=dict)

    def of(self, principal_ids: frozenset[str]) -> list[Grant]:
        return [grant for id in principal_ids for grant in self.given.get(id, [])]

    def denials(self, principal_ids: frozenset[str]) -> list[Denial]:
        own = [one for id in principal_ids for one in self.denied.get(id, [])]
        return own + [each.denial for each in self.against if each.about(principal_ids)]

    def same_since(self, generation: int, principal_ids: frozenset[str]) -> bool:
        return generation == self.changes

    def generation(self) -> int:
        return self.changes

    def give(self, principal: Principal, role: Role, scope: str = "/") -> None:
        self.given.setdefault(principal.id, []).append(Grant(scope, role))
        self.changes += 1

    def take(self, principal: Principal) -> None:
        self.given.pop(principal.id, None)
        self.changes += 1

    def make_owner(self, principal_id: str) -> None:
        """The port `Owners`."""
        if not self.given.get(principal_id):
            self.given[principal_id] = [Grant("/", OWNER)]
            self.changes += 1

    def make_agent(self, principal_id: str) -> None:
        """The port `Owners`."""
        self.agents.add(principal_id)


@dataclass
class MemoryLeases:
    """The port `Leases`, in memory."""

    living: set[tuple[str, int]] = field(default_factory=set)

    def alive(self, job_id: str, fence: int) -> bool:
        return (job_id, fence) in self.living


class House:
    def __init__(
        self, url: str, clock: Callable[[], float] | None = None, origins: Sequence[str] = (ORIGIN,)
    ):
        self.database = Database(url)
        self.clock = clock or Clock()
        self.grants, self.leases = MemoryGrants(), MemoryLeases()
        self.database.create(metadata)
        self.database.create(activity.metadata)
        self.directory = Directory(self.database, self.grants, self.clock)
        generation = self.directory.generation
        # Cheap to compute: the cost of the real one is argon2's promise, not ours.
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        self.credentials = Credentials(self.database, generation, self.clock, hasher)
        self.sessions = Sessions(self.database, generation, self.clock)
        self.keys = SigningKeys(self.database, self.clock)
        self.audiences = Audiences(origins, PORTAL)
        self.tokens = Tokens(self.keys, self.directory.tenant, self.audiences, self.clock)
        self.throttle = Throttle(self.clock)
        self.crowd = Crowd(self.clock)
        self.logins = Logins(
            self.credentials, self.sessions, self.tokens, self.throttle, self.crowd
        )
        self.authenticator = Authenticator(
            self.directory, self.credentials, self.tokens, self.leases, self.clock
        )

    def app(self, dev: bool = False) -> Starlette:
        tokens = ProvisioningTokens(self.database, self.clock)
        generation, grants = self.directory.generation, self.grants.of
        provisioning = Provisioning(self.database, generation, grants, self.clock)
        realm = Realm(self.logins, self.keys, self.directory.tenant)
        people = principals.People(
            self.directory,
            self.credentials,
            tokens,
            provisioning,
            self.logins,
            realm.passwords,
            dev,
        )
        return Starlette(
            routes=[
                *cloud.routes(cloud.Cloud(self.directory.tenant)),
                *principals.routes(people, self.authenticator),
                *login.routes(realm),
            ]
        )

    def user(self, name: str = "ana@contoso.example") -> Principal:
        return self.directory.put("User", name)[0]

    def program(self, name: str = "robot") -> Principal:
        return self.directory.put("ServicePrincipal", name)[0]

    def group(self, name: str, *members: str) -> Principal:
        return self.directory.put_group(name, members=members)[0]

    def secret(self, principal: Principal, label: str = "laptop") -> str:
        return self.credentials.create_secret(principal, label)[1]

    def proof(self, principal: Principal) -> Proof:
        """That principal, by a secret of its own."""
        label = f"s{len(self.credentials.secrets(principal))}"
        return self.credentials.check_secret(principal.client_id, self.secret(principal, label))

    def token(self, principal: Principal, audience: str = ORIGIN) -> str:
        return self.tokens.access(self.proof(principal), audience, principal.client_id, ORIGIN)[0]

    def close(self) -> None:
        self.database.close()


def house_in(folder: Path) -> House:
    return House(f"sqlite:///{folder}/estate.db")
