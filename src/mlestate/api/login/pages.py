"""The few pages of the login: plain HTML that needs no script."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from html import escape
from typing import NamedTuple

from starlette.responses import HTMLResponse

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:24rem;margin:12vh auto;padding:0 1rem;"
    "color:#1b1a19;background:#fff}label{display:block;margin:1rem 0 .25rem}"
    "input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem}"
    "button{font:inherit;margin:1.5rem .5rem 0 0;padding:.5rem 1.25rem}"
    "[role=alert]{border-left:4px solid #a4262c;padding-left:.75rem}"
    "hr{margin:2rem 0 1rem;border:0;border-top:1px solid #c8c6c4}"
    "@media(prefers-color-scheme:dark){body{color:#f3f2f1;background:#1b1a19}}"
)
# Says by its hash which style is ours; another one, slipped in, is not shown.
_STYLE_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


class Ways(NamedTuple):
    """`provider` is what people call it, empty where there is none; without `passwords`, a personal
    secret alone opens what the provider does not."""

    provider: str = ""
    passwords: bool = True


def login(
    hidden: Mapping[str, str],
    client: str,
    username: str,
    fault: str,
    allow: str,
    ways: Ways,
) -> HTMLResponse:
    """`allow` is the origin that the answer will lead to."""
    return _page(
        "Log in",
        f"<p>to go on to <b>{escape(client)}</b></p>{_alert(fault)}"
        f'<form method="post">{_hidden(hidden)}{_elsewhere(ways, "login")}'
        f"{_person(username, ways)}<button>Log in</button></form>",
        fault=fault,
        allow=allow,
    )


def device(
    hidden: Mapping[str, str], code: str, username: str, fault: str, ways: Ways
) -> HTMLResponse:
    return _page(
        "Approve a device",
        "<p>Enter the code only if you started this login yourself, just now: whoever waits for it "
        f"will act in your name.</p>{_alert(fault)}"
        f'<form method="post">{_hidden(hidden)}'
        '<label for="user_code">Code</label><input id="user_code" name="user_code" required '
        f'autocomplete="off" value="{escape(code)}">{_elsewhere(ways, "approve")}'
        f"{_person(username, ways)}"
        '<button name="decision" value="approve">Approve</button>'
        '<button name="decision" value="deny">Deny</button></form>',
        fault=fault,
    )


def onward(address: str, provider: str) -> HTMLResponse:
    """Leads to the provider by itself, and by a click where it does not."""
    where = escape(address)
    return _page(
        f"Log in with {provider}",
        f'<p><a href="{where}">Go on to {escape(provider)}</a></p>',
        head=f'<meta http-equiv="refresh" content="0;url={where}">',
    )


def logged_out(provider: str, address: str) -> HTMLResponse:
    """`address` is where one logs out of the provider too."""
    more = f'<p><a href="{escape(address)}">Log out of {escape(provider)} too</a></p>'
    return _page("Logged out", f"<p>You can close this page.</p>{more if address else ''}")


def hand_over(target: str, fields: Mapping[str, str], allow: str) -> HTMLResponse:
    """For `response_mode=form_post`, with a button in place of a script."""
    return _page(
        "Logged in",
        f'<form method="post" action="{escape(target)}">{_hidden(fields)}'
        "<button autofocus>Go on</button></form>",
        allow=allow,
    )


def message(title: str, text: str, status: int = 200) -> HTMLResponse:
    return _page(title, f"<p>{escape(text)}</p>", status=status)


def _page(
    title: str, body: str, fault: str = "", allow: str = "", status: int = 0, head: str = ""
) -> HTMLResponse:
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
        f"form-action 'self' {allow}; frame-ancestors 'none'; base-uri 'none'"
    )
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)} · mlestate</title>{head}<style>{_STYLE}</style>"
        f"<main><h1>{escape(title)}</h1>{body}</main></html>",
        status or (400 if fault else 200),
        {
            "content-security-policy": policy,
            "x-frame-options": "DENY",
            "referrer-policy": "no-referrer",
            "cache-control": "no-store",
        },
    )


def _hidden(fields: Mapping[str, str]) -> str:
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )


def _elsewhere(ways: Ways, otherwise: str) -> str:
    """`otherwise` is what the Enter key means: a browser takes the first button for that."""
    if not ways.provider:
        return ""
    return (
        f'<button hidden name="decision" value="{otherwise}"></button>'
        f'<button name="decision" value="provider" formnovalidate>Continue with '
        f"{escape(ways.provider)}</button><hr><p>or, as a local user of this estate:</p>"
    )


def _person(username: str, ways: Ways) -> str:
    secret = "Password, or a personal secret" if ways.passwords else "A personal secret"
    return (
        '<label for="username">User</label><input id="username" name="username" required '
        f'autocomplete="username" value="{escape(username)}">'
        f'<label for="password">{secret}</label>'
        '<input id="password" name="password" type="password" required '
        'autocomplete="current-password">'
    )


def _alert(fault: str) -> str:
    return f'<p role="alert">{escape(fault)}</p>' if fault else ""
