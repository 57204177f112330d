"""What the activity log answers is what was asked, or says why it cannot be."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.access.activity_log import READER, VALUES, events
from tests.access.two_workspaces import SUBSCRIPTION, A, B, Two


class TestAsked:
    def test_it_is_narrowed_as_azures_clients_do(self, two: Two):
        times = "eventTimestamp ge 2020-01-01T00:00:00.1234567 and eventTimestamp le 2999-01-01"
        said = f"{times} and eventChannels eq 'Admin, Operation' and resourceProvider eq"
        found = events(two, f"{times} and resourceGroupName eq 'rg-{A.mark}'", at=SUBSCRIPTION)
        assert {one["resourceGroupName"] for one in found} == {f"rg-{A.mark}"}
        found = events(two, f"{said} 'Microsoft.Storage'", at=SUBSCRIPTION)
        assert {one["resourceProviderName"]["value"] for one in found} == {"Microsoft.Storage"}
        found = events(two, "status eq 'failed'", **{"$select": "caller , status"})
        assert {(*one,) for one in found} <= {("caller", "status")}
        assert events(two, "eventTimestamp ge 2999-01-01") == []

    def test_terms_that_exclude_one_another_find_nothing(self, two: Two):
        resource = f"resourceUri eq '{A.workspace}'"
        assert events(two, f"resourceGroupName eq 'rg-{A.mark}' and {resource}")
        assert events(two, f"resourceGroupName eq 'rg-{B.mark}' and {resource}") == []
        assert events(two, f"resourceUri eq '{B.workspace}'", at=A.workspace) == []

    def test_times_are_narrowed_to_the_microsecond(self, two: Two):
        def found(said: str = "") -> list[str]:
            return [one["eventTimestamp"] for one in events(two, f"caller eq 'bo'{said}")]

        shown = found()
        at = shown[len(shown) // 2]
        assert found(f" and eventTimestamp ge '{at}'") == [each for each in shown if each >= at]
        assert found(f" and eventTimestamp gt '{at}'") == [each for each in shown if each > at]
        assert found(f" and eventTimestamp le '{at}'") == [each for each in shown if each <= at]
        assert found(f" and eventTimestamp lt '{at}'") == [each for each in shown if each < at]

    def test_who_it_was_is_said_in_any_way_that_is_shown(self, two: Two):
        names = ("bo", "BO", "bo@mlestate.local", two.ids["bo"], two.ids["bo"].upper())
        found = {len(events(two, f"caller eq '{name}'")) for name in names}
        assert len(found) == 1
        assert min(found) > 5

    def test_who_may_read_the_directory_is_told_of_who_is_not_in_it(self, two: Two):
        two.grant(A.workspace, READER, two.person("rea"))
        for name in ("nobody", "11111111-2222-4333-8444-555555555555"):
            filter = quote(f"caller eq '{name}'")
            said = f"{VALUES}?$filter={filter}"
            refused = two.get("admin", said)
            assert (refused.status, f"there is nobody `{name}`" in refused.text) == (400, True)
            assert two.get("rea", said).json() == {"value": []}
        times = "caller eq 'bo' and eventTimestamp ge 2999-01-01"
        assert (
            events(two, times) == events(two, "caller eq 'mlestate' and status eq 'Denied'") == []
        )

    def test_what_was_denied_is_found_by_that_word(self, two: Two):
        assert two.get("stranger", A.workspace).status == 403
        found = events(two, "status eq 'denied'")
        assert {one["properties"]["statusCode"] for one in found} == {"Forbidden"}
        failed = events(two, "status eq 'Failed'")
        assert found == [one for one in failed if one["properties"]["statusCode"] == "Forbidden"]

    @pytest.mark.parametrize(
        ("said", "why"),
        [
            ("caller eq 'ana' and caller eq 'eva'", "nothing is both"),
            ("resourceUri eq '/a' and resourceId eq '/b'", "nothing is both"),
            ("status eq 'Bogus'", "there are Started, Accepted, Succeeded, Failed, Denied"),
            ("caller ne 'x'", "compared by `eq`"),
            ("colour eq 'x'", "is not known here"),
            ("eventTimestamp ge 'soon'", "is no time"),
            ("caller eq 'x' or caller eq 'y'", "joined by `and`"),
            ("((", "is not understood"),
            ("resourceGroupName eq 'g'", "in its subscription"),
        ],
    )
    def test_a_wrong_filter_is_told(self, two: Two, said: str, why: str):
        answer = two.get("admin", f"{VALUES}?$filter={quote(said)}")
        assert (answer.status, why in answer.text) == (400, True), answer.text

    def test_all_that_is_wrong_is_told_at_once(self, two: Two):
        said = quote("caller ne 'x' and colour eq 'y'")
        details = two.get("admin", f"{VALUES}?$filter={said}").json()["error"]["details"]
        assert len(details) == 2
