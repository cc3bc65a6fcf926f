"""Mail on pages: the outbox, previews, a demo's inboxes, and the choice of what to get."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from tests.company import KETTLE, a_paid_order

from mainstem import mail, worker
from mainstem.kit.db import Database
from mainstem.kit.settings import Settings
from mainstem.mail import MESSAGES

from .conftest import Open, words_of
from .staff import Staff, staffed


@pytest.fixture
def company(database: Database, open_app: Open) -> Staff:
    """A company whose mail is from somebody, with one order that was told of."""
    staff = staffed(database, open_app)
    with database.work() as work:
        mail.save_settings(
            work, mail.MailSettings(sender_name="Alder & Co", sender_address="a@alder.example")
        )
        a_paid_order(work, staff.company.shop, (KETTLE, 1))
    worker.drain(database)
    return staff


def the_mail(database: Database) -> Any:
    with database.work() as work:
        return work.row("SELECT * FROM mail WHERE reason = 'order_confirmed'")


def test_staff_see_what_was_told_and_read_it(company: Staff, database: Database) -> None:
    ada = company.reader("ada")
    listed = ada.get("/console/mail")
    assert "Order confirmed" in words_of(listed)
    assert "ada@example.com" in words_of(listed)
    assert "No mail server is set" in words_of(listed)
    row = the_mail(database)
    page = ada.get(f"/console/mail/{row.home_id}/{row.id}")
    assert page.status_code == 200
    assert "är bekräftad" in words_of(page), "in the client's language"
    frame = re.search(r'<iframe[^>]*src="([^"]+)"[^>]*sandbox="([^"]*)"', page.text)
    assert frame
    assert "allow-scripts" not in frame[2]
    inside = ada.get(frame[1])
    assert inside.headers["x-frame-options"] == "SAMEORIGIN"
    policy = inside.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "frame-ancestors 'self'" in policy
    assert "<script" not in inside.text


def test_a_link_that_staff_see_only_shows(company: Staff, database: Database) -> None:
    row = the_mail(database)
    inside = company.reader("ada").get(f"/console/mail/{row.home_id}/{row.id}/html")
    links = re.findall(r"/order/([A-Za-z0-9._-]+)", inside.text)
    from mainstem.identity import rights_of

    assert links
    for token in links:
        assert rights_of("a secret" * 4, token) == frozenset()


def test_mail_is_for_admins(company: Staff, database: Database) -> None:
    row = the_mail(database)
    for name in ("fia", "per", "li"):
        reader = company.reader(name)
        for path in ("", "/preview", f"/{row.home_id}/{row.id}", f"/{row.home_id}/{row.id}/html"):
            assert reader.get(f"/console/mail{path}").status_code in (403, 404), path


def test_the_list_is_narrowed_and_turned(company: Staff, database: Database) -> None:
    with database.work() as work:
        for no in range(60):
            to = mail.Recipient(f"client{no}@example.com", f"Client {no}", "en")
            context = mail.ApplicationStep(name="A", affiliate="A", application_id=UUID(int=1))
            mail.queue(work, "application_received", to=to, subject=no, context=context)
    ada = company.reader("ada")
    first = ada.get("/console/mail")
    assert first.text.count('data-label="Message"') == 50
    following = re.search(r'href="([^"]+)" rel="next"|rel="next"[^>]*href="([^"]+)"', first.text)
    following = following or re.search(r'href="(/console/mail\?page=[^"]+)"', first.text)
    assert following
    second = ada.get(str(following[1] or following[2]).replace("&amp;", "&"))
    assert second.text.count('data-label="Message"') == 11
    one = ada.get("/console/mail?to=Client7@Example.com")
    assert one.text.count('data-label="Message"') == 1
    assert "Failed" in ada.get("/console/mail?state=failed").text


def test_an_address_that_bounced_is_shown_and_written_to_again(
    company: Staff, database: Database
) -> None:
    with database.work() as work:
        mail.mark_bounced(work, "gone@example.com", "550 5.1.1 no such user")
    ada = company.reader("ada")
    assert "550 5.1.1 no such user" in words_of(ada.get("/console/mail"))
    answer = ada.post("/console/mail/bounces", {"address": "gone@example.com"})
    assert answer.status_code == 303
    assert "gone@example.com" not in words_of(ada.get("/console/mail"))


@pytest.mark.parametrize("locale", ["en", "sv"])
def test_every_message_is_previewed(company: Staff, locale: str) -> None:
    ada = company.reader("ada")
    index = ada.get(f"/console/mail/preview?in={locale}")
    for reason in MESSAGES:
        assert f"reason={reason}&amp;in={locale}" in index.text, reason
        page = ada.get(f"/console/mail/preview?reason={reason}&in={locale}")
        assert page.status_code == 200
        inside = ada.get(f"/console/mail/preview/{reason}/{locale}")
        assert f'lang="{locale}"' in inside.text
    assert ada.get("/console/mail/preview/nothing/en").status_code == 404
    assert ada.get("/console/mail/preview/order_confirmed/de").status_code == 404


def test_a_test_message_goes_to_whoever_asks(company: Staff, database: Database) -> None:
    ada = company.reader("ada")
    for _ in range(2):
        answer = ada.post("/console/mail/preview/payout_sent/en")
        assert answer.status_code == 303
    with database.work() as work:
        rows = work.rows("SELECT * FROM mail WHERE reason = 'payout_sent'")
    assert [row.recipient for row in rows] == ["ada@example.com"] * 2


def test_a_demo_shows_each_persons_inbox(
    company: Staff, database: Database, open_app: Open
) -> None:
    anybody = open_app()
    people = anybody.get("/inbox")
    assert "ada@example.com" in words_of(people)
    inbox = anybody.get("/inbox?to=ada%40example.com")
    assert "Order confirmed" in words_of(inbox)
    url = re.search(r'href="(/inbox/\d+/[0-9a-f-]+)"', inbox.text)
    assert url
    assert "är bekräftad" in words_of(anybody.get(url[1]))
    inside = anybody.get(f"{url[1]}/html")
    assert '<base target="_blank">' in inside.text
    link = re.search(r'href="http://company\.example(/order/[^"]+)"', inside.text)
    assert link
    assert anybody.get(link[1]).status_code == 200, "it opens the order"


def test_a_company_in_earnest_has_no_open_inbox(
    company: Staff, database: Database, open_app: Open
) -> None:
    row = the_mail(database)
    reader = open_app(mode="production")
    for path in ("/inbox", f"/inbox/{row.home_id}/{row.id}", f"/inbox/{row.home_id}/{row.id}/html"):
        assert reader.get(path).status_code == 404, path


# ---------------------------------------------------------------- what one chooses to get


def choice(database: Database, person_id: int) -> str:
    with database.work() as work:
        return mail.choice_of(work, person_id, "weekly_summary")


def test_a_link_shows_the_choice_and_changes_it(
    company: Staff, database: Database, open_app: Open, settings: Settings
) -> None:
    token = mail.preference_token(settings.secret, company.ids["fia"], "weekly_summary")
    anybody = open_app()
    page = anybody.get(f"/mail/preference/{token}")
    assert "The company's week" in words_of(page)
    assert choice(database, company.ids["fia"]) == "weekly", "to open it changes nothing"
    answer = anybody.post(f"/mail/preference/{token}", {"weekly_summary": "never"})
    assert answer.status_code == 303
    assert choice(database, company.ids["fia"]) == "never"
    refused = anybody.post(f"/mail/preference/{token}", {"weekly_summary": "daily"})
    assert refused.status_code == 422
    assert anybody.get(f"/mail/preference/{token}x").status_code == 404


def test_one_click_of_a_mail_program_unsubscribes(
    company: Staff, database: Database, open_app: Open, settings: Settings
) -> None:
    """RFC 8058: a POST with one field, no cookie, no page before it, and no redirect after it."""
    token = mail.preference_token(settings.secret, company.ids["fia"], "weekly_summary")
    program = open_app().client
    for _ in range(2):
        answer = program.post(
            f"/mail/preference/{token}", data={"List-Unsubscribe": "One-Click"},
            headers={"sec-fetch-site": "cross-site"},
        )  # fmt: skip
        assert answer.status_code == 200
    assert choice(database, company.ids["fia"]) == "never"
    assert choice(database, company.ids["ada"]) == "weekly"


def test_a_link_shows_all_that_its_reader_gets_and_what_comes_anyhow(
    company: Staff, database: Database, open_app: Open, settings: Settings
) -> None:
    token = mail.preference_token(settings.secret, company.ids["ada"], "weekly_summary")
    page = words_of(open_app().get(f"/mail/preference/{token}"))
    for said in ("The company's week", "What runs out", "Always sent", "Failed tasks"):
        assert said in page, said
    assert "What you have earned" not in page, "she is no affiliate"
    anybody = open_app()
    answer = anybody.post(
        f"/mail/preference/{token}", {"low_stock": "never", "weekly_summary": "weekly"}
    )
    assert answer.status_code == 303
    with database.work() as work:
        assert mail.choice_of(work, company.ids["ada"], "low_stock") == "never"
    assert choice(database, company.ids["ada"]) == "weekly"


def test_staff_choose_on_a_page_of_their_own_and_only_what_they_get(
    company: Staff, database: Database
) -> None:
    ada, per = company.reader("ada"), company.reader("per")
    assert 'href="/console/my-mail"' in ada.get("/console").text
    page = words_of(per.get("/console/my-mail"))
    assert "What runs out" in page
    assert "The company's week" not in page, "a picker gets none"
    answer = per.post("/console/my-mail", {"low_stock": "never", "weekly_summary": "never"})
    assert answer.status_code == 303
    with database.work() as work:
        assert mail.choice_of(work, company.ids["per"], "low_stock") == "never"
        assert mail.choice_of(work, company.ids["per"], "weekly_summary") == "weekly"
        assert mail.choice_of(work, company.ids["ada"], "low_stock") == "always"
    assert per.post("/console/my-mail", {"low_stock": "daily"}).status_code == 422


def test_a_mail_that_is_no_longer_kept_says_so(company: Staff, database: Database) -> None:
    row = the_mail(database)
    with database.work() as work:
        work.run("UPDATE mail SET context = NULL, recipient_name = ''")
    ada = company.reader("ada")
    page = ada.get(f"/console/mail/{row.home_id}/{row.id}")
    assert "kept for 90 days" in words_of(page)
    assert "<iframe" not in page.text
    assert ada.get(f"/console/mail/{row.home_id}/{row.id}/html").status_code == 404
    assert "Order confirmed" in words_of(ada.get("/console/mail"))
