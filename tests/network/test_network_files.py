"""A network brought from another programme: affiliates, clients and balances, as a whole or not at all."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.company import KETTLE, Company, a_company, an_order

from mainstem import attribution, invariants, ledger, network_files, worker
from mainstem.catalog_files import CellUnfit
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Actor, Work
from mainstem.money import Money
from mainstem.network_files import FileHasProblems
from mainstem.network_files.cells import in_figures, signed_amount
from mainstem.orders import ClientDetails
from mainstem.payouts import money_of

OWNER = Actor("staff", "1")
AFFILIATES = """\
Affiliate ID,Company,Email,Country,Parent,Code,Unpaid,Currency,Shop name,Storefront currency,Contact,Contact email
703,Rönnbär,hej@ronnbar.example,SE,702,RONN10,-50.00,SEK,,,,
702,Sälg & Vide,info@salg.example,SE,701,"SALG10, SALGLAN","1.250,50",SEK,Sälgs butik,SEK,Sara Säl,sara@salg.example
701,Tall,tall@example.com,SE,cedar,,,,,,,
"""
CLIENTS = """\
Client e-mail,Affiliate,Since
anna@example.com,cedar,2026-03-01
BO@example.com,ALDER10,
"""


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        company = a_company(work)
        work.run(
            "INSERT INTO referral_code VALUES ('ALDER10', %(who)s, 'code', %(now)s)",
            who=company.alder,
            now=work.now(),
        )
    return company


def brought(database: Database, text: str, *, name: str = "export.csv", **columns: str) -> UUID:
    """A file that is uploaded; of columns whose name tells nothing it is said what they are."""
    with database.work(OWNER) as work:
        id = network_files.receive(work, name, text.encode())
        if columns:
            file = network_files.look(work, id)
            told = {**file.columns, **{at.replace("_", " "): to for at, to in columns.items()}}
            network_files.tell_columns(work, id, file.kind, told)
    return id


def applied(database: Database, id: UUID) -> Any:
    with database.work(OWNER) as work:
        network_files.request(work, id)
    worker.drain(database)
    with database.work() as work:
        return network_files.look(work, id)


def problems(database: Database, id: UUID) -> list[tuple[int, str, str]]:
    with database.work() as work:
        return [
            (one.line, one.column, one.text()) for one in network_files.previewed(work, id).problems
        ]


def slugs(work: Work) -> list[str]:
    return [row.slug for row in work.rows("SELECT slug FROM affiliate ORDER BY id")]


def test_affiliates_have_been_with_us_since_the_day_that_a_file_says(
    database: Database, company: Company
) -> None:
    file = """\
