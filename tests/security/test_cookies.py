"""Cookies: each is this host's alone, and out of reach of scripts."""

from __future__ import annotations

from http.cookies import SimpleCookie

import httpx

from tests.surfaces.conftest import Open


def cookies_of(*answers: httpx.Response) -> SimpleCookie:
    given = SimpleCookie()
    for answer in answers:
        for text in answer.headers.get_list("set-cookie"):
            given.load(text)
    return given


def test_every_cookie_over_tls_is_this_hosts_alone_and_out_of_reach(
    open_app: Open, people: dict[str, int]
) -> None:
    reader = open_app(public_url="https://company.example")
    given = cookies_of(
        reader.get("/sign-in?lang=sv"),
        reader.sign_in("sam@example.com"),
        reader.post("/choose", {"affiliate": "2", "next": "/portal"}),
        reader.post("/language", {"lang": "en"}),
        reader.post("/sign-out"),
    )
    names = {name.removeprefix("__Host-") for name in given}
    assert names >= {"session", "csrf", "affiliate", "lang", "notice"}
    for name, cookie in given.items():
        assert name.startswith("__Host-"), name
        assert cookie["secure"], name
        assert cookie["httponly"], name
        assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Lax", "/", ""), name


def test_the_language_that_was_picked_is_kept_over_tls(open_app: Open) -> None:
    reader = open_app(public_url="https://company.example")
    assert reader.get("/sign-in?lang=sv").headers["content-language"] == "sv"
    assert reader.get("/sign-in").headers["content-language"] == "sv"
