"""Who is let in: sign-in, sign-out, set-up, roles, and forms that nobody can forge."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from litestar import get, post
from litestar.di import NamedDependency
from tests.surfaces.conftest import PASSWORD, Open, Reader, words_of

import mainstem_affiliates.portal
import mainstem_fulfillment.desk
from mainstem import console, identity
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.web.guards import staff


@pytest.fixture(autouse=True)
def plain_pages(bare_surfaces: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A page behind each guard that says who did the work and for which home."""

    @get("/who")
    async def who(work: NamedDependency[Work]) -> str:
        return f"{work.actor} {work.home}"

    @get("/money", guards=[staff("finance")])
    async def money(work: NamedDependency[Work]) -> str:
        return str(work.actor)

    @post("/change", status_code=200)
    async def change(work: NamedDependency[Work]) -> str:
        return str(work.actor)

    for surface in (mainstem_affiliates.portal, mainstem_fulfillment.desk, console):
        monkeypatch.setattr(surface, "routes", [who, money, change])
    yield


def test_staff_sign_in_and_are_sent_where_their_work_is(
    open_app: Open, people: dict[str, int]
) -> None:
    for name, home in (("ada", "/console"), ("fia", "/console"), ("per", "/desk"), ("li", "/desk"),
                       ("elin", "/portal"), ("nils", "/")):  # fmt: skip
        answer = open_app().sign_in(f"{name}@example.com")
        assert (answer.status_code, answer.headers["location"]) == (303, home), name


def test_signing_in_goes_on_to_the_page_that_was_asked_for(
    reader: Reader, people: dict[str, int]
) -> None:
    sent_away = reader.get("/console/who?day=2026-03-02")
    assert sent_away.status_code == 303
    assert sent_away.headers["location"] == "/sign-in?next=%2Fconsole%2Fwho%3Fday%3D2026-03-02"
    assert (
        'name="next" value="/console/who?day=2026-03-02"'
        in reader.get(sent_away.headers["location"]).text
    )
    answer = reader.sign_in("ada@example.com", next="/console/who?day=2026-03-02")
    assert answer.headers["location"] == "/console/who?day=2026-03-02"
    assert reader.get(answer.headers["location"]).text == f"staff:{people['ada']} -1"


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "evil", "",
     "\\\\evil.example", "/ /evil.example", "javascript:alert(1)", "/\n//evil.example"],
)  # fmt: skip
def test_signing_in_leads_nowhere_else(
    reader: Reader, people: dict[str, int], elsewhere: str
) -> None:
    answer = reader.sign_in("ada@example.com", next=elsewhere)
    assert answer.headers["location"] == "/console"


def test_a_wrong_password_shows_the_form_again_with_the_email_kept(
    reader: Reader, people: dict[str, int]
) -> None:
    page = reader.sign_in("ada@example.com", "wrong wrong wrong")
    assert page.status_code == 401
    assert "That e-mail and password do not go together." in words_of(page)
    assert 'value="ada@example.com"' in page.text
    assert "wrong wrong wrong" not in page.text
    assert "session" not in reader.client.cookies


def test_too_many_attempts_are_told_when_to_come_back_known_or_not(
    reader: Reader, people: dict[str, int]
) -> None:
    told = []
    for email in ("ada@example.com", "nobody@example.com"):
        for _ in range(5):
            assert reader.sign_in(email, "wrong wrong wrong").status_code == 401
        page = reader.sign_in(email)
        told.append((page.status_code, page.headers["retry-after"], words_of(page)))
    assert told[0] == told[1]
    assert told[0][:2] == (429, "901")
    assert "Too many attempts. Try again in 16 min." in told[0][2]


def test_the_address_is_the_connections_whatever_a_header_says(
    reader: Reader, people: dict[str, int], database: Database
) -> None:
    reader.post("/sign-in", {"email": "x", "password": "y"}, **{"x-forwarded-for": "203.0.113.5"})
    with database.work() as work:
        assert work.value("SELECT address FROM sign_in_attempt") == "testclient"