Company,Email,Country,Parent,Joined at
Tall,tall@example.com,SE,cedar,2021-05-31
Sälg,salg@example.com,SE,Tall,2022-01-02T03:04:05Z
Gran,gran@example.com,SE,,
"""
    with database.work() as work:
        now = work.now()
    id = brought(database, file)
    assert applied(database, id).state == "applied"
    with database.work() as work:
        rows = work.rows(
            """SELECT a.slug, a.joined_at, s.valid_from FROM affiliate a
                 JOIN sponsorship s ON s.affiliate_id = a.id ORDER BY a.id DESC LIMIT 3"""
        )
    since = {row.slug: row.joined_at for row in rows}
    assert [row.valid_from for row in rows] == [row.joined_at for row in rows]
    assert since == {
        "tall": datetime(2021, 5, 30, 22, tzinfo=UTC),
        "salg": datetime(2022, 1, 2, 3, 4, 5, tzinfo=UTC),
        "gran": now,
    }
    again = applied(database, brought(database, file.replace("2021-05-31", "2020-01-01")))
    assert (again.state, again.report["same"]) == ("applied", 3)
    with database.work() as work:
        stays = work.value("SELECT joined_at FROM affiliate WHERE slug = 'tall'")
    assert stays == since["tall"]
    wrong = (
        file.replace("Tall", "Al").replace("2021-05-31", "2031-05-31").replace("2022-01-02T", "x")
    )
    assert [(line, column) for line, column, _ in problems(database, brought(database, wrong))] == [
        (2, "Joined at"),
        (3, "Joined at"),
    ]


def test_affiliates_come_with_sponsors_codes_a_shop_and_what_they_had_earned(
    database: Database, company: Company
) -> None:
    file = applied(database, brought(database, AFFILIATES))
    assert (file.state, file.report["new"], file.report["openings"]) == ("applied", 3, 2)
    with database.work() as work:
        rows = work.rows(
            """SELECT a.slug, s.slug AS sponsor, cardinality(a.upline) AS depth
                 FROM affiliate a JOIN affiliate s ON s.id = a.sponsor_id ORDER BY a.id DESC LIMIT 3"""
        )
        assert [tuple(row) for row in rows] == [
            ("ronnbar", "salg-vide", 6), ("salg-vide", "tall", 5), ("tall", "cedar", 4),
        ]  # fmt: skip
        salg = work.value("SELECT id FROM affiliate WHERE slug = 'salg-vide'")
        codes = work.rows("SELECT code FROM referral_code WHERE affiliate_id = %(id)s", id=salg)
        assert {row.code for row in codes} == {"SALG10", "SALGLAN"}
        shops = work.rows(
            "SELECT slug, name, currency FROM storefront WHERE home_id = %(id)s", id=salg
        )
        assert [tuple(shop) for shop in shops] == [("salg-vide", "Sälgs butik", "SEK")]
        assert ledger.balance(work, salg, "payable", "SEK") == Money(125_050, "SEK")
        ronn = work.value("SELECT id FROM affiliate WHERE slug = 'ronnbar'")
        assert ledger.balance(work, ronn, "payable", "SEK") == Money(-5_000, "SEK")
        assert ledger.balance(work, 0, "opening_balances", "SEK") == Money(-120_050, "SEK")
        reason = work.value("SELECT reason FROM ledger_transfer WHERE home_id = %(id)s", id=salg)
        assert reason == "Opening balance from export.csv, line 3"
        assert not [found for found in invariants.check(work) if found.wrong]


def test_what_was_brought_in_is_told_apart_from_what_was_earned(
    database: Database, company: Company
) -> None:
    applied(database, brought(database, AFFILIATES))
    with database.work() as work:
        money = money_of(work, work.value("SELECT id FROM affiliate WHERE slug = 'salg-vide'"))[
            "SEK"
        ]
        assert money.payable == money.brought == Money(125_050, "SEK")
        assert money.earned == Money(0, "SEK")
        debtor = money_of(work, work.value("SELECT id FROM affiliate WHERE slug = 'ronnbar'"))[
            "SEK"
        ]
        assert (debtor.debt, debtor.brought, debtor.earned) == (
            Money(5_000, "SEK"), Money(-5_000, "SEK"), Money(0, "SEK"),
        )  # fmt: skip


def test_the_same_file_again_changes_nothing(database: Database, company: Company) -> None:
    applied(database, brought(database, AFFILIATES))
    with database.work() as work:
        before = work.value("SELECT count(*) FROM ledger_transfer"), slugs(work)
    file = applied(database, brought(database, AFFILIATES))
    assert (file.report["new"], file.report["changed"], file.report["same"]) == (0, 0, 3)
    with database.work() as work:
        assert (work.value("SELECT count(*) FROM ledger_transfer"), slugs(work)) == before


def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_done(
    database: Database, company: Company
) -> None:
    wrong = """\
Company,Email,Country,Parent,Status,Unpaid earnings,Currency
Ek,ek@example.com,SE,nobody-here,active,,
Al,al@example,SE,,asleep,,
Alm,alm@example.com,XX,,active,12.345,SEK
,lone@example.com,SE,,active,,
Ask,ask@example.com,SE,Ask,active,,
Lind,lind@example.com,SE,,active,5,
"""
    id = brought(database, wrong)
    told = problems(database, id)
    assert [(line, column) for line, column, _ in told] == [
        (2, "Parent"), (3, "Status"), (3, "Email"), (4, "Country"), (4, "Unpaid earnings"),
        (5, "Company"), (6, "Parent"), (7, "Unpaid earnings"),
    ]  # fmt: skip
    assert told[0][2] == "No affiliate is called nobody-here."
    with database.work(OWNER) as work, pytest.raises(FileHasProblems) as no:
        network_files.request(work, id)
    assert no.value.facts == {"count": 6}
    with database.work() as work:
        assert "ek" not in slugs(work)


def test_what_only_saving_finds_undoes_the_whole_file_too(
    database: Database, company: Company
) -> None:
    """Whose code looks like another's is known when it is taken."""
    rows = "name,email,country,code\nEk,ek@example.com,SE,\nAlm,alm@example.com,SE,ALDER-10\n"
    file = applied(database, brought(database, rows))
    assert file.state == "refused"
    [problem] = network_files.problems_of(file.report)
    assert problem.line == 3
    with database.work() as work:
        assert "ek" not in slugs(work)


def test_a_balance_that_was_brought_in_is_not_brought_in_again_as_another(
    database: Database, company: Company
) -> None:
    rows = "slug,name,email,country,balance,currency\nek,Ek,ek@example.com,SE,{},SEK\n"
    applied(database, brought(database, rows.format("100")))
    told = problems(database, brought(database, rows.format("200")))
    assert [text for *_, text in told] == [
        "A balance of 100.00 SEK was brought in already, and stays. Correct it by hand."
    ]


