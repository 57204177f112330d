"""Whether a request is allowed, before anything is looked up.

Four ways: a bearer token, an account key (SharedKey), a shared access signature, or none, which is
always refused. A stranger learns nothing about which accounts exist.
"""

from __future__ import annotations

import msgspec

from ...blob import sas, shared_key
from ...core.access import Caller, refusal, refused
from ...core.errors import Forbidden, Refused, Unauthenticated
from ...core.roles import smallest
from .ports import Account, Ports
from .request import Address, Request, moment_of_http
from .rules import GET_BLOB, Level, Rule, besides, level

_CLOCK_SKEW = 15 * 60.0
_READ_ONLY = " It was given for reading: its datastore is read-only, as on all live data."


class Access(msgspec.Struct, frozen=True):
    """`caller` is set for a bearer token. `signed` is set for a signature; and `bound` is who it is
    bound to, if it is."""

    account: Account
    create_only: bool = False
    caller: Caller | None = None
    signed: sas.Signed | None = None
    bound: Caller | None = None


def authorize(ports: Ports, request: Request, rule: Rule) -> Access:
    """Raises Unauthenticated or Forbidden."""
    access = _authorize(ports, request, rule)
    for other in besides(request, rule):
        _authorize(ports, request, other)
    return access


def _authorize(ports: Ports, request: Request, rule: Rule) -> Access:
    how, _, what = request.header("authorization").partition(" ")
    match how.lower():
        case "bearer":
            caller = ports.authenticate(what.strip())
            return by_caller(_account(ports, request.address), caller, request.address, rule)
        case "sharedkey":
            return _by_key(ports, request, what.strip())
    if "sig" in request.query:
        return by_signature(ports, request, rule)
    raise Unauthenticated(
        "Server failed to authenticate the request. Send a bearer token or a shared access "
        "signature; anonymous access is never allowed.",
        code="NoAuthenticationInformation",
    )


def by_caller(account: Account | None, caller: Caller, address: Address, rule: Rule) -> Access:
    if account is not None:
        scope = scope_of(account.id, address.container)
        if _allowed(caller, rule, scope):
            return Access(account, caller=caller)
        if rule.create_action and caller.rights.allows(rule.create_action, scope, rule.data):
            return Access(account, create_only=True, caller=caller)
    raise _refused(caller, address, rule, account).of(denial(caller, account, address, rule))


def by_signature(ports: Ports, request: Request, rule: Rule) -> Access:
    account = _account(ports, request.address)
    signed = _verified(ports, request, account)
    try:
        return _by_signed(ports, request, account, signed, rule)
    except Forbidden as error:
        bound = ports.caller(signed) if signed.principal else None
        raise error.of(error.refused or denial(bound, account, request.address, rule)) from None


def denial(
    who: Caller | None, account: Account | None, address: Address, rule: Rule
) -> Refused | None:
    """What the activity log is told of a refusal: nothing where nobody is known."""
    id = resource_of(account, address) if account is not None else ""
    return refused(who, _needed(rule).action, id) if who is not None else None


def _by_signed(
    ports: Ports, request: Request, account: Account | None, signed: sas.Signed, rule: Rule
) -> Access:
    _need_reach(signed, request, rule)
    create_only = _need_letters(signed, rule)
    if account is not None and not signed.principal:
        return Access(account, create_only, signed=signed)
    theirs = _need_principal(ports, signed, account, request.address, rule)
    create_only = create_only or theirs.create_only
    return Access(theirs.account, create_only, signed=signed, bound=theirs.caller)


def scope_of(account: str, container: str) -> str:
    """The ARM id that rights on a container, or on the account, are granted at."""
    return f"{account}/blobServices/default/containers/{container}" if container else account


def resource_of(account: Account, address: Address) -> str:
    """What the activity log calls it: the account, a container, or a blob by its name."""
    container = scope_of(account.id, address.container)
    return f"{container}/blobs/{address.blob}" if address.blob else container


def _allowed(caller: Caller, rule: Rule, scope: str) -> bool:
    if not rule.action:
        return caller.rights.reach(scope)
    return caller.rights.allows(rule.action, scope, rule.data)


def _account(ports: Ports, address: Address) -> Account | None:
    return ports.accounts.find(address.account)


def _by_key(ports: Ports, request: Request, credential: str) -> Access:
    account = _account(ports, request.address)
    name, _, signature = credential.rpartition(":")
    text = shared_key.text_to_sign(
        request.method, name, request.path, request.parameters, request.headers
    )
    keys = account.keys if account is not None and name in request.address.names else ()
    if account is None or not shared_key.signed_by(signature, keys, text):
        raise _unverified("The account key's signature did not match.")
    _need_keys_on(account)
    sent = moment_of_http(request.header("x-ms-date") or request.header("date"))
    if sent is None or abs(ports.clock() - sent) > _CLOCK_SKEW:
        raise _unverified("The request's date is missing or more than 15 minutes off.")
    return Access(account)


