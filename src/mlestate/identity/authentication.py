"""From a bearer token to the caller, in a few microseconds when the token was seen before."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple, Protocol

import msgspec

from ..core.access import Caller
from ..core.errors import Unauthenticated
from .credentials import Credentials
from .directory import Directory, Stamp
from .generation import Clock
from .job_rights import of_job
from .tokens import Claims, JobClaim, Tokens

_KNOWN_TOKENS = 20_000


class Leases(Protocol):
    """Which jobs run; kept by another room."""

    def alive(self, job_id: str, fence: int) -> bool:
        """True while this lease of the job lives. Asked on every request of a job."""


class _Known(NamedTuple):
    """`submitter` is who the token is of; a job's caller is them, bounded."""

    stamp: Stamp
    claims: Claims
    submitter: Caller
    caller: Caller

    @property
    def expires(self) -> float:
        return min(self.claims.exp, self.caller.ends, self.caller.until)

    @property
    def job(self) -> JobClaim | None:
        return self.claims.job


class Authenticator:
    def __init__(
        self,
        directory: Directory,
        credentials: Credentials,
        tokens: Tokens,
        leases: Leases,
        clock: Clock,
    ):
        self._directory, self._credentials, self._tokens = directory, credentials, tokens
        self._leases, self._clock = leases, clock
        self._known: dict[bytes, _Known] = {}

    def cached(self, token: str) -> Caller | None:
        """The caller if that takes no look at a database, a lease or a signature; for event loops.

        None says nothing about the token: ask `authenticate`.
        """
        known = self._known.get(sha256(token.encode()).digest())
        if known is None or known.job is not None or self._clock() >= known.expires:
            return None
        return known.caller if known.stamp == self._directory.peek() else None

    def authenticate(self, token: str) -> Caller:
        """The caller, with what it may do now; raises Unauthenticated."""
        key = sha256(token.encode()).digest()
        stamp = self._directory.stamp()
        known = self._known.get(key)
        if known is None or known.stamp != stamp or self._clock() >= known.expires:
            known = self._look(token, stamp, known)
            # When full it starts over: cheaper than keeping order, and rare.
            if len(self._known) >= _KNOWN_TOKENS:
                self._known.clear()
            self._known[key] = known
        if known.job is not None and not self._leases.alive(known.job.id, known.job.fence):
            raise Unauthenticated("The job of this access token is not running (any more).")
        return known.caller

    def age(self, token: str) -> float:
        """The seconds since its holder showed what the token was got with: that of a session is as
        old as the login, however often it was renewed. Raises Unauthenticated."""
        claims = self._tokens.verify(token)
        began = self._credentials.shown(claims.via)
        return self._clock() - (claims.iat if began is None else began)

    def running(self, submitter: str, job: JobClaim) -> Caller | None:
        """A job as its token would show it now. None where this lease of it is over, or whoever
        submitted it is gone or disabled."""
        if not self._leases.alive(job.id, job.fence):
            return None
        found = self._directory.caller(submitter)
        return _as_job(found, job) if found else None

    def _look(self, token: str, stamp: Stamp, known: _Known | None) -> _Known:
        # What ends a credential before its token is a change of the directory: until then, the
        # token is as good as it was.
        same = known if known and known.stamp.directory == stamp.directory else None
        over = same is None or self._clock() >= same.claims.exp
        claims = self._tokens.verify(token) if same is None or over else same.claims
        submitter = self._directory.admitted(claims.oid)
        if claims.iat < int(submitter.since):
            raise Unauthenticated(
                "The access token is of somebody who is gone: another has their object id now."
            )
        if same is None and claims.job is None:
            self._check_credential(claims)
        if same is not None and same.submitter is submitter:
            return _Known(stamp, claims, submitter, same.caller)
        caller = submitter if claims.job is None else _as_job(submitter, claims.job)
        return _Known(stamp, claims, submitter, caller)

    def _check_credential(self, claims: Claims) -> None:
        if not self._credentials.alive(claims.via):
            raise Unauthenticated(
                "The secret or session that gave the access token was revoked or ended: "
                "log in again."
            )


def _as_job(submitter: Caller, job: JobClaim) -> Caller:
    rights = of_job(submitter.rights, job.id)
    # It has what its submitter holds at the moment, and takes nothing by itself.
    return msgspec.structs.replace(
        submitter,
        kind="Job",
        job=job.id,
        fence=job.fence,
        rights=rights,
        eligible=(),
        groups=frozenset(),
    )
