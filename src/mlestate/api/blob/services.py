"""Handlers of the service level: containers, properties, delegation keys."""

from __future__ import annotations

from ...blob import containers, sas
from ...core.errors import Forbidden, Invalid
from . import xml
from .answer import Answer, document
from .call import Call
from .listing import endpoint, most, next_marker, start
from .rules import refusal

_LONGEST_KEY = 7 * 24 * 3600.0
_PROPERTIES = (
    "<StorageServiceProperties>"
    "<Logging><Version>1.0</Version><Delete>false</Delete><Read>false</Read><Write>false</Write>"
    "<RetentionPolicy><Enabled>false</Enabled></RetentionPolicy></Logging>"
    "<HourMetrics><Version>1.0</Version><Enabled>false</Enabled>"
    "<RetentionPolicy><Enabled>false</Enabled></RetentionPolicy></HourMetrics>"
    "<MinuteMetrics><Version>1.0</Version><Enabled>false</Enabled>"
    "<RetentionPolicy><Enabled>false</Enabled></RetentionPolicy></MinuteMetrics>"
    "<Cors /><DefaultServiceVersion>2021-08-06</DefaultServiceVersion>"
    "<DeleteRetentionPolicy><Enabled>false</Enabled></DeleteRetentionPolicy>"
    "<StaticWebsite><Enabled>false</Enabled></StaticWebsite></StorageServiceProperties>"
)


def list_containers(call: Call) -> Answer:
    query = call.request.query
    prefix, limit = query.get("prefix", ""), most(call.request)
    found, following = containers.names(
        call.cell, call.address.account, prefix, start(call.request), limit
    )
    entries = "".join(xml.container_entry(one, call.request.included, call.now) for one in found)
    return document(
        f'<EnumerationResults ServiceEndpoint="{endpoint(call.request)}">'
        f"{xml.element('Prefix', prefix)}{xml.element('Marker', query.get('marker'))}"
        f"<MaxResults>{limit}</MaxResults><Containers>{entries}</Containers>"
        f"<NextMarker>{next_marker(following)}</NextMarker></EnumerationResults>"
    )


def get_service_properties(call: Call) -> Answer:
    return document(_PROPERTIES)


def set_service_properties(call: Call) -> Answer:
    """What can be set is what there is: everything off."""
    wanted = xml.parse(call.document, "StorageServiceProperties")
    if any((node.text or "").strip() == "true" for node in wanted.iter("Enabled")):
        raise Invalid("This feature is not supported.", code="FeatureNotSupported")
    return Answer(202)


def get_account_info(call: Call) -> Answer:
    return Answer(
        200,
        {
            "x-ms-sku-name": "Standard_LRS",
            "x-ms-account-kind": "StorageV2",
            "x-ms-is-hns-enabled": "false",
        },
    )


def get_user_delegation_key(call: Call) -> Answer:
    caller = call.access.caller
    if caller is None:
        raise Forbidden("Only a bearer token gets one.", code="AuthorizationPermissionMismatch")
    info = xml.parse(call.document, "KeyInfo")
    now = call.ports.clock()
    try:
        begins = sas.moment(info.findtext("Start") or sas.stamp(now))
        ends = sas.moment(info.findtext("Expiry") or "")
        start, expiry = sas.stamp(begins), sas.stamp(ends)
    except (ValueError, OverflowError):
        raise Invalid("Start and Expiry are ISO 8601.", code="InvalidXmlNodeValue") from None
    if info.findtext("DelegatedUserTid"):
        raise Invalid("DelegatedUserTid is not supported.", code="FeatureNotSupported")
    if not now < ends <= now + _LONGEST_KEY + 60 or begins >= ends:
        raise Invalid("A key lives seven days at most.", code="InvalidXmlNodeValue")
    key = sas.delegation_key(
        call.ports.secret,
        caller.id,
        call.ports.tenant,
        start,
        expiry,
        call.request.version,
        caller.since,
    )
    return document(
        f"<UserDelegationKey><SignedOid>{key.principal}</SignedOid>"
        f"<SignedTid>{key.tenant}</SignedTid><SignedStart>{key.start}</SignedStart>"
        f"<SignedExpiry>{key.expiry}</SignedExpiry><SignedService>{key.service}</SignedService>"
        f"{xml.element('SignedVersion', key.version)}<Value>{key.value}</Value>"
        "</UserDelegationKey>"
    )


def refuse(call: Call) -> Answer:
    raise refusal(call.request)