def test_the_session_cookie_is_out_of_reach(open_app: Open, people: dict[str, int]) -> None:
    plain = open_app().sign_in("ada@example.com").headers.get_list("set-cookie")
    assert any(
        c.startswith("session=") and "HttpOnly" in c and "SameSite=Lax" in c and "Secure" not in c
        for c in plain
    )
    reader = open_app(public_url="https://company.example")
    secure = reader.sign_in("ada@example.com").headers.get_list("set-cookie")
    assert any(
        c.startswith("__Host-session=")
        and all(part in c for part in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/"))
        and "Domain" not in c
        for c in secure
    )


def test_a_session_planted_before_sign_in_is_worth_nothing_after(
    reader: Reader, people: dict[str, int]
) -> None:
    reader.sign_in("ada@example.com")
    before = reader.client.cookies["session"]
    reader.sign_in("fia@example.com")
    assert reader.client.cookies["session"] != before
    reader.client.cookies.set("session", before)
    assert reader.get("/console/who").status_code == 303


def test_signing_out_ends_the_session_on_the_server(reader: Reader, people: dict[str, int]) -> None:
    reader.sign_in("ada@example.com")
    kept = reader.client.cookies["session"]
    answer = reader.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "session" not in reader.client.cookies
    assert "You are signed out." in words_of(reader.get("/"))
    assert "You are signed out." not in words_of(reader.get("/"))
    reader.client.cookies.set("session", kept)
    assert reader.get("/console/who").status_code == 303


def test_an_idle_session_is_sent_to_the_sign_in_page(
    reader: Reader, people: dict[str, int], clock: FixedClock
) -> None:
    reader.sign_in("ada@example.com")
    clock.move(timedelta(hours=11))
    assert reader.get("/console/who").status_code == 200
    clock.move(timedelta(hours=13))
    assert reader.get("/console/who").headers["location"] == "/sign-in?next=%2Fconsole%2Fwho"


def test_a_form_sent_without_a_session_is_refused(reader: Reader) -> None:
    page = reader.post("/console/change")
    assert page.status_code == 401
    assert "Sign in to go on." in words_of(page)


ROLES = [
    # who, console, console's money, desk, portal
    ("ada", 200, 200, 200, 403),
    ("fia", 200, 200, 403, 403),
    ("per", 200, 403, 200, 403),
    ("li", 200, 403, 200, 403),
    ("elin", 403, 403, 403, 200),
    ("nils", 403, 403, 403, 403),
]


@pytest.mark.parametrize(("name", "in_console", "money", "desk", "portal"), ROLES)
def test_each_role_reaches_its_own_pages_alone(
    reader: Reader,
    people: dict[str, int],
    name: str,
    in_console: int,
    money: int,
    desk: int,
    portal: int,
) -> None:
    reader.sign_in(f"{name}@example.com")
    paths = ("/console/who", "/console/money", "/desk/who", "/portal/who")
    assert tuple(reader.get(path).status_code for path in paths) == (
        in_console, money, desk, portal,
    )  # fmt: skip


def test_a_role_taken_back_ends_access_at_the_next_request(
    reader: Reader, people: dict[str, int], database: Database
) -> None:
    reader.sign_in("fia@example.com")
    assert reader.get("/console/money").status_code == 200
    with database.work() as work:
        identity.revoke(work, people["fia"], "finance")
    page = reader.get("/console/money")
    assert page.status_code == 403
    assert "Your role does not open this page." in words_of(page)


def test_an_affiliates_work_is_bound_to_them(reader: Reader, people: dict[str, int]) -> None:
    reader.sign_in("elin@example.com")
    assert reader.get("/portal/who").text == "affiliate:1 1"


def test_who_acts_for_several_affiliates_chooses_and_only_among_their_own(
    reader: Reader, people: dict[str, int]
) -> None:
    reader.sign_in("sam@example.com")
    assert reader.get("/portal/who").headers["location"] == "/choose?next=%2Fportal%2Fwho"
    page = reader.get("/choose?next=/portal/who")
    assert words_of(page) == "Whom do you act for? Elin Maja"
    answer = reader.post("/choose", {"affiliate": "2", "next": "/portal/who"})
    assert answer.headers["location"] == "/portal/who"
    assert reader.get("/portal/who").text == "affiliate:2 2"
    reader.post("/choose", {"affiliate": "3"})
    assert reader.get("/portal/who").status_code == 303


def test_an_affiliate_cannot_choose_another(reader: Reader, people: dict[str, int]) -> None:
    reader.sign_in("elin@example.com")
    reader.post("/choose", {"affiliate": "2"})
    assert reader.get("/portal/who").text == "affiliate:1 1"


# ------------------------------------------------------------------------------ forged requests


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {}},
        {"data": {"csrf_token": ""}},
        {"data": {"csrf_token": "guessed"}},
        {"data": {"csrf_token": "å"}},
        {"files": {"x": ("x.txt", b"x")}},
        {"content": b"csrf_token=x", "headers": {"content-type": "text/plain"}},
        {"content": b"", "headers": {}},
        {"json": {"csrf_token": "x"}},
        {"data": {}, "headers": {"x-csrf-token": "guessed"}},
    ],
)
def test_a_change_without_the_token_is_refused_however_it_is_sent(
    reader: Reader, people: dict[str, int], sent: dict[str, Any]
) -> None:
    reader.sign_in("ada@example.com")
    headers = {"accept": "text/html"} | sent.pop("headers", {})
    page = reader.client.post("/console/change", headers=headers, **sent)
    assert page.status_code == 403
    assert "This form is too old or came from another page." in words_of(page)


