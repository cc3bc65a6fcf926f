"""Adding a host by the portal, the console and the API: what to set, how far it is, and whose it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from mainstem import domains, flow, identity, worker
from mainstem.identity import passwords
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.settings import Settings
from mainstem.paths import TEMPLATES
from tests.catalogs import translations
from tests.company import Company, a_company
from tests.domains.nameserver import NameServer, on_loopback
from tests.surfaces.conftest import PASSWORD, Open, Reader, words_of
from tests.surfaces.programs import a_program

SHOP, HOST = "cedar-iron", "butik.långkok.se"
ASCII = "butik.xn--lngkok-iua.se"
SignedIn = Callable[[str], Reader]


@pytest.fixture
def names() -> Iterator[NameServer]:
    server = NameServer()
    yield server
    server.close()


@pytest.fixture
def database(
    database_url: str, clock: FixedClock, names: NameServer, settings: Settings
) -> Iterator[Database]:
    tools = flow.tools(
        secret=settings.secret, public_url=settings.public_url, domains=on_loopback(names)
    )
    made = Database(database_url, clock=clock, tools=tools, pool=4)
    yield made
    made.close()


@pytest.fixture
def company(database: Database) -> Company:
    hashed = passwords.hash_password(PASSWORD)
    with database.work() as work:
        company = a_company(work)
        work.run(
            "UPDATE storefront SET slug = %(slug)s WHERE id = %(id)s", slug=SHOP, id=company.shop.id
        )
        for name, role, home in (
            ("cedar", "affiliate", company.cedar),
            ("birch", "affiliate", company.birch),
            ("ada", "admin", None),
        ):
            person = identity.create_person(
                work, email=f"{name}@people.example", name=name.title(), password_hash=hashed
            )
            identity.grant(work, person, role, affiliate_id=home)
    return company


@pytest.fixture
def signed_in(open_app: Open, company: Company) -> SignedIn:
    def enter(name: str) -> Reader:
        reader = open_app()
        assert reader.sign_in(f"{name}@people.example").status_code == 303
        reader.client.cookies.set("lang", "en")
        return reader

    return enter


def forms(page: str) -> list[str]:
    return re.findall(r'action="(/[^"]+/(?:check|removal))"', page)


def test_an_affiliate_adds_a_name_sees_both_its_forms_and_what_to_set(
    signed_in: SignedIn, database: Database, company: Company, names: NameServer, settings: Settings
) -> None:
    cedar, at = signed_in("cedar"), f"/portal/storefront/domains/{SHOP}"
    assert at in cedar.get("/portal/storefront").text
    refused = cedar.post(at, {"host": "https://x.example.com"})
    assert refused.status_code == 422
    assert "Write the name of a host alone" in words_of(refused)
    assert cedar.post(at, {"host": HOST}).status_code == 303
    value = domains.challenge(settings.secret, company.cedar, ASCII)
    page = cedar.get(at)
    for said in (HOST, f"Computers write it {ASCII}", f"_mainstem-challenge.{ASCII}", value):
        assert said in words_of(page), said
    worker.drain(database)
    assert "We found no record and no file yet." in words_of(cedar.get(at))
    names.records[f"_mainstem-challenge.{ASCII}", "TXT"] = [value]
    with database.work() as work:
        work.run("UPDATE storefront_domain SET checked_at = NULL")
    check, removal = forms(page.text)
    assert cedar.post(check).headers["location"] == at
    worker.drain(database)
    assert "In use" in words_of(cedar.get(at))
    assert cedar.post(removal).status_code == 303
    assert HOST not in words_of(cedar.get(at))


def test_no_affiliate_touches_another_s_names(
    signed_in: SignedIn, database: Database, company: Company
) -> None:
    cedar, birch, at = signed_in("cedar"), signed_in("birch"), f"/portal/storefront/domains/{SHOP}"
    cedar.post(at, {"host": HOST})
    assert birch.get(at).status_code == 404
    assert birch.post(at, {"host": "shop.example.com"}).status_code == 404
    for action in forms(cedar.get(at).text):
        assert birch.post(action).status_code == 404
    with database.work() as work:
        assert work.value("SELECT state FROM storefront_domain") == "pending"


def test_staff_add_a_name_for_an_affiliate_and_take_it_away(
    signed_in: SignedIn, database: Database, company: Company
) -> None:
    ada = signed_in("ada")
    assert "No storefront has a name of its own" in words_of(ada.get("/console/domains"))
    refused = ada.post("/console/domains", {"storefront": SHOP, "host": "10.0.0.1"})
    assert refused.status_code == 422
    assert "Write a name, not the numbers" in words_of(refused)
    assert ada.post("/console/domains", {"storefront": "nobody", "host": HOST}).status_code == 422
    assert ada.post("/console/domains", {"storefront": SHOP, "host": HOST}).status_code == 303
    page = ada.get("/console/domains")
    assert HOST in words_of(page) and ASCII in words_of(page)
    check, removal = forms(page.text)
    assert ada.post(check).status_code == ada.post(removal).status_code == 303
    assert HOST not in words_of(ada.get("/console/domains"))


def test_a_program_adds_checks_and_removes_a_name(
    database: Database, company: Company, open_app: Open
) -> None:
    program = a_program(database, open_app)
    wrong = program.says("/company/domains", {"storefront": SHOP, "host": "localhost"})
    assert [one["pointer"] for one in wrong.json()["errors"]] == ["/host"]
    assert program.does("/company/domains", {"storefront": SHOP, "host": HOST})["outcome"] == "done"
    [said] = program.sees("/company/domains")["items"]
    assert (said["host"], said["shown"], said["state"]) == (ASCII, HOST, "pending")
    assert said["record"] == f"_mainstem-challenge.{ASCII}" and said["value"].startswith(
        "mainstem-"
    )
    at = f"/company/domains/{said['home_id']}/{said['id']}"
    assert program.does(f"{at}/check")["outcome"] == "done"
    assert program.does(f"{at}/removal")["outcome"] == "done"
    assert program.sees("/company/domains")["items"] == []


def test_every_sentence_about_domains_is_there_in_swedish() -> None:
    told = set()
    mails = ("email/domain_paused.html", "email/domain_proved.html")
    for name in ("portal/shop_domains.html", "console/domains.html", *mails):
        told |= set(re.findall(r'_\("((?:[^"\\]|\\.)+)"', (TEMPLATES / name).read_text()))
    assert sorted(told - translations().keys()) == []
