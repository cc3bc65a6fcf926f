"""Every message is written for its reader: in both languages, as HTML and as text, and whole."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from jinja2 import Environment
from jinja2.ext import extract_from_ast
from tests.catalogs import translations

from mainstem import mail
from mainstem.kit.documents import Locale
from mainstem.kit.locale import LOCALES
from mainstem.mail import MESSAGES, TOPICS, Rendered
from mainstem.mail.samples import SAMPLES
from mainstem.paths import TEMPLATES
from mainstem.web.mail_view import STATES

ZONE = ZoneInfo("Europe/Stockholm")
FOLDER = TEMPLATES / "email"
AROUND = {"layout.html", "layout.txt", "parts.html"}


def read(reason: str, locale: str) -> Rendered:
    return mail.preview(
        reason, locale=locale, zone=ZONE, public_url="https://shop.example", sender="Härdvik"
    )


def messages_in(path: Path) -> set[str]:
    tree = Environment(autoescape=True).parse(path.read_text("utf-8"))
    found = set()
    for _line, _name, said in extract_from_ast(tree, ("_", "_n")):
        first = said[0] if isinstance(said, tuple) else said
        assert first, path
        found.add(first)
    return found


def test_there_is_a_template_of_each_kind_for_every_message_and_no_other() -> None:
    wanted = {f"{reason}.{kind}" for reason in MESSAGES for kind in ("html", "txt")}
    assert {path.name for path in FOLDER.iterdir()} == wanted | AROUND
    assert set(SAMPLES) == set(MESSAGES)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("reason", sorted(MESSAGES))
def test_a_message_is_read_in_each_language_as_html_and_as_text(reason: str, locale: str) -> None:
    it = read(reason, locale)
    assert it.subject
    assert "\n" not in it.subject
    assert len(it.subject) < 90
    assert f'<html lang="{locale}">' in it.html
    assert '<div class="preheader" style="display: none' in it.html
    assert "<link" not in it.html
    shown = re.findall(r'src="([^"]*)"', it.html)
    assert shown == [f"cid:{cid}" for cid in it.pictures], "nothing is loaded from anywhere"
    assert "url(" not in it.html
    assert "@media (prefers-color-scheme: dark)" in it.html
    body = it.html.partition("<body")[2]
    assert body.count("style=") > 8, "styles stand inline"
    for form in (body, it.text):
        assert SAMPLES[reason].name in form
        assert "%(" not in form
        assert "{" not in form
        assert "None" not in form
    assert "<" not in it.text
    assert "&amp;" not in it.text
    assert len(it.text.splitlines()) > 6
    # What can be followed in one form can be followed in the other.
    links = re.findall(r'<a [^>]*href="(https://shop\.example[^"]*)"', it.html)
    assert {link.partition("?")[0][:40] for link in links} == {
        link.partition("?")[0][:40] for link in re.findall(r"https://shop\.example\S*", it.text)
    }


@pytest.mark.parametrize("reason", sorted(MESSAGES))
def test_the_two_languages_differ_in_every_message(reason: str) -> None:
    english, swedish = read(reason, "en"), read(reason, "sv")
    assert english.subject != swedish.subject
    assert english.text != swedish.text
    assert "beställning" not in swedish.text


def test_everything_that_mail_says_is_said_in_swedish() -> None:
    said = {message for path in FOLDER.iterdir() for message in messages_in(path)}
    said |= {message.name for message in MESSAGES.values()}
    said |= {topic.name for topic in TOPICS.values()}
    said |= {label for label, _ in STATES.values()}
    assert len(said) > 150
    assert sorted(said - set(translations())) == []


def test_a_translation_holds_the_same_places_as_its_message() -> None:
    places = re.compile(r"%\((\w+)\)s")
    for path in FOLDER.iterdir():
        for message in messages_in(path):
            told = translations()[message]
            for text in told if isinstance(told, tuple) else [told]:
                assert set(places.findall(text)) == set(places.findall(message)), message


@pytest.mark.parametrize("locale", LOCALES)
def test_an_order_confirmation_tells_all_that_distance_selling_wants(locale: str) -> None:
    text = read("order_confirmed", locale).text.replace("\N{NO-BREAK SPACE}", " ")
    for said in (
        "Härdviks Gjuteri AB", "556123-4567", "Gjutarvägen 3, 821 41 Bollnäs",
        "hej@hardvik.example.com", "7K3Q-9FMD", "Gjutjärnsgryta, 5 liter \N{MULTIPLICATION SIGN} 1",
        "Storgatan 4", "821 30 Bollnäs", "ARN", "https://shop.example/order/",
    ):  # fmt: skip
        assert said in text, said
    wanted = {
        "en": ("SEK 2,611.00", "VAT at 25 %: SEK 472.40", "VAT at 6 %", "9 Mar 2026", "14 days",
               "I withdraw from my contract", "three years"),
        "sv": ("2 611,00 kr", "moms 25 %: 472,40 kr", "moms 6 %", "9 mars 2026", "14 dagar",
               "Jag ångrar mitt köp", "tre år"),
    }  # fmt: skip
    for said in wanted[locale]:
        assert said in text, said


def test_times_are_told_in_the_companys_zone_and_name_it() -> None:
    assert "09:00 CET" in read("visit_booked", "en").text
    assert "09:00 CET" in read("visit_booked", "en").subject


def test_only_what_may_be_refused_says_how() -> None:
    refusable = {r for r in MESSAGES if "/mail/preference/" in read(r, "en").text}
    assert refusable == {"credit_digest", "weekly_summary", "low_stock"}


def test_what_a_person_wrote_is_text_in_a_message() -> None:
    from mainstem.mail.contexts import ApplicationStep
    from mainstem.mail.links import Links
    from mainstem.mail.rendering import render

    context = ApplicationStep(
        name="<b>Ada</b>", affiliate="A & B", application_id=UUID(int=1), why="<script>x</script>"
    )
    it = render(
        "application_declined", context, locale="en", zone=ZONE,
        links=Links("https://shop.example", "s"), sender="Co",
    )  # fmt: skip
    assert "&lt;b&gt;Ada&lt;/b&gt;" in it.html
    assert "<script" not in it.html
    assert "A & B" in it.text


@pytest.mark.parametrize("locale", LOCALES)
def test_who_was_approved_is_invited_by_the_company_and_not_by_the_company_at_the_company(
    locale: Locale,
) -> None:
    from mainstem.mail.contexts import Invitation
    from mainstem.mail.links import Links
    from mainstem.mail.rendering import render

    context = Invitation(
        name="Stina", company="Foundry", invited_by="Foundry", reference=UUID(int=1),
        expires_at=datetime(2026, 3, 9, 8, 40, tzinfo=UTC), affiliate="Stinas gryta",
    )  # fmt: skip
    it = render(
        "staff_invitation", context, locale=locale, zone=ZONE,
        links=Links("https://shop.example", "s" * 32), sender="Foundry",
    )  # fmt: skip
    for text in (it.text, it.html):
        assert re.search(r"Foundry ha[sr] \w+ (you|in dig) .*Stinas gryta", text)
        assert not re.search(r"Foundry (at|på) Foundry", text)


def test_a_carriers_page_is_linked_where_it_is_known() -> None:
    from mainstem.mail.rendering import tracking_url

    assert tracking_url("PostNord", "UB1 2/3SE") == (
        "https://tracking.postnord.com/?id=UB1%202%2F3SE"
    )
    assert tracking_url("Uncle Bo", "1") == ""
    assert tracking_url("PostNord", "") == ""


def test_no_style_is_loaded_from_a_file_or_an_address(tmp_path: Path) -> None:
    from mainstem.mail import rendering

    sheet = tmp_path / "style.css"
    sheet.write_text("p { color: pink }")
    for place in (str(sheet), f"file://{sheet}", "http://127.0.0.1:9/style.css"):
        page = (
            f'<html><head><link rel="stylesheet" href="{place}"></head><body><p>x</p></body></html>'
        )
        assert "pink" not in rendering._INLINER.inline(page)


def test_links_and_buttons_have_the_company_s_colour() -> None:
    # One whose links are not signed: a signature has a time in it.
    preview = partial(
        mail.preview,
        "payout_failed",
        locale="en",
        zone=ZoneInfo("UTC"),
        public_url="https://x.example",
        sender="X",
    )
    plain, own = preview(), preview(brand=mail.Brand("#113355"))
    assert plain.html.count("#8a3b12") > 0
    assert own.html == plain.html.replace("#8a3b12", "#113355")
