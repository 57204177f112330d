"""The proxies that a machine has, from its variables."""

from __future__ import annotations

import pytest

from mlestate.client.forward import upstream
from mlestate.client.forward.place import Place
from mlestate.client.forward.variables import proxied
from mlestate.core.errors import Invalid

HTTPS = Place("site.example", 443)


def way(place: Place = HTTPS, **variables: str) -> upstream.Upstream | None:
    return upstream.read(variables).way("https", place)


def test_small_letters_win_and_the_one_for_all_comes_last():
    a, b, c = (upstream.Upstream(Place(name, 80)) for name in "abc")
    assert way(https_proxy="http://a", HTTPS_PROXY="http://b", ALL_PROXY="http://c") == a
    assert way(HTTPS_PROXY="b:80", ALL_PROXY="http://c") == b
    assert way(HTTP_PROXY="http://a", all_proxy="http://c") == c
    assert way(HTTP_PROXY="http://a") is None


@pytest.mark.parametrize(
    ("pattern", "host"),
    [
        ("site.example", "site.example"),
        ("example", "site.example"),
        (".example", "site.example"),
        ("*.example", "site.example"),
        ("other, Site.Example ", "site.example"),
        ("site.example:443", "site.example"),
        ("10.0.0.0/8", "10.1.2.3"),
        ("10.1.2.3", "10.1.2.3"),
        ("fd00::/8", "fd00::1"),
        ("*", "site.example"),
    ],
)
def test_what_is_near_is_reached_without_it(pattern: str, host: str):
    near = {"HTTPS_PROXY": "http://a", "no_proxy": pattern}
    assert way(Place(host, 443), **near) is None


@pytest.mark.parametrize(
    ("pattern", "host"),
    [
        ("ample", "site.example"),
        ("site.example:8443", "site.example"),
        ("10.0.0.0/8", "11.1.2.3"),
        ("10.0.0.0/8", "10.example"),
        (".,,*.", "site.example"),
    ],
)
def test_what_is_not_near_is_reached_by_it(pattern: str, host: str):
    assert way(Place(host, 443), HTTPS_PROXY="http://a", NO_PROXY=pattern) is not None


def test_a_proxy_of_another_kind_is_refused_without_its_password_being_said():
    with pytest.raises(Invalid, match="names a proxy by `socks5`") as refused:
        way(ALL_PROXY="socks5://me:hush@localhost:1080")
    assert "hush" not in str(refused.value)


def test_programs_get_this_proxy_and_no_pattern_that_leads_past_it():
    before = {"ALL_PROXY": "http://a", "no_proxy": ".azure.com", "HTTPS_PROXY": "b", "HOME": "h"}
    after = proxied(before, 8444, "run:s")
    assert "ALL_PROXY" not in after
    assert after["HOME"] == "h"
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        assert after[name] == "http://run:s@127.0.0.1:8444"
    assert after["no_proxy"] == after["NO_PROXY"] == "localhost,127.0.0.1,::1"
