"""Who may have which code: nobody takes what clients would think is somebody else's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.company import Company, a_company, an_affiliate
from tests.waits import PATIENCE

import mainstem
from mainstem import referrals
from mainstem.kit.db import OWNER_ROLE, Database
from mainstem.kit.errors import InvalidTransition, NotFound
from mainstem.kit.work import Actor, Work
from mainstem.referrals import (
    CODES_MAX,
    CodeMalformed,
    CodeReserved,
    CodeTaken,
    TooManyCodes,
    fold,
)


@pytest.fixture
def company(database: Database) -> Company:
    """Cedar, a foundry's name, articles like HV-304, and two other shops with names of their own."""
    with database.work() as work:
        company = a_company(work)
        for id, name, slug in (
            (company.alder, "Kulla Hus AB", "kulla-hus"),
            (company.birch, "Långkok", "langkok"),
        ):
            work.run(
                "UPDATE affiliate SET name = %(name)s, slug = %(slug)s WHERE id = %(id)s",
                id=id,
                name=name,
                slug=slug,
            )
        work.run("""UPDATE storefront SET texts = '{"seller": {"name": "Härdviks Gjuteri AB"}}'""")
        work.run("UPDATE variant SET sku = 'HV-304' WHERE sku = 'SKILLET-1'")
        referrals.assign(work, company.birch, "EMBER")
    return company


def claim(database: Database, affiliate: int, code: str) -> str:
    with database.work(Actor("affiliate", str(affiliate))) as work:
        return referrals.claim(work, affiliate, code)


REFUSED = [
    # the company, in any spelling
    ("HARDVIK", CodeReserved), ("hardvik10", CodeReserved), ("H4RDVIK", CodeReserved),
    ("HAERDVIK", CodeReserved), ("8LACKFRIDAY", CodeReserved), ("VVELCOME", CodeReserved),
    ("KETTL3", CodeReserved), ("KUL4-HUS", None), ("KULL4-HUS", CodeReserved),
    ("MAINSTEM", CodeReserved), ("FRAKTFRITT", CodeReserved), ("WILLKOMMEN10", CodeReserved),
    ("HARDVIKS-GJUTERI", CodeReserved), ("MY-HARDVIKS", CodeReserved),
    # other shops: names, slugs, with digits, and what looks like them
    ("KULLA-HUS", CodeReserved), ("KULLAHUS", CodeReserved), ("KU11A-HUS", CodeReserved),
    ("KULLAHUS20", CodeReserved), ("GO-KULLA-HUS", CodeReserved), ("LANGKOK", CodeReserved),
    ("LANGKOK20", CodeReserved), ("1ANGK0K", CodeReserved), ("L-A-N-G-K-O-K", CodeReserved),
    ("LANGKOK-SALE", CodeReserved),
    # codes of others
    ("EMBER", CodeTaken), ("EM-BER", CodeTaken), ("EMBER20", CodeTaken),
    # campaigns
    ("BLACKFRIDAY", CodeReserved), ("BLACK-FRIDAY-2026", CodeReserved), ("B1ACKFR1DAY", CodeReserved),
    ("10PERCENT", CodeReserved), ("WELCOME", CodeReserved), ("WELC0ME10", CodeReserved),
    ("SUMMERSALE", CodeReserved), ("VALKOMMEN", CodeReserved), ("FRI-FRAKT", CodeReserved),
    ("RABATT15", CodeReserved), ("2026", CodeReserved), ("50-OFF", CodeReserved),
    # numbers with letters in them that look like digits
    ("1OPERCENT", CodeReserved), ("2OOFF", CodeReserved), ("SALE2O", CodeReserved),
    ("REA-5O", CodeReserved), ("l5PERCENT", CodeReserved), ("1OO", CodeReserved), ("2O26", CodeReserved),
    ("KETTLE1O", CodeReserved), ("2OREPAIR", CodeReserved), ("EMBER2O", CodeTaken),
    # articles
    ("KETTLE", CodeReserved), ("KETTLE10", CodeReserved), ("HV-304", CodeReserved),
    ("HV999", CodeReserved), ("REPAIR", CodeReserved), ("KITCHEN", CodeReserved),
    # what cannot be typed
    ("Å", CodeMalformed), ("-X1", CodeMalformed), ("X", CodeMalformed), ("A" * 33, CodeMalformed),
    # their own
    ("CEDAR", None), ("CEDAR20", None), ("SUNDAY-STEW", None), ("ANNAS-POTS", None),
    ("hannahs 10", None), ("STEW2O", None), ("OLIO-1", None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "refusal"), REFUSED)
