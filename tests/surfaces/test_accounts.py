"""The account of whoever is signed in, and the doors to it: over HTTP, as a browser sees them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.authenticator import SoftwareAuthenticator, code_of
from tests.surfaces.conftest import PASSWORD, Open, Reader, words_of

from mainstem import flow, identity, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Work

NEW = "måsarna sover på taket"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Safari/604.1"


@pytest.fixture
def database(database_url: str, clock: FixedClock) -> Iterator[Database]:
    """The company's database, as the app at its public address has it."""
    tools = flow.tools(public_url="http://company.example", secret="a secret" * 4)
    made = Database(database_url, clock=clock, tools=tools, pool=4)
    yield made
    made.close()


@pytest.fixture
def fia(open_app: Open, people: dict[str, int]) -> Reader:
    reader = open_app()
    assert reader.sign_in("fia@example.com").status_code == 303
    return reader


def mail_is_on(database: Database) -> None:
    with database.work() as work:
        work.run(
            """INSERT INTO mail_settings (sender_name, sender_address)
               VALUES ('Company', 'hello@company.example')"""
        )


def told(database: Database) -> list[tuple[str, str]]:
    """What was mailed by now: why, and what of it."""
    worker.drain(database)
    with database.work() as work:
        rows = work.rows("SELECT reason, coalesce(context->>'what', '') FROM mail ORDER BY id")
    return [tuple(row) for row in rows]


def set_up_app(reader: Reader, clock: FixedClock) -> tuple[str, list[str]]:
    """By the pages: the app's secret and the recovery codes."""
    assert reader.post("/account/authenticator").headers["location"] == "/account/authenticator"
    page = reader.get("/account/authenticator")
    found = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page.text)
    assert found and "<svg" in page.text and "otpauth" not in words_of(page)
    secret = found[1].replace(" ", "")
    kept = reader.post(
        "/account/authenticator/confirmation", {"code": code_of(secret, clock.now())}
    )
    codes = re.findall(r"<li><code>([A-Z0-9-]{14})</code>", kept.text)
    assert (kept.status_code, len(codes)) == (200, 10)
    clock.move(timedelta(minutes=2))
    return secret, codes


# ------------------------------------------------------------------------- the password


def test_a_password_is_changed_and_every_other_session_ends(
    open_app: Open, fia: Reader, database: Database
) -> None:
    mail_is_on(database)
    elsewhere = open_app()
    elsewhere.sign_in("fia@example.com")
    wrong = fia.post("/account/password", {"old": "inte min mening", "password": "kort"})
    assert wrong.status_code == 422
    assert "This is not your password." in words_of(wrong)
    assert "inte min mening" not in wrong.text
    answer = fia.post("/account/password", {"old": PASSWORD, "password": NEW})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert "Your password is changed" in words_of(fia.get("/account"))
    assert elsewhere.get("/account").status_code == 303
    assert open_app().sign_in("fia@example.com").status_code == 401
    assert ("credentials_changed", "password.changed") in told(database)


def test_a_forgotten_password_is_answered_the_same_whoever_has_the_email(
    open_app: Open, people: dict[str, int], database: Database
) -> None:
    mail_is_on(database)
    answers = []
    for email in ("fia@example.com", "nobody@example.com", "not an e-mail"):
        reader = open_app()
        sent = reader.post("/sign-in/forgotten", {"email": email})
        page = reader.get(sent.headers["location"])
        answers.append((sent.status_code, sent.headers["location"], words_of(page)))
    assert answers[0] == answers[1] == answers[2]
    assert told(database) == [("password_reset", "")]


