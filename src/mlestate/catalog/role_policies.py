"""On which terms a role may be activated: for how long at most, with a reason, with an approval."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any
from uuid import NAMESPACE_OID, uuid5

from msgspec import Meta, Struct

from ..core import durations
from ..core.errors import Invalid
from ..core.resource import Change, Resource, View
from ..core.resource_type import ResourceType
from ..core.times import iso
from ..core.validate import Fault
from ..core.words import Word
from . import names
from .authorization import role_faults, scope_and_role
from .writing import refuse

POLICIES = "Microsoft.Authorization/roleManagementPolicies"
ASSIGNMENTS = "Microsoft.Authorization/roleManagementPolicyAssignments"
EXPIRATION = "Expiration_EndUser_Assignment"
ENABLEMENT = "Enablement_EndUser_Assignment"
APPROVAL = "Approval_EndUser_Assignment"
LONGEST = 24 * 3600.0
USUAL_HOURS = 8
# Shown where all are gone who could approve: until others are named, nobody activates the role.
_NOBODY = "nobodyCanApprove"
_SPACE = uuid5(NAMESPACE_OID, "mlestate role management policy")
_RULE = "RoleManagementPolicy{}Rule"


class UserType(Word):
    USER = "User"
    GROUP = "Group"


class Enabled(Word):
    JUSTIFICATION = "Justification"
    TICKETING = "Ticketing"
    MFA = "MultiFactorAuthentication"


class UserSet(Struct, frozen=True, rename="camel"):
    id: str
    user_type: UserType | None = None
    description: str | None = None
    is_backup: bool | None = None


class Stage(Struct, frozen=True, rename="camel"):
    primary_approvers: list[UserSet] | None = None
    approval_stage_time_out_in_days: Annotated[int, Meta(ge=1, le=30)] | None = None
    is_approver_justification_required: bool | None = None


class Setting(Struct, frozen=True, rename="camel"):
    is_approval_required: bool | None = None
    approval_stages: list[Stage] | None = None


class Expires(
    Struct, frozen=True, rename="camel", tag_field="ruleType", tag=_RULE.format("Expiration")
):
    id: str
    is_expiration_required: bool | None = None
    maximum_duration: str | None = None


class Enables(
    Struct, frozen=True, rename="camel", tag_field="ruleType", tag=_RULE.format("Enablement")
):
    id: str
    enabled_rules: list[Enabled] | None = None


class Approves(
    Struct, frozen=True, rename="camel", tag_field="ruleType", tag=_RULE.format("Approval")
):
    id: str
    setting: Setting | None = None


class Notifies(
    Struct, frozen=True, rename="camel", tag_field="ruleType", tag=_RULE.format("Notification")
):
    id: str


class Authenticates(
    Struct,
    frozen=True,
    rename="camel",
    tag_field="ruleType",
    tag=_RULE.format("AuthenticationContext"),
):
    id: str
    is_enabled: bool | None = None


Rule = Expires | Enables | Approves | Notifies | Authenticates


class Policy(Struct, frozen=True, rename="camel"):
    rules: list[Rule]
    display_name: str | None = None
    description: str | None = None


class PolicyAssignment(Struct, frozen=True, rename="camel"):
    role_definition_id: str
    policy_id: str
    scope: str | None = None


class Terms(Struct, frozen=True):
    """`longest` in seconds; `approvers` are object ids in lower case, asked where an `approval` is
    needed; `patience` is how long, in seconds, a request waits for them."""

    longest: float = USUAL_HOURS * 3600.0
    justification: bool = True
    ticket: bool = False
    approval: bool = False
    approvers: tuple[str, ...] = ()
    patience: float = 86400.0


def terms(policy: Mapping[str, Any]) -> Terms:
    """What the properties of a checked policy come to for who activates a role by it."""
    rules = {str(rule["id"]).lower(): rule for rule in policy.get("rules") or ()}
    enabled = (rules.get(ENABLEMENT.lower()) or {}).get("enabledRules") or ()
    words = {str(word).lower() for word in enabled}
    setting = (rules.get(APPROVAL.lower()) or {}).get("setting") or {}
    stages = (setting.get("approvalStages") or ()) if setting.get("isApprovalRequired") else ()
    approvers = [each for stage in stages for each in stage.get("primaryApprovers") or ()]
    days = next((stage.get("approvalStageTimeOutInDays") for stage in stages), None) or 1
    said = (rules.get(EXPIRATION.lower()) or {}).get("maximumDuration")
    return Terms(
        longest=durations.parse(said) if said else Terms().longest,
        justification=ENABLEMENT.lower() not in rules or "justification" in words,
        ticket="ticketing" in words,
        approval=bool(setting.get("isApprovalRequired")),
        approvers=tuple(dict.fromkeys(str(each["id"]).lower() for each in approvers)),
        patience=days * 86400.0,
    )


def without_approver(rules: Iterable[Mapping[str, Any]], object_id: str) -> list[dict[str, Any]]:
    """The rules of a policy that does not name somebody any more. An approval stays needed."""
    return [
        {**rule, "setting": _without(rule["setting"], object_id)}
        if rule.get("setting")
        else dict(rule)
        for rule in rules
    ]


def _without(setting: Mapping[str, Any], object_id: str) -> dict[str, Any]:
    stages = [
        {**stage, "primaryApprovers": _others(stage["primaryApprovers"], object_id)}
        if stage.get("primaryApprovers")
        else stage
        for stage in setting.get("approvalStages") or ()
    ]
    return {**setting, "approvalStages": stages} if stages else dict(setting)


def _others(approvers: Iterable[Mapping[str, Any]], object_id: str) -> list[Any]:
    return [each for each in approvers if str(each["id"]).lower() != object_id]


def rules(hours: int = USUAL_HOURS, approvers: Iterable[tuple[str, str]] = ()) -> list[Any]:
    """As a policy says them; an approver is a type, `User` or `Group`, and an object id."""
    who = [{"userType": kind, "id": id} for kind, id in approvers]
    stage = {
        "approvalStageTimeOutInDays": 1,
        "isApproverJustificationRequired": True,
        "primaryApprovers": who,
    }
    setting = {"isApprovalRequired": bool(who), "approvalStages": [stage] if who else []}
    return [
        _rule("Expiration", EXPIRATION, isExpirationRequired=True, maximumDuration=f"PT{hours}H"),
        _rule("Enablement", ENABLEMENT, enabledRules=["Justification"]),
        _rule("Approval", APPROVAL, setting=setting),
    ]


def policy_id(scope: str, role: str) -> str:
    """Where the policy of a role (a definition's id, or its GUID) stands at a scope."""
    name = uuid5(_SPACE, f"{scope}\0{role.rpartition('/')[2]}".lower())
    return f"{scope}/providers/{POLICIES}/{name}"


def assignment_id(scope: str, role: str) -> str:
    policy = policy_id(scope, role).rpartition("/")[2]
    return f"{scope}/providers/{ASSIGNMENTS}/{policy}_{role.rpartition('/')[2].lower()}"


def _rule(kind: str, id: str, **said: Any) -> dict[str, Any]:
    return {"id": id, "ruleType": _RULE.format(kind), **said}


def _check_policy(change: Change) -> None:
    typed: Policy = change.typed
    found: list[Fault] = []
    seen: set[str] = set()
    for i, rule in enumerate(typed.rules):
        place = f"$.properties.rules[{i}]"
        if rule.id.lower() in seen:
            found.append((f"{place}.id", f"`{rule.id[:80]}` is there twice"))
        seen.add(rule.id.lower())
        found += _rule_faults(place, rule)
    refuse(found)


def _rule_faults(place: str, rule: Rule) -> Iterator[Fault]:
    match rule:
        case Expires():
            yield from _duration_faults(f"{place}.maximumDuration", rule)
        case Enables():
            for j, word in enumerate(rule.enabled_rules or ()):
                if word is Enabled.MFA:
                    text = "a second factor is the directory's: none is asked for here"
                    yield f"{place}.enabledRules[{j}]", text
        case Approves():
            yield from _approver_faults(f"{place}.setting", rule.setting)
        case Authenticates() if rule.is_enabled:
            yield f"{place}.isEnabled", "authentication contexts are not evaluated here"


def _duration_faults(place: str, rule: Expires) -> Iterator[Fault]:
    if rule.maximum_duration is None:
        return
    try:
        longest = durations.parse(rule.maximum_duration)
    except Invalid as error:
        yield place, str(error)
        return
    if rule.id.lower() == EXPIRATION.lower() and not 300 <= longest <= LONGEST:
        yield place, f"`{rule.maximum_duration}` is not from five minutes to a day"


def _approver_faults(place: str, setting: Setting | None) -> Iterator[Fault]:
    if setting is None or not setting.is_approval_required:
        return
    stages = setting.approval_stages or []
    if len(stages) != 1:
        yield f"{place}.approvalStages", f"has {len(stages)} stages: one is wanted"
    for i, stage in enumerate(stages):
        here = f"{place}.approvalStages[{i}].primaryApprovers"
        if not stage.primary_approvers:
            yield here, "names nobody who could approve"
        for j, each in enumerate(stage.primary_approvers or ()):
            if names.GUID.check(each.id):
                yield f"{here}[{j}].id", f"`{each.id[:80]}` is not an object id (a GUID)"


def _check_assignment(change: Change) -> None:
    typed: PolicyAssignment = change.typed
    here = str(change.id.parent).lower()
    found = role_faults(typed.role_definition_id)
    if not typed.policy_id.lower().startswith(f"{here}/providers/{POLICIES.lower()}/"):
        text = f"`{typed.policy_id[:200]}` is no policy of `{change.id.parent or '/'}`"
        found.append(("$.properties.policyId", text))
    refuse(found)


def _shown(resource: Resource, view: View) -> dict[str, Any]:
    said = terms(resource.properties)
    left = {_NOBODY: True} if said.approval and not said.approvers else {}
    return {
        **left,
        "scope": str(resource.id.parent) or "/",
        "isOrganizationDefault": False,
        "effectiveRules": resource.properties.get("rules") or [],
        "lastModifiedDateTime": iso(resource.modified.at),
        "lastModifiedBy": {"id": resource.modified.id, "displayName": resource.modified.by},
    }


ROLE_POLICIES = ResourceType(
    name=POLICIES,
    doc="On which terms a role may be activated at a scope.",
    properties=Policy,
    name_rule=names.GUID,
    extension=True,
    estate_wide=True,
    stateful=False,
    keyed={"rules": "id"},
    read_only=(
        "scope",
        "isOrganizationDefault",
        "effectiveRules",
        "lastModifiedDateTime",
        "lastModifiedBy",
        "policyProperties",
        _NOBODY,
    ),
    check=_check_policy,
    render=_shown,
)

ROLE_POLICY_ASSIGNMENTS = ResourceType(
    name=ASSIGNMENTS,
    doc="Which policy a role has at a scope.",
    properties=PolicyAssignment,
    name_rule=names.POLICY_ASSIGNMENT,
    extension=True,
    estate_wide=True,
    stateful=False,
    replaced=201,
    read_only=("scope", "effectiveRules", "policyAssignmentProperties"),
    fixed=("roleDefinitionId",),
    check=_check_assignment,
    render=scope_and_role,
)

TERMS = (ROLE_POLICIES, ROLE_POLICY_ASSIGNMENTS)