def _verified(ports: Ports, request: Request, account: Account | None) -> sas.Signed:
    address = request.address
    signed = sas.verify(
        request.query,
        sas.Target(address.names, address.container, address.blob),
        address.account,
        account.keys if account is not None else (),
        ports.secret,
        ports.clock(),
        request.client,
        request.scheme,
        ports.since,
    )
    if account is not None and not signed.principal:
        _need_keys_on(account)
    return signed


def _need_keys_on(account: Account) -> None:
    """Told to who has the key alone: to others it would tell which accounts there are."""
    if not account.shared_key_allowed:
        raise Forbidden(
            "Key based authentication is not permitted on this storage account.",
            code="KeyBasedAuthenticationNotPermitted",
        )


def _need_reach(signed: sas.Signed, request: Request, rule: Rule) -> None:
    """The signature is for this level of things."""
    if signed.kind == "account":
        if level(request).value not in signed.resource_types:
            raise Forbidden(
                "The signature is not for this type of resource.",
                code="AuthorizationResourceTypeMismatch",
            )
        return
    folder = signed.right.folder if signed.right else ""
    prefix = request.query.get("prefix", "")
    if folder and not sas.reaches(folder, request.address.blob, prefix):
        raise Forbidden(
            f"The signature is for `{folder}` only.", code="AuthorizationPermissionMismatch"
        )
    levels = (Level.BLOB,) if signed.resource != "c" else (Level.BLOB, Level.CONTAINER)
    if not rule.by_service_sas or level(request) not in levels:
        raise _mismatch("The signature is not for this operation.")


def _need_letters(signed: sas.Signed, rule: Rule) -> bool:
    """Whether it's allowed only while nothing is replaced."""
    if set(signed.permissions) & set(rule.sas):
        return False
    if set(signed.permissions) & set(rule.create_sas):
        return True
    raise _mismatch(
        f"The signature's permissions `{signed.permissions}` do not allow {_asked(rule)}."
        + (_READ_ONLY if rule.writes and _for_reading(signed) else "")
    )


def _for_reading(signed: sas.Signed) -> bool:
    """Whether it is a datastore's own, which opens for writing unless the datastore does not."""
    kind = signed.right.action.rpartition("/")[2] if signed.right else ""
    return kind == "action" and "w" not in signed.permissions


def _asked(rule: Rule) -> str:
    """The action, and the letters of which any one gives it."""
    if not rule.action or not rule.sas:
        return "it, and no signature's do"
    letters = ", ".join(f"`{letter}`" for letter in rule.sas + rule.create_sas)
    return f"`{rule.action}`: it takes {letters}"


def _need_principal(
    ports: Ports, signed: sas.Signed, account: Account | None, address: Address, rule: Rule
) -> Access:
    """Ask again, at every use: what was revoked meanwhile no longer opens anything."""
    caller = ports.caller(signed)
    if caller is None:
        raise _unverified("The principal that the signature is bound to is gone, or its job ended.")
    # Whoever holds the signature need not be who it is bound to, and is not told about them.
    right = signed.right
    if right is None:
        try:
            return by_caller(account, caller, address, rule)
        except Forbidden as lost:
            raise _mismatch(_signer_may_not(rule)).of(lost.refused) from None
    letters = set(ports.letters(signed.permissions, caller, right))
    derived = caller.rights.allows(right.action, right.scope, right.data)
    if not derived or letters.isdisjoint(rule.sas + rule.create_sas):
        error = _mismatch("Who it is bound to has lost the right that it derives from.")
        raise error.of(refused(caller, right.action, right.scope))
    there = ports.opens(right, address.account, address.container, rule.writes)
    if account is None or not there:
        error = _mismatch("What the signature derives from is gone, or has moved.")
        raise error.of(refused(caller, right.action, right.scope))
    return Access(account, create_only=letters.isdisjoint(rule.sas), caller=caller)


def _refused(caller: Caller, address: Address, rule: Rule, account: Account | None) -> Forbidden:
    """In the words of the request: where an account is in the estate is not for strangers."""
    if not address.account:
        return _mismatch(
            "Of a storage account's services, blobs alone are there: no `dfs`, no files."
        )
    place = f"{address.account}/{address.container}".rstrip("/")
    needed = _needed(rule)
    at = scope_of(account.id, address.container) if account is not None else ""
    refused = refusal(caller, needed.action, place, needed.data, at=at)
    any_does = "" if rule.action else " Any other right there would do, too."
    return Forbidden(
        f"{refused}{any_does}", code="AuthorizationPermissionMismatch", target=refused.target
    )


def _needed(rule: Rule) -> Rule:
    """Where any right is enough, the least of them is the one to name."""
    return rule if rule.action else GET_BLOB


def _signer_may_not(rule: Rule) -> str:
    needed = _needed(rule)
    role = smallest(needed.action, needed.data)
    named = f" The role `{role.name}` has it." if role else ""
    return f"Who signed has no authorization to perform `{needed.action}` there themselves.{named}"


def _mismatch(why: str) -> Forbidden:
    return Forbidden(
        f"This request is not authorized to perform this operation using this permission. {why}",
        code="AuthorizationPermissionMismatch",
    )


def _unverified(why: str) -> Forbidden:
    return Forbidden(
        f"Server failed to authenticate the request. {why}", code="AuthenticationFailed"
    )