def test_a_forgotten_password_asks_the_database_the_same_whoever_has_the_email(
    reader: Reader,
    people: dict[str, int],
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What takes as long is what does the same: statement by statement, known or not."""
    asked: list[str] = []
    rows, run = Work.rows, Work.run

    def noted_rows(work: Work, sql: str, **values: Any) -> list[Any]:
        asked.append(sql)
        return rows(work, sql, **values)

    def noted_run(work: Work, sql: str, **values: Any) -> int:
        asked.append(sql)
        return run(work, sql, **values)

    token = reader.token()
    monkeypatch.setattr(Work, "rows", noted_rows)
    monkeypatch.setattr(Work, "run", noted_run)
    done = []
    for email in ("fia@example.com", "nobody@example.com"):
        asked.clear()
        reader.client.post("/sign-in/forgotten", data={"csrf_token": token, "email": email})
        done.append([sql for sql in asked if "company_profile" not in sql])
    assert done[0] == done[1]
    assert any("INSERT INTO password_reset_request" in sql for sql in done[0])


def test_a_mailed_link_opens_once_and_the_second_factor_is_still_asked_for(
    open_app: Open, fia: Reader, database: Database, clock: FixedClock
) -> None:
    secret, _ = set_up_app(fia, clock)
    mail_is_on(database)
    reader = open_app()
    reader.post("/sign-in/forgotten", {"email": "FIA@example.com"})
    worker.drain(database)
    with database.work() as work:
        reference = work.value(
            "SELECT context->>'reference' FROM mail WHERE reason = 'password_reset'"
        )
        request = work.value("SELECT id FROM password_reset_request")
    assert reference == str(request)
    link = f"/sign-in/new-password?token={identity.reset_token(database.tools.secret, request)}"
    assert 'value="fia@example.com"' in reader.get(link).text
    token = link.partition("=")[2]
    weak = reader.post("/sign-in/new-password", {"token": token, "password": "kort"})
    assert (weak.status_code, "at least 12" in words_of(weak)) == (422, True)
    done = reader.post("/sign-in/new-password", {"token": token, "password": NEW})
    assert done.headers["location"] == "/sign-in"
    assert fia.get("/account").status_code == 303, "every session has ended"
    assert reader.get(link).status_code == 403
    again = reader.post("/sign-in/new-password", {"token": token, "password": "en annan mening då"})
    assert again.status_code == 403
    step = reader.sign_in("fia@example.com", NEW)
    assert step.headers["location"] == "/sign-in/second-step"
    assert reader.get("/console").status_code == 303, "half way is no session"
    reader.post("/sign-in/second-step", {"code": code_of(secret, clock.now())})
    assert reader.get("/account").status_code == 200
    assert ("credentials_changed", "password.reset") in told(database)


def test_links_asked_for_too_often_are_told_when_for_everybody_alike(
    open_app: Open, people: dict[str, int]
) -> None:
    said = []
    for email in ("fia@example.com", "nobody@example.com"):
        reader = open_app()
        for _ in range(3):
            assert reader.post("/sign-in/forgotten", {"email": email}).status_code == 303
        page = reader.post("/sign-in/forgotten", {"email": email})
        said.append((page.status_code, page.headers["retry-after"], words_of(page)))
    assert said[0] == said[1]
    assert said[0][0] == 429


# ------------------------------------------------------------------------- the second factor


def test_signing_in_asks_for_the_code_and_goes_on_where_it_was_going(
    open_app: Open, fia: Reader, clock: FixedClock, database: Database
) -> None:
    secret, _ = set_up_app(fia, clock)
    reader = open_app()
    step = reader.sign_in("fia@example.com", next="/console/orders")
    assert step.headers["location"] == "/sign-in/second-step?next=%2Fconsole%2Forders"
    assert "session" not in reader.client.cookies
    page = reader.get(step.headers["location"])
    assert "The code of your authenticator app" in words_of(page)
    wide = "".join(chr(0xFF10 + int(digit)) for digit in code_of(secret, clock.now()))
    for wrong in ("000000", wide, "", "12345"):
        refused = reader.post("/sign-in/second-step", {"code": wrong, "next": "/console/orders"})
        assert (refused.status_code, "This code is not right." in words_of(refused)) == (422, True)
    come = reader.post(
        "/sign-in/second-step", {"code": code_of(secret, clock.now()), "next": "/console/orders"}
    )
    assert come.headers["location"] == "/console/orders"
    assert reader.get("/console/orders").status_code == 200
    replayed = open_app()
    replayed.sign_in("fia@example.com")
    used = replayed.post("/sign-in/second-step", {"code": code_of(secret, clock.now())})
    assert used.status_code == 422


def test_who_is_not_half_way_begins_at_the_password(reader: Reader, people: dict[str, int]) -> None:
    assert reader.get("/sign-in/second-step").headers["location"] == "/sign-in"
    for path in ("", "/recovery", "/passkey"):
        answer = reader.post(f"/sign-in/second-step{path}", {"code": "123456"})
        assert answer.headers["location"] == "/sign-in", path
    options = reader.post("/sign-in/second-step/passkey/options", accept="application/json")
    assert (options.status_code, options.json()["code"]) == (401, "sign_in_over")


def test_a_recovery_code_lets_in_once_and_a_mail_says_how_many_are_left(
    open_app: Open, fia: Reader, clock: FixedClock, database: Database
) -> None:
    _, codes = set_up_app(fia, clock)
    mail_is_on(database)
    for status in (303, 422):
        reader = open_app()
        reader.sign_in("fia@example.com")
        answer = reader.post("/sign-in/second-step/recovery", {"recovery": codes[0].lower()})
        assert answer.status_code == status
    assert ("credentials_changed", "recovery_code.used") in told(database)
    with database.work() as work:
        assert (
            work.value(
                "SELECT context->'codes_left' FROM mail WHERE context->>'what' = 'recovery_code.used'"
            )
            == 9
        )


def test_a_passkey_is_added_opens_and_is_removed(
    open_app: Open, fia: Reader, clock: FixedClock, database: Database
) -> None:
    mail_is_on(database)
    key = SoftwareAuthenticator("http://company.example", "company.example")
    options = fia.post("/account/passkeys/options", accept="application/json")
    assert options.headers["content-type"].startswith("application/json")
    before = fia.client.cookies["session"]
    added = fia.post(
        "/account/passkeys", {"credential": key.creates(options.text)}, **{"user-agent": SAFARI}
    )
    assert "Keep these recovery codes" in words_of(added)
    assert fia.client.cookies["session"] != before
    found = re.search(r'name="csrf_token" value="([^"]+)"', added.text)
    assert found
    language = fia.client.post("/language", data={"csrf_token": found[1], "lang": "en"})
    assert language.status_code == 303, "the page that comes with a new session has forms that work"
    assert "Safari on iPhone" in words_of(fia.get("/account"))

    reader = open_app()
    assert reader.sign_in("fia@example.com").headers["location"] == "/sign-in/second-step"
    asked = reader.post("/sign-in/second-step/passkey/options", accept="application/json").text
    bad = SoftwareAuthenticator(
        "https://evil.example", "company.example", credential_id=key.credential_id, key=key.key
    )
    refused = reader.post("/sign-in/second-step/passkey", {"credential": bad.signs(asked)})
    assert (refused.status_code, "did not work" in words_of(refused)) == (422, True)
    asked = reader.post("/sign-in/second-step/passkey/options", accept="application/json").text
    come = reader.post("/sign-in/second-step/passkey", {"credential": key.signs(asked)})
    assert come.headers["location"] == "/console"

    with database.work() as work:
        id = work.value("SELECT id FROM passkey")
    assert reader.post(f"/account/passkeys/{id}/removal").status_code == 303
    assert open_app().sign_in("fia@example.com").headers["location"] == "/console"
    changes = [what for reason, what in told(database) if reason == "credentials_changed"]
    assert changes == [
        "second_factor.added:passkey",
        "recovery_codes.made",
        "second_factor.removed:passkey",
    ]


def test_whoever_signs_in_again_is_asked_for_all_that_they_have(
    fia: Reader, clock: FixedClock
) -> None:
    secret, _ = set_up_app(fia, clock)
    clock.move(timedelta(minutes=20))
    step = fia.post("/sign-in/again", {"password": PASSWORD, "next": "/account/password"})
    assert step.headers["location"] == "/sign-in/second-step?next=%2Faccount%2Fpassword"
    assert fia.get("/account/password").status_code == 303, "the password alone is not enough"
    fia.post(
        "/sign-in/second-step", {"code": code_of(secret, clock.now()), "next": "/account/password"}
    )
    assert fia.get("/account/password").status_code == 200


def test_recovery_codes_are_made_anew_and_shown_once(fia: Reader, clock: FixedClock) -> None:
    nothing = fia.post("/account/recovery-codes")
    assert nothing.headers["location"] == "/account"
    _, old = set_up_app(fia, clock)
    page = fia.post("/account/recovery-codes")
    new = re.findall(r"<li><code>([A-Z0-9-]{14})</code>", page.text)
    assert len(new) == 10 and not set(new) & set(old)
    assert not any(code in fia.get("/account").text for code in new)


def test_an_admin_removes_what_a_colleague_has_lost(
    open_app: Open, fia: Reader, people: dict[str, int], clock: FixedClock, database: Database
) -> None:
    set_up_app(fia, clock)
    mail_is_on(database)
    ada = open_app()
    ada.sign_in("ada@example.com")
    at = f"/console/setup/people/{people['fia']}/second-factor/removal"
    assert at in ada.get("/console/setup/people").text
    missing = ada.post(at, {"reason": "", "person": str(people["fia"])})
    assert (missing.status_code, "Say why" in words_of(missing)) == (422, True)
    assert ada.post(at, {"reason": "Phone stolen; called back."}).status_code == 303
    assert fia.get("/account").status_code == 303
    assert open_app().sign_in("fia@example.com").headers["location"] == "/console"
    assert ("credentials_changed", "second_factor.reset") in told(database)
    with database.work() as work:
        row = work.one(
            """SELECT context->>'by' AS by, context->>'reason' AS reason FROM mail
                WHERE context->>'what' = 'second_factor.reset'"""
        )
    assert tuple(row) == ("Ada", "Phone stolen; called back.")
    assert ada.post(at, {"reason": "Again."}).status_code == 409
    assert fia.sign_in("fia@example.com").status_code == 303
    assert fia.post(at, {"reason": "My own."}).status_code == 403, "only an admin"


# ------------------------------------------------------------------------- sessions


def test_sessions_are_listed_in_words_and_ended(
    open_app: Open, fia: Reader, people: dict[str, int]
) -> None:
    telephone = open_app()
    telephone.post(
        "/sign-in", {"email": "fia@example.com", "password": PASSWORD}, **{"user-agent": SAFARI}
    )
    page = words_of(fia.get("/account"))
    assert "Safari on iPhone" in page and "This one" in page
    [id] = re.findall(r"/account/sessions/(\d+)/end", fia.get("/account").text)
    per = open_app()
    per.sign_in("per@example.com")
    per.post(f"/account/sessions/{id}/end")
    assert telephone.get("/account").status_code == 200, "nobody ends another's"
    for _ in range(2):
        assert fia.post(f"/account/sessions/{id}/end").headers["location"] == "/account"
    assert telephone.get("/account").status_code == 303
    assert fia.get("/account").status_code == 200


def test_an_admin_signs_somebody_out_everywhere_and_a_mail_says_why(
    open_app: Open, fia: Reader, people: dict[str, int], database: Database
) -> None:
    mail_is_on(database)
    ada = open_app()
    ada.sign_in("ada@example.com")
    at = f"/console/setup/people/{people['fia']}/sessions/end"
    assert at in ada.get("/console/setup/people").text
    missing = ada.post(at, {"reason": "", "signs_out": str(people["fia"])})
    assert (missing.status_code, "Say why" in words_of(missing)) == (422, True)
    assert fia.get("/account").status_code == 200
    ada.post(at, {"reason": "Laptop stolen."})
    assert "signed out everywhere" in words_of(ada.get("/console/setup/people"))
    assert fia.get("/account").status_code == 303
    ada.post(at, {"reason": "Again."})
    assert "They are signed in nowhere." in words_of(ada.get("/console/setup/people"))
    assert told(database) == [("credentials_changed", "sessions.revoked")]
    with database.work() as work:
        row = work.one("SELECT context->>'by' AS by, context->>'reason' AS reason FROM mail")
    assert tuple(row) == ("Ada", "Laptop stolen.")
    fia.sign_in("fia@example.com")
    assert fia.post(at, {"reason": "My own."}).status_code == 403, "only an admin"
    assert ada.post("/console/setup/people/999/sessions/end", {"reason": "x"}).status_code == 404


def test_an_admin_signs_everybody_out_but_themselves(
    open_app: Open, fia: Reader, people: dict[str, int], database: Database, clock: FixedClock
) -> None:
    set_up_app(fia, clock)
    mail_is_on(database)
    elin, ada, half = open_app(), open_app(), open_app()
    elin.sign_in("elin@example.com")
    ada.sign_in("ada@example.com")
    assert half.sign_in("fia@example.com").headers["location"].startswith("/sign-in/")
    at = "/console/setup/people/sessions/end"
    assert ada.post(at, {"reason": "", "signs_out": "everybody"}).status_code == 422
    assert ada.post(at, {"reason": "Our addresses were in a leak."}).status_code == 303
    page = words_of(ada.get("/console/setup/people"))
    assert "2 people are signed out everywhere" in page
    assert elin.get("/portal").status_code == fia.get("/account").status_code == 303
    late = half.get(half.sign_in("nobody@example.com").url.path)
    assert late.status_code == 200
    changed = [what for reason, what in told(database) if reason == "credentials_changed"]
    assert changed.count("sessions.revoked") == 2
    ada.post(at, {"reason": "Again."})
    assert "Nobody else is signed in." in words_of(ada.get("/console/setup/people"))


def test_an_affiliates_people_are_found_from_their_page_and_signed_out(
    open_app: Open, people: dict[str, int], database: Database
) -> None:
    elin, ada = open_app(), open_app()
    elin.sign_in("elin@example.com")
    ada.sign_in("ada@example.com")
    with database.work() as work:
        slug = work.value(
            """SELECT a.slug FROM affiliate a JOIN membership m ON m.affiliate_id = a.id
                WHERE m.person_id = %(id)s LIMIT 1""",
            id=people["elin"],
        )
    edit = ada.get(f"/console/setup/affiliates/edit?key={slug}").text
    assert f'href="/console/setup/people?affiliate={slug}"' in edit
    page = ada.get(f"/console/setup/people?affiliate={slug}").text
    at = f"/console/setup/people/{people['elin']}/sessions/end"
    assert at in page and "ada@example.com" not in page
    ada.post(at, {"reason": "They asked us to."})
    assert elin.get("/portal").status_code == 303


def test_signing_out_everywhere_ends_all_sessions(open_app: Open, fia: Reader) -> None:
    other = open_app()
    other.sign_in("fia@example.com")
    assert fia.post("/account/sessions/end").headers["location"] == "/sign-in"
    assert other.get("/account").status_code == fia.get("/account").status_code == 303


def test_a_sign_in_from_a_new_device_is_told_and_from_a_known_one_not(
    open_app: Open, fia: Reader, database: Database
) -> None:
    mail_is_on(database)
    fia.post("/sign-out")
    fia.sign_in("fia@example.com")
    assert told(database) == []
    other = open_app()
    other.post(
        "/sign-in", {"email": "fia@example.com", "password": PASSWORD}, **{"user-agent": SAFARI}
    )
    assert told(database) == [("new_device", "")]
    with database.work() as work:
        context = work.value("SELECT context FROM mail")
    assert (context["browser"], context["system"]) == ("Safari", "iPhone")


def test_everybody_has_an_account_page_and_nobody_without_a_session(
    open_app: Open, people: dict[str, int]
) -> None:
    away = open_app().get("/account")
    assert away.headers["location"] == "/sign-in?next=%2Faccount"
    for name in ("ada", "per", "li", "sam", "nils"):
        reader = open_app()
        reader.sign_in(f"{name}@example.com")
        assert f"{name}@example.com" in words_of(reader.get("/account"))
    elin = open_app()
    elin.sign_in("elin@example.com")
    assert "Inloggning och säkerhet" in words_of(elin.get("/account"))
    assert 'href="/account"' in elin.get("/portal").text


# ------------------------------------------------------------------------- what programs look for


def test_security_txt_says_whom_to_tell(
    reader: Reader, database: Database, clock: FixedClock
) -> None:
    assert reader.get("/.well-known/security.txt").status_code == 404
    with database.work() as work:
        work.run(
            """INSERT INTO company_profile (name, legal_name, number, country, line1, postal_code, city, email,
                                            languages, currencies, zone)
               VALUES ('Company', 'Company AB', '556123-4567', 'SE', 'A 1', '111 11', 'B',
                       'safe@company.example', '{sv,en}', '{SEK}', 'Europe/Stockholm')"""
        )
    answer = reader.get("/.well-known/security.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields == {
        "Contact": "mailto:safe@company.example",
        "Expires": "2026-08-29T00:00:00Z",
        "Canonical": "http://company.example/.well-known/security.txt",
        "Preferred-Languages": "sv, en",
    }
    clock.move(timedelta(days=300))
    assert "Expires: 2027-06-25T00:00:00Z" in reader.get("/.well-known/security.txt").text


def test_a_password_manager_finds_where_a_password_is_changed(reader: Reader) -> None:
    answer = reader.get("/.well-known/change-password")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/password")
