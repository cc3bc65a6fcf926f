"""Whose pages and mails these are: the company's name and logo at every head, with and without one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from tests.pictures.test_uploads import a_picture
from tests.surfaces.staff import Staff, staffed

from mainstem import company as companies
from mainstem import mail, pictures
from mainstem.company import Profile
from mainstem.kit.db import Database
from mainstem.kit.documents import document
from mainstem.kit.settings import Settings
from mainstem.web import brand
from mainstem_affiliates.storefront import cached_storefront


@pytest.fixture
def company(database: Database, open_app: Any) -> Staff:
    return staffed(database, open_app)


HEAD = re.compile(r"<header.*?</header>", re.DOTALL)


@pytest.fixture(autouse=True)
def looked_up_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brand, "FRESH_SECONDS", 0)


def named(database: Database, settings: Settings, *, with_logo: bool) -> str:
    """The company says who it is; the name of its logo."""
    with database.work() as work:
        store = pictures.store_at("", settings.data)
        logo = pictures.upload(work, store, a_picture()).hash if with_logo else ""
        said: dict[str, Any] = {
            "name": "Alder & Co", "legal_name": "Alder AB", "country": "SE", "logo": logo,
            "email": "hello@alder.example", "languages": ["en", "sv"], "currencies": ["SEK"],
        }  # fmt: skip
        companies.save_profile(work, document(Profile, said))
        return logo


def head_of(page: Any) -> str:
    found = HEAD.search(page.text)
    assert found
    return found[0]


def test_heads_say_the_company_and_the_foot_says_the_product(
    company: Staff, database: Database, settings: Settings, open_app: Any
) -> None:
    named(database, settings, with_logo=False)
    for page in (company.reader("ada").get("/console"), open_app().get("/sign-in")):
        assert "Alder &amp; Co" in head_of(page)
        assert "Mainstem" not in head_of(page)
        assert "Mainstem" in page.text.partition("<footer")[2]
        assert "Alder &amp; Co</title>" in page.text


def test_a_logo_stands_in_place_of_the_name_with_room_kept_for_it(
    company: Staff, database: Database, settings: Settings, open_app: Any
) -> None:
    logo = named(database, settings, with_logo=True)
    for page in (company.reader("ada").get("/console"), open_app().get("/sign-in")):
        shown = re.search(r"<img[^>]*brand-logo[^>]*>", head_of(page))
        assert shown
        assert f"/media/{logo}-640.jpg" in shown[0]
        assert 'alt="Alder &amp; Co"' in shown[0]
        size = re.search(r'width="(\d+)" height="(\d+)"', shown[0])
        assert size
        assert 0 < int(size[1]) <= 180
        assert 0 < int(size[2]) <= 36


def test_the_companys_own_shop_bears_its_logo_and_an_affiliates_does_not(
    company: Staff,
    database: Database,
    database_url: str,
    settings: Settings,
    open_app: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cached_storefront, "FRESH_SECONDS", 0.0)
    logo = named(database, settings, with_logo=True)
    with database.work() as work:
        slug = work.value("SELECT slug FROM storefront ORDER BY id LIMIT 1")
    assert logo not in head_of(open_app().get(f"/s/{slug}/"))
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(
            """UPDATE affiliate SET is_house = true, sponsor_id = NULL
                WHERE id = (SELECT home_id FROM storefront WHERE slug = %s)""",
            (slug,),
        )
    assert logo in head_of(open_app().get(f"/s/{slug}/"))


def test_mail_of_the_company_carries_its_logo_and_a_shops_mail_the_shops_name(
    company: Staff, database: Database, settings: Settings
) -> None:
    named(database, settings, with_logo=True)
    database.tools = replace(database.tools, pictures=pictures.store_at("", settings.data))
    with database.work() as work:
        look = mail.brand_of(work)
    assert look.logo.startswith(b"\xff\xd8"), "JPEG, which every mail program shows"
    given: dict[str, Any] = {
        "locale": "en", "zone": settings.zone, "public_url": "https://x.example",
        "sender": "Alder & Co", "brand": look,
    }  # fmt: skip
    ours = mail.preview("payout_sent", **given)
    assert 'src="cid:logo@enclosed" alt="Alder &amp; Co" width="' in ours.html
    assert "logo@enclosed" in ours.pictures
    assert "cid:logo" not in mail.preview("refund_sent", **given).html
