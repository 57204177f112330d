"""Guards logins against guessing: what can be guessed waits after some failures, what cannot does
not, and guesses of others keep as few out as can be."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import msgspec

from ..core.activity import Asked, By, Event
from ..core.errors import PlatformError, Unauthenticated
from ..core.principals import Principal
from . import events
from .credentials import Credentials
from .generation import Clock
from .known_browsers import KnownBrowsers
from .throttle import Crowd, Throttle

T = TypeVar("T")
# Takes an event that no transaction of its own goes with.
Note = Callable[[Event], None]


class From(msgspec.Struct, frozen=True):
    """Where a request came from: its address, the origin under which it called us, and the word
    that a login before left in its browser."""

    address: str
    origin: str
    asked: Asked = Asked()
    word: str = ""


class Entered(NamedTuple):
    """Who logged in, and the word by which their browser is known from now on; empty for none."""

    person: Principal
    word: str = ""


class _Tried(NamedTuple):
    """Who tries to be whom. `place` is an address, or a browser in which `known` has logged in."""

    source: From
    place: str
    whom: str
    known: Principal | None


class Guard:
    def __init__(
        self, credentials: Credentials, throttle: Throttle, crowd: Crowd, clock: Clock, note: Note
    ):
        self._credentials, self._clock, self._note = credentials, clock, note
        self._throttle, self._crowd, self._browsers = throttle, crowd, KnownBrowsers()

    def secret(self, source: From, name: str, check: Callable[[], T]) -> T:
        """`check` of what nobody can guess: it comes first, and only who fails has to wait. A
        success forgets no failures: who holds a secret could else guess the password at will."""
        try:
            return check()
        except Unauthenticated as error:
            tried = self._tried(source, name)
            self._hold(tried)
            self._failed(tried, error)
            raise

    def password(self, source: From, name: str, check: Callable[[], Principal]) -> Entered:
        """`check` of what people choose, and what takes long to compare: whoever fails too often
        waits, from one address for one person, and for many names. A browser in which that person
        has logged in before counts for itself."""
        tried = self._tried(source, name)
        if tried.place == source.address:
            self._crowd.check(source.address, tried.whom)
        try:
            person = self._counted(tried, check)
        except Unauthenticated:
            self._crowd.failed(source.address)
            raise
        self._crowd.succeeded(source.address, tried.whom)
        return Entered(person, self._browsers.word(self._seal(person)))

    def confirmation(self, source: From, person: Principal, check: Callable[[], None]) -> None:
        """As of a password, of somebody who has come in: those who have not do not count here."""
        self._counted(_Tried(source, source.address, f"confirm {person.id}", person), check)

    def provider(self, source: From, browser: str, check: Callable[[], T]) -> T:
        """Who it is, is not known yet. Each browser is slowed for itself."""
        return self._counted(_Tried(source, source.address, f"provider {browser}", None), check)

    def _tried(self, source: From, name: str) -> _Tried:
        """One counter for each, by whatever name they are called."""
        known = self._credentials.known(name)
        if known is None:
            return _Tried(source, source.address, name, None)
        browser = self._browsers.known(source.word, self._seal(known)) if source.word else ""
        return _Tried(source, browser or source.address, known.id, known)

    def _seal(self, person: Principal) -> str:
        return f"{person.id} {self._credentials.password_mark(person)}"

    def _counted(self, tried: _Tried, check: Callable[[], T]) -> T:
        self._hold(tried)
        try:
            answer = check()
        except Unauthenticated as error:
            self._failed(tried, error)
            raise
        self._throttle.succeeded(tried.place, tried.whom)
        return answer

    def _hold(self, tried: _Tried) -> None:
        """Raises Unauthenticated while a pause lasts; that is recorded too."""
        try:
            self._throttle.check(tried.place, tried.whom)
        except PlatformError as error:
            self._record(tried, error)
            raise

    def _failed(self, tried: _Tried, error: PlatformError) -> None:
        self._throttle.failed(tried.place, tried.whom)
        self._record(tried, error)

    def _record(self, tried: _Tried, error: PlatformError) -> None:
        by = By(asked=tried.source.asked)
        self._note(events.of_failed_login(by, self._clock(), tried.known, error.code))
