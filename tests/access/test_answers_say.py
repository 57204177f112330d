"""What every answer of Azure Resource Manager says beside what was asked for."""

from __future__ import annotations

import uuid

from tests.access.asking import Request
from tests.access.two_workspaces import SUBSCRIPTION, A, Two

CORRELATION = "x-ms-correlation-request-id"


def test_a_request_is_found_in_the_log_by_the_correlation_that_its_answer_has(fresh: Two):
    group = f"{SUBSCRIPTION}/resourceGroups/rg-new"
    body = {"location": "westeurope"}
    written = fresh.made("admin", Request("PUT", group, body))
    refused = fresh.ask("eve", Request("DELETE", group))
    own = str(uuid.uuid4())
    named = fresh.ask("eve", Request("DELETE", A.group, headers={CORRELATION: own}))
    assert named.headers[CORRELATION] == own
    for answer, status in ((written, "Succeeded"), (refused, "Failed"), (named, "Failed")):
        correlation = answer.headers[CORRELATION]
        assert answer.headers["x-ms-request-id"] == correlation
        log = f"{SUBSCRIPTION}/providers/Microsoft.Insights/eventtypes/management/values"
        said = f"?$filter=correlationId eq '{correlation}'".replace(" ", "%20")
        [event] = fresh.made("admin", Request("GET", f"{log}{said}")).json()["value"]
        assert event["status"]["value"] == status


def test_who_asks_for_a_subscription_is_told_its_tenant(two: Two):
    tenant = two.made("admin", Request("GET", "/tenants")).json()["value"][0]["tenantId"]
    shown = two.made("admin", Request("GET", SUBSCRIPTION)).json()
    assert (shown["tenantId"], shown["managedByTenants"]) == (tenant, [])
