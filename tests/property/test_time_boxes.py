"""At no instant does anybody hold more than is given for good, or was activated and is not over."""

from __future__ import annotations

import math
import uuid
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlestate.core.rights import Permission, Role
from mlestate.core.time_boxes import Activation, Boxed, Eligibility, reckon
from tests.access.asking import House, Request
from tests.access.two_workspaces import AUTHORIZATION, READER, REGION, SUBSCRIPTION, A, assigned

ROLES = [Role(name, name, (Permission(actions=("*/read",)),)) for name in "rs"]
SCOPES = ["", "/s", "/s/g", "/s/g2"]
MOMENTS = [-math.inf, *map(float, range(6)), math.inf]
ELIGIBLE = [f"e{i}" for i in range(4)]

spans = st.tuples(st.sampled_from(MOMENTS), st.sampled_from(MOMENTS))
eligibilities = st.lists(
    st.tuples(
        st.sampled_from(ELIGIBLE),
        st.sampled_from(ROLES),
        st.sampled_from(SCOPES),
        spans,
        st.booleans(),
    ),
    max_size=4,
    unique_by=lambda each: each[0],
)
activations = st.lists(
    st.tuples(
        st.sampled_from(["", *ELIGIBLE]), st.sampled_from(ROLES), st.sampled_from(SCOPES), spans
    ),
    max_size=4,
)


@settings(max_examples=300, deadline=None)
@given(eligibilities, activations)
def test_what_is_reckoned_is_what_is_active_at_each_instant(under: list[Any], taken: list[Any]):
    known = [
        Eligibility(
            id=id,
            principal="p",
            role=role,
            scope=scope,
            place=scope,
            begins=begins,
            ends=ends,
            glass=glass,
        )
        for id, role, scope, (begins, ends), glass in under
    ]
    active = [
        Activation(
            id=str(i),
            principal="p",
            role=role,
            scope=scope,
            place=scope,
            begins=begins,
            ends=ends,
            rests_on=on,
        )
        for i, (on, role, scope, (begins, ends)) in enumerate(taken)
    ]
    instants = [moment + step for moment in range(6) for step in (-0.5, 0.0, 0.5)]
    found = {now: reckon(known, active, now) for now in instants}
    for now, boxed in found.items():
        expected = [each for each in active if _holds(each, known, now)]
        assert [(g.scope, g.role) for g in boxed.grants] == [(e.scope, e.role) for e in expected]
        assert set(boxed.eligible) == {e for e in known if e.begins <= now < e.ends}
    for now, later in pairwise(instants):
        # Whoever keeps an answer until then keeps the right one.
        if later < found[now].until:
            assert _said(found[now]) == _said(found[later])


def _holds(activation: Activation, known: list[Eligibility], now: float) -> bool:
    if not activation.begins <= now < activation.ends:
        return False
    if not activation.rests_on:
        return True
    return any(
        each.id == activation.rests_on
        and each.begins <= now < each.ends
        and each.role.id == activation.role.id
        and (activation.scope + "/").startswith(each.scope + "/")
        for each in known
    )


def _said(boxed: Boxed) -> Any:
    return boxed.grants, boxed.eligible