def test_a_sponsor_stays_whoever_it_was(database: Database, company: Company) -> None:
    rows = "slug,sponsor\ncedar,\nalder,cedar\n"
    told = problems(database, brought(database, rows))
    assert "sponsor" in " ".join(text for *_, text in told)


def test_clients_are_bound_as_they_were_elsewhere_and_their_orders_follow(
    database: Database, company: Company
) -> None:
    file = applied(database, brought(database, CLIENTS))
    assert (file.kind, file.state, file.report["new"]) == ("clients", "applied", 2)
    with database.work() as work:
        bound = attribution.bound_now(work, ["anna@example.com", "bo@example.com"])
        assert {key: slug for key, (slug, _) in bound.items()} == {
            "anna@example.com": "cedar", "bo@example.com": "alder",
        }  # fmt: skip
    again = applied(database, brought(database, CLIENTS))
    assert (again.report["new"], again.report["same"]) == (0, 2)


def test_nobody_is_taken_from_whom_they_are_bound_to(database: Database, company: Company) -> None:
    applied(database, brought(database, CLIENTS))
    told = problems(
        database, brought(database, "Client e-mail,Affiliate\nanna@example.com,alder\n")
    )
    assert len(told) == 1 and "bound to cedar" in told[0][2]
    twice = "Client e-mail,Affiliate\ncai@example.com,alder\ncai@example.com,cedar\n"
    assert "Line 2" in problems(database, brought(database, twice))[0][2]


def test_customers_of_shopify_are_whose_their_tags_name(
    database: Database, company: Company
) -> None:
    rows = (
        "Customer ID,First Name,Last Name,Email,Total Spent,Total Orders,Tags\n"
        '1,Eva,Ek,eva@example.com,100.00,2,"vip, cedar"\n'
        '2,Bo,Al,bo@example.com,0.00,0,"newsletter"\n'
        '3,Ada,Lind,ada@example.com,50.00,1,"cedar, ALDER10"\n'
    )
    id = brought(database, rows)
    with database.work() as work:
        found = network_files.previewed(work, id)
        assert [(one.client_key, one.affiliate) for one in found.clients] == [
            ("eva@example.com", "cedar")
        ]
        assert found.of_nobody == 1
        assert [one.line for one in found.problems] == [4]


def test_the_columns_of_a_header_are_remembered(database: Database, company: Company) -> None:
    rows = "Firma,Adresse,Pays\nEk,ek@example.com,SE\n"
    brought(database, rows, Firma="name", Adresse="email", Pays="country")
    id = brought(database, rows.replace("Ek,ek@", "Alm,alm@"))
    with database.work() as work:
        assert network_files.look(work, id).columns == {
            "Firma": "name", "Adresse": "email", "Pays": "country",
        }  # fmt: skip
        assert not network_files.previewed(work, id).problems


def test_a_client_who_was_brought_in_is_credited_until_the_binding_ends(
    database: Database, company: Company, clock: FixedClock
) -> None:
    rows = "Client e-mail,Affiliate,Until\nastrid@example.com,alder,{}\n"
    until = (clock.now() + timedelta(days=30)).date().isoformat()
    applied(database, brought(database, rows.format(until)))
    astrid = ClientDetails(name="Astrid Falk", email="astrid@example.com")

    def seller() -> Any:
        with database.work() as work:
            placed = an_order(work, company.shop, (KETTLE, 1), client=astrid)
            return work.value("SELECT seller_id FROM orders WHERE id = %(id)s", id=placed.order_id)

    assert seller() == company.alder
    clock.move(timedelta(days=31))
    assert seller() != company.alder


def test_the_files_of_the_guide_come_in(database: Database, company: Company, root: Path) -> None:
    text = (root / "docs" / "guides" / "network.md").read_text()
    affiliates, clients = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    file = applied(database, brought(database, affiliates))
    assert (file.state, file.report["new"], file.report["openings"]) == ("applied", 2, 1)
    assert applied(database, brought(database, clients)).report["new"] == 2


def test_files_name_people_and_are_let_go_of(
    database: Database, company: Company, clock: FixedClock
) -> None:
    brought(database, CLIENTS)
    clock.move(timedelta(days=31))
    with database.work() as work:
        assert network_files.forget(work) == 1


@given(minor=st.integers(-(10**12), 10**12), currency=st.sampled_from(["SEK", "JPY", "KWD"]))
def test_an_amount_reads_as_it_was_written(minor: int, currency: str) -> None:
    text = in_figures(Money(minor, currency))
    try:
        assert signed_amount(text, currency) == minor
    except CellUnfit as unfit:
        assert "thousands or decimals" in unfit.message and currency == "KWD"