def test_the_token_is_taken_from_a_form_or_a_header(reader: Reader, people: dict[str, int]) -> None:
    reader.sign_in("ada@example.com")
    token = reader.token()
    assert reader.post("/console/change").status_code == 200
    assert reader.client.post("/console/change", headers={"x-csrf-token": token}).status_code == 200
    assert reader.client.post(
        "/console/change", data={"csrf_token": token}, files={"f": b"x"}
    ).status_code == 200  # fmt: skip


def test_a_token_opens_nothing_in_another_session(open_app: Open, people: dict[str, int]) -> None:
    ada, fia = open_app(), open_app()
    ada.sign_in("ada@example.com")
    fia.sign_in("fia@example.com")
    token = fia.token()
    # Even with the cookie that belongs to the token planted in the other's browser.
    ada.client.cookies.set("csrf", fia.client.cookies["csrf"])
    assert ada.post("/console/change", {"csrf_token": token}).status_code == 403


def test_a_token_from_before_sign_in_opens_nothing_after(
    reader: Reader, people: dict[str, int]
) -> None:
    before = reader.token()
    reader.sign_in("ada@example.com")
    assert reader.post("/console/change", {"csrf_token": before}).status_code == 403


@pytest.mark.parametrize(("site", "status"), [("same-origin", 200), ("none", 200),
                                              ("same-site", 403), ("cross-site", 403)])  # fmt: skip
def test_what_the_browser_says_of_where_the_form_stood_counts_too(
    reader: Reader, people: dict[str, int], site: str, status: int
) -> None:
    reader.sign_in("ada@example.com")
    page = reader.post("/console/change", {}, **{"sec-fetch-site": site})
    assert page.status_code == status


def test_a_cookie_from_elsewhere_never_reaches_a_page(reader: Reader) -> None:
    reader.client.cookies.set("csrf", '"><script>alert(1)</script>')
    reader.client.cookies.set("lang", '"><b>')
    reader.client.cookies.set("notice", '"><b>')
    page = reader.get("/sign-in")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<b>" not in page.text


# -------------------------------------------------------------------------------------- set-up


def test_the_setup_page_makes_the_first_admin_once(reader: Reader, database: Database) -> None:
    with database.work() as work:
        token = identity.make_setup_token(work)
    assert "mainstem setup-token" in words_of(reader.get("/"))
    assert f'type="hidden" name="token" value="{token}"' in reader.get(f"/setup?token={token}").text
    fields = {"token": token, "name": "Ada", "email": "ada@example.com", "password": PASSWORD}
    answer = reader.post("/setup", fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert "Your company is set up." in words_of(reader.get("/sign-in"))
    assert reader.sign_in("ada@example.com").headers["location"] == "/console"
    assert reader.get(f"/setup?token={token}").status_code == 404
    assert reader.post("/setup", fields | {"email": "eve@example.com"}).status_code == 404
    assert "mainstem setup-token" not in words_of(reader.get("/"))


def test_the_setup_page_says_what_to_mend_and_keeps_what_was_written(
    reader: Reader, database: Database
) -> None:
    with database.work() as work:
        token = identity.make_setup_token(work)
    fields = {"token": token, "name": "Ada", "email": "ada@example", "password": PASSWORD}
    page = reader.post("/setup", fields)
    assert page.status_code == 422
    assert "Write an e-mail, like name@example.com." in words_of(page)
    assert 'value="Ada"' in page.text
    assert PASSWORD not in page.text
    page = reader.post("/setup", fields | {"email": "ada@example.com", "password": "kort"})
    assert page.status_code == 422
    assert "Choose at least 12 characters." in words_of(page)
    page = reader.post("/setup", fields | {"token": "mst_guessed"})
    assert page.status_code == 403
    assert "This set-up link is not valid any more." in words_of(page)


def test_a_password_is_taken_as_it_was_typed(reader: Reader, database: Database) -> None:
    with database.work() as work:
        token = identity.make_setup_token(work)
    spaced = "  med blanksteg runt om  "
    fields = {"token": token, "name": "Ada", "email": "ada@example.com", "password": spaced}
    assert reader.post("/setup", fields).status_code == 303
    assert reader.sign_in("ada@example.com", spaced.strip()).status_code == 401
    assert reader.sign_in("ada@example.com", spaced).status_code == 303


def test_what_is_behind_a_session_is_kept_by_no_cache(
    reader: Reader, people: dict[str, int]
) -> None:
    reader.sign_in("ada@example.com")
    for path in ("/console/who", "/sign-in", "/nope"):
        assert reader.get(path).headers["cache-control"] == "no-store"