PEOPLE = ["mia", "pat"]
TEAMS = ["inner", "outer"]
MINUTE = 60.0
asked = st.one_of(
    st.tuples(st.just("assign"), st.sampled_from(PEOPLE + TEAMS), st.sampled_from([0, 4, 9])),
    st.tuples(st.just("remove"), st.sampled_from(PEOPLE + TEAMS)),
    st.tuples(st.just("activate"), st.sampled_from(PEOPLE), st.integers(1, 9)),
    st.tuples(st.just("extend"), st.sampled_from(PEOPLE), st.integers(1, 9)),
    st.tuples(st.just("deactivate"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("join"), st.sets(st.sampled_from(PEOPLE))),
    st.tuples(st.just("wait"), st.integers(1, 4)),
)


class World:
    """The estate, and beside it a plain account of who should hold the role. One role, one scope;
    who is eligible through `outer` needs no more than to be in `inner`, which is in it."""

    def __init__(self, folder: Path):
        self.house = House(folder)
        self.house.clock.freeze()
        self.ids = {name: self.house.person(name) for name in (*PEOPLE, "ben")}
        for team, members in (("inner", []), ("outer", ["inner"])):
            body = {"members": members}
            made = self.house.made("admin", Request("PUT", f"/estate/v1/groups/{team}", body))
            self.ids[team] = made.json()["objectId"]
        self.put(SUBSCRIPTION, {"properties": {}})
        self.put(A.group, {"location": REGION})
        self.members: set[str] = set()
        self.eligible: dict[str, tuple[str, float]] = {}  # by principal, its request and end
        self.active: dict[str, tuple[float, str, str]] = {}  # by person: end, principal, request

    @property
    def now(self) -> float:
        return self.house.clock()

    def put(self, id: str, body: Any, who: str = "admin") -> Any:
        return self.house.ask(who, Request("PUT", id, body))

    def through(self, person: str) -> list[str]:
        teams = TEAMS if person in self.members else []
        return [who for who in (person, *teams) if self.eligible.get(who, ("", 0.0))[1] > self.now]

    def held(self, person: str) -> bool:
        end, principal, request = self.active.get(person, (0.0, "", ""))
        there = self.eligible.get(principal, ("", 0.0))
        return self.now < end and principal in self.through(person) and there[0] == request

    def request(self, kind: str, who: str, type: str, minutes: int = 0) -> tuple[str, Any]:
        body: dict[str, Any] = {**assigned(READER, self.ids[who]), "requestType": type}
        if minutes:
            length = {"type": "AfterDuration", "duration": f"PT{minutes}M"}
            body |= {"scheduleInfo": {"expiration": length}, "justification": "x"}
        return f"{A.group}/providers/{AUTHORIZATION}/{kind}/{uuid.uuid4()}", {"properties": body}

    def do(self, what: str, *said: Any) -> None:
        getattr(self, f"do_{what}")(*said)

    def do_assign(self, who: str, minutes: int) -> None:
        id, body = self.request("roleEligibilityScheduleRequests", who, "AdminAssign", minutes)
        answer = self.put(id, body)
        there = self.eligible.get(who, ("", 0.0))[1] > self.now
        assert answer.status == (409 if there else 201), answer.text
        if not there:
            end = self.now + minutes * MINUTE if minutes else math.inf
            self.eligible[who] = (id, end)

    def do_remove(self, who: str) -> None:
        answer = self.put(*self.request("roleEligibilityScheduleRequests", who, "AdminRemove"))
        there = self.eligible.get(who, ("", 0.0))[1] > self.now
        assert answer.status == (201 if there else 409), answer.text
        if there:
            del self.eligible[who]

    def do_activate(self, who: str, minutes: int, type: str = "SelfActivate") -> None:
        kind = "roleAssignmentScheduleRequests"
        answer = self.put(*self.request(kind, who, type, minutes), who)
        if answer.status != 201:
            return
        assert self.through(who), answer.text
        said = answer.json()["properties"]
        self._took(who, said)

    def do_extend(self, who: str, minutes: int) -> None:
        self.do_activate(who, minutes, "SelfExtend")

    def do_deactivate(self, who: str) -> None:
        kind = "roleAssignmentScheduleRequests"
        answer = self.put(*self.request(kind, who, "SelfDeactivate"), who)
        if answer.status == 201:
            del self.active[who]
        else:
            assert not self.held(who)

    def do_join(self, people: set[str]) -> None:
        self.members = set(people)
        body = {"members": sorted(people)}
        self.house.made("admin", Request("PUT", "/estate/v1/groups/inner", body))

    def do_wait(self, minutes: int) -> None:
        self.house.clock.ahead += minutes * MINUTE
        self.house.estate.ending.run()

    def _took(self, who: str, said: Any) -> None:
        by = {id.lower(): (name, id) for name, (id, _) in self.eligible.items()}
        principal, request = by[said["restsOn"]]
        minutes = said["scheduleInfo"]["expiration"]["duration"][2:-1]
        end = min(self.now + int(minutes) * MINUTE, self.eligible[principal][1])
        self.active[who] = (end, principal, request)

    def check(self) -> None:
        for person in PEOPLE:
            answer = self.house.get(person, A.group)
            expected = 200 if self.held(person) else 403
            said = (answer.text, self.active, self.eligible, self.members)
            assert answer.status == expected, (person, *said)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(asked, min_size=6, max_size=14))
def test_the_estate_gives_what_a_plain_account_says_and_no_more(steps: list[Any]):
    with TemporaryDirectory() as folder:
        world = World(Path(folder))
        try:
            for step in [("assign", "outer", 0), ("join", {"mia"}), *steps]:
                world.do(*step)
                world.check()
        finally:
            world.house.close()