def test_nobody_takes_a_code_that_would_be_taken_for_anothers(
    database: Database, company: Company, code: str, refusal: type[Exception] | None
) -> None:
    if refusal:
        with pytest.raises(refusal):
            claim(database, company.cedar, code)
        with database.work() as work:
            assert not work.rows(
                "SELECT 1 FROM referral_code WHERE affiliate_id = %(id)s", id=company.cedar
            )
            return
    kept = claim(database, company.cedar, code)
    with database.work() as work:
        [fact] = work.rows("SELECT home_id, actor FROM fact WHERE subject = %(code)s", code=kept)
        assert tuple(fact) == (company.cedar, f"affiliate:{company.cedar}")


def test_a_shop_may_say_its_own_name_although_anothers_is_in_it(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        other = an_affiliate(work, "langkokare")
    assert claim(database, other, "LANGKOKARE10") == "LANGKOKARE10"
    with pytest.raises(CodeReserved):
        claim(database, other, "LANGKOK10")
    assert claim(database, company.birch, "LANGKOK20") == "LANGKOK20"


def test_an_affiliate_has_so_many_codes_in_force_and_no_more(
    database: Database, company: Company
) -> None:
    names = ["ASH", "BAY", "ELM", "FIR", "FIG", "GUM", "HOP", "IVY", "OAK", "YEW", "SOY"]
    assert len(names) == CODES_MAX + 1
    for name in names[:-1]:
        claim(database, company.cedar, f"{name}-POT")
    with pytest.raises(TooManyCodes):
        claim(database, company.cedar, f"{names[-1]}-POT")
    with database.work() as work:
        referrals.retire(work, "ASH-POT")
    claim(database, company.cedar, f"{names[-1]}-POT")


def test_two_who_want_codes_that_look_alike_at_once_are_one(
    database: Database, company: Company
) -> None:
    gate = Barrier(3)

    def want(affiliate: int, code: str) -> str:
        try:
            with database.work() as work:
                work.value("SELECT 1")
                gate.wait(PATIENCE)
                return referrals.claim(work, affiliate, code)
        except CodeTaken:
            return ""

    with ThreadPoolExecutor(3) as pool:
        wants = [(company.alder, "OLD-POT"), (company.birch, "0LDPOT"), (company.cedar, "O1DPOT")]
        got = list(pool.map(lambda one: want(*one), wants))
    assert sorted(map(bool, got)) == [False, False, True]


@given(st.from_regex(r"[A-Z0-9][A-Z0-9-]{1,31}", fullmatch=True))
def test_a_look_alike_of_any_code_folds_to_the_same(code: str) -> None:
    alike = code.replace("O", "0").replace("I", "1").replace("-", "").lower()
    assert fold(alike) == fold(code.replace("L", "I"))
    assert fold("É" + code) == fold("e" + code)


@pytest.mark.parametrize("code", ["KULLA-HUS", "L0-1I-L", "A-B-C-999", "0O1IL", "HV-304"])
def test_the_database_folds_as_we_do(database: Database, company: Company, code: str) -> None:
    with database.work() as work:
        referrals.assign(work, company.cedar, code)
        row = work.row("SELECT folded, stem FROM referral_code WHERE code = %(code)s", code=code)
    assert tuple(row or ()) == (fold(code), referrals.rules.stem(code))


def test_staff_retire_a_code_and_give_it_to_whom_it_belongs(
    database: Database, company: Company
) -> None:
    staff = Actor("staff", "3")
    with database.work(staff) as work:
        referrals.assign(work, company.cedar, "KULLA-HUS")  # from before names were guarded
        referrals.retire(work, "KULLA-HUS")
    with pytest.raises(InvalidTransition), database.work(staff) as work:
        referrals.retire(work, "KULLA-HUS")
    with pytest.raises(CodeTaken):
        claim(database, company.alder, "KULLA-HUS")  # it is in clients' hands: staff decide
    with database.work(staff) as work:
        referrals.reassign(work, "KULLA-HUS", company.alder)
        row = work.row(
            "SELECT affiliate_id, retired_at FROM referral_code WHERE code = 'KULLA-HUS'"
        )
        assert tuple(row or ()) == (company.alder, None)
        facts = work.rows(
            """SELECT name, home_id, actor FROM fact WHERE subject = 'KULLA-HUS' ORDER BY id"""
        )
    # What happens at one instant has no order.
    assert len(facts) == 4
    assert {tuple(fact) for fact in facts} == {
        ("code.created", company.cedar, "staff:3"),
        ("code.retired", company.cedar, "staff:3"),
        ("code.reassigned", company.alder, "staff:3"),
        ("code.reassigned", company.cedar, "staff:3"),
    }
    with pytest.raises(InvalidTransition), database.work(staff) as work:
        referrals.reassign(work, "KULLA-HUS", company.alder)
    for wrong in (("NO-SUCH", company.alder), ("KULLA-HUS", 999)):
        with pytest.raises(NotFound), database.work(staff) as work:
            referrals.reassign(work, *wrong)


def test_a_retired_code_does_not_come_back_beside_its_look_alike(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        referrals.assign(work, company.cedar, "OLD-POT")
        referrals.retire(work, "OLD-POT")
        referrals.assign(work, company.birch, "OLDPOT")
        with pytest.raises(CodeTaken):
            referrals.reassign(work, "OLD-POT", company.alder)


def test_codes_are_found_however_they_are_typed_and_page_by_page(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        for no in range(3):
            referrals.assign(work, company.cedar, f"OLD-POT-{no}")
        first = referrals.codes(work, text="0ldpot", most=2)
        rest = referrals.codes(work, text="0ldpot", most=2, after=first[-1].code)
        assert [row.code for row in [*first, *rest]] == ["OLD-POT-0", "OLD-POT-1", "OLD-POT-2"]
        assert [row.code for row in referrals.codes(work, affiliate_id=company.birch)] == ["EMBER"]


MIGRATION = Path(mainstem.__file__).parent / "migrations" / "versions" / "0008_codes.sql"


def test_of_two_old_codes_that_look_alike_the_older_stays_in_force(
    database: Database, database_url: str, company: Company
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(f"SET ROLE {OWNER_ROLE}")
        connection.execute(
            "ALTER TABLE referral_code DROP COLUMN folded CASCADE, DROP COLUMN stem CASCADE"
        )
        connection.execute("DROP INDEX referral_code_owner")
        for code, who, day in (("OLD-POT", company.cedar, 2), ("0LDPOT", company.birch, 1)):
            connection.execute(
                "INSERT INTO referral_code VALUES (%s, %s, 'code', make_timestamptz(2026, 1, %s, 9, 0, 0))",
                (code, who, day),
            )
        statements = MIGRATION.read_text().partition("DROP POLICY")[0]
        connection.execute(statements)
    with database.work() as work:
        assert [row.code for row in _in_force(work)] == ["0LDPOT", "EMBER"]
        assert work.value("SELECT home_id FROM fact WHERE name = 'code.retired'") == company.cedar


def _in_force(work: Work) -> list[Any]:
    return referrals.codes(work)
