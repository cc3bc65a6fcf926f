"""A commission is told in the reader's language, and whoever reads it can work it out."""

from __future__ import annotations

import importlib
import re
import string
from fractions import Fraction
from math import floor, prod
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.recalculation import AMOUNT, RATE, minor, part, worked_out
from tests.rules.one_rate import Rates, shares_of
from tests.rules.test_sales import shared_sales

from mainstem.kit.locale import Language
from mainstem.money import BASIS, net_of_tax, rdiv
from mainstem.paths import TEMPLATES
from mainstem.plan import (
    Basis,
    Party,
    Portion,
    SalePlan,
    explain,
    shared_credits,
    tell,
    way_of,
)

ZONE = ZoneInfo("Europe/Stockholm")
ENGLISH, SWEDISH = (Language(locale, TEMPLATES / "locale", ZONE) for locale in ("en", "sv"))
SENTENCES = importlib.import_module("mainstem.plan.explain").SENTENCES

GOODS = Basis(250000, 50000, [(200000, 10000)], 200000, 62500, 50000)
SERVICE = Basis(890000, 178000, [(712000, 4000)], 284800)


def told(kind: str, reader: Language, **changes: object) -> str:
    facts: dict[str, object] = {
        "sold": "goods", "level": 0, "order": "7KQ2M-94TXD", "currency": "SEK", "rate_bp": 1000,
        "basis": GOODS, "credited_minor": 20000, "reversed_minor": 5000,
    }  # fmt: skip
    words = tell(explain(kind, **(facts | changes)), reader)  # type: ignore[arg-type]
    return words.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("words", "of"),
    [
        ("SEK 2,500.00 was paid for goods delivered on order 7KQ2M-94TXD, SEK 500.00 of it tax."
         " All of the SEK 2,000.00 without tax counts for commission. 10 % of that is SEK 200.00."
         " You won this client.", {}),
        ("SEK 8,900.00 was paid for the service performed on order 7KQ2M-94TXD, SEK 1,780.00 of it"
         " tax. Without tax, 40 % of SEK 7,120.00 counts for commission: SEK 2,848.00."
         " 6 % of that is SEK 170.88. You won this client.",
         {"sold": "service", "basis": SERVICE, "rate_bp": 600, "credited_minor": 17088}),
        ("SEK 2,500.00 was paid for goods delivered on order 7KQ2M-94TXD, SEK 500.00 of it tax."
         " All of the SEK 2,000.00 without tax counts for commission. 2.5 % of that is SEK 50.00."
         " SEK 20.00 of it stood here before. Your team won this client, level 1.",
         {"level": 1, "rate_bp": 250, "credited_minor": 5000, "before_minor": 2000}),
        ("SEK 2,500.00 was paid for goods delivered on order 7KQ2M-94TXD, SEK 500.00 of it tax."
         " All of the SEK 2,000.00 without tax counts for commission. 10 % of that, times 14 % / 25 %"
         " since all levels together get 14 % at most, is SEK 112.00. You won this client.",
         {"capped": (1400, 2500), "credited_minor": 11200}),
        ("SEK 12.49 was paid for goods delivered on order 7KQ2M-94TXD, SEK 2.50 of it tax."
         " All of the SEK 9.99 without tax counts for commission. 10 % of that, rounded down, is"
         " SEK 0.99. You won this client.",
         {"basis": Basis(1249, 250, [(999, 10000)], 999), "credited_minor": 99}),
        ("SEK 12.49 was paid for goods delivered on order 7KQ2M-94TXD, SEK 2.50 of it tax."
         " All of the SEK 9.99 without tax counts for commission. 10 % of that, rounded up so that"
         " all levels add up, is SEK 1.00. You won this client.",
         {"basis": Basis(1249, 250, [(999, 10000)], 999), "credited_minor": 100}),
        ("SEK 11,400.00 was paid for goods delivered on order 7KQ2M-94TXD, SEK 2,280.00 of it tax."
         " Without tax, 100 % of SEK 2,000.00 and 40 % of SEK 7,120.00 counts for commission:"
         " SEK 4,848.00. 10 % of that is SEK 484.80. You won this client.",
         {"basis": Basis(1140000, 228000, [(200000, 10000), (712000, 4000)], 484800),
          "credited_minor": 48480}),
    ],
)  # fmt: skip
def test_a_credit_is_told_from_the_price_to_the_amount(words: str, of: dict[str, object]) -> None:
    assert told("credit", ENGLISH, **of) == words


def test_a_credit_in_swedish() -> None:
    assert told(
        "credit", SWEDISH, sold="service", basis=SERVICE, rate_bp=150, credited_minor=4272, level=2
    ) == (
        "8 900,00 kr betalades för den utförda tjänsten på order 7KQ2M-94TXD, varav 1 780,00 kr moms."
        " Utan moms räknas 40 % av 7 120,00 kr för provision: 2 848,00 kr. 1,5 % av det är 42,72 kr."
        " Ditt team vann den här kunden, nivå 2."
    )


def test_a_reversal_in_both_languages() -> None:
    assert told("reversal", ENGLISH, before_minor=1000) == (
        "SEK 625.00 of the SEK 2,500.00 that was paid on order 7KQ2M-94TXD was refunded or is disputed,"
        " and with it SEK 500.00 of the SEK 2,000.00 that counts for commission. The same part of"
        " your SEK 200.00, rounded to the nearest, goes back: SEK 50.00 in all."
        " SEK 10.00 of it went back before."
    )
    assert told("reversal", SWEDISH) == (
        "625,00 kr av de 2 500,00 kr som betalades på order 7KQ2M-94TXD har återbetalats eller är tvistiga,"
        " och med det 500,00 kr av de 2 000,00 kr som räknas för provision. Samma del av dina"
        " 200,00 kr, avrundat till närmaste, går tillbaka: 50,00 kr sammanlagt."
    )


def test_a_reversal_that_is_taken_out_again_says_what_is_yours() -> None:
    """What came back is told as what went back: 625 of 2,500, not as what stayed."""
    assert told("restored", SWEDISH) == (
        "Till slut har bara 625,00 kr av de 2 500,00 kr som betalades på order 7KQ2M-94TXD"
        " återbetalats eller är tvistiga, och med det 500,00 kr av de 2 000,00 kr som räknas för"
        " provision. Samma del av dina 200,00 kr, avrundat till närmaste, är 50,00 kr. Det som gick"
        " tillbaka utöver det är ditt igen."
    )


def test_a_refund_without_a_line_says_what_it_counts_against() -> None:
    alone = Basis(250000, 50000, [(200000, 10000)], 200000, 50000, 40000, 0, 60000, 300000)
    assert told("reversal", ENGLISH, basis=alone, reversed_minor=4000) == (
        "SEK 500.00 of the SEK 2,500.00 that was paid on order 7KQ2M-94TXD was refunded or is disputed,"
        " and with it SEK 400.00 of the SEK 2,000.00 that counts for commission. SEK 600.00 was refunded"
        " or is disputed without naming a line, which counts against all of the order alike, SEK 3,000.00:"
        " the same part of SEK 2,000.00, rounded to the nearest, is SEK 400.00. The same part of your"
        " SEK 200.00, rounded to the nearest, goes back: SEK 40.00 in all."
    )
    beside = Basis(250000, 50000, [(200000, 10000)], 200000, 150000, 120000, 80000, 60000, 180000)
    words = told("reversal", ENGLISH, basis=beside, reversed_minor=12000)
    assert "SEK 800.00 of it went back with lines that were named. SEK 600.00 was refunded" in words
    assert "the same part of SEK 1,200.00, rounded to the nearest, is SEK 400.00." in words
    assert "utan att någon rad har angetts" in told("restored", SWEDISH, basis=beside)
    # What the client paid for the whole order is not the team's to read.
    team = explain("reversal", sold="goods", level=1, order="7KQ2M-94TXD", currency="SEK",
                   rate_bp=250, basis=alone, credited_minor=5000, reversed_minor=1000)  # fmt: skip
    assert "3,000.00" not in tell(team, ENGLISH, of_team=True)


def test_what_the_first_release_stored_is_told_as_it_was() -> None:
    stored = {
        "message": "{rate} of {base} for goods delivered on order {order}: you won this client."
        " All levels together are capped at {cap}, so each gives its part.",
        "facts": {"order": "7KQ2M-94TXD", "base": [200000, "SEK"], "rate": 250, "cap": 1400},
    }
    words = tell(stored, SWEDISH).replace("\N{NO-BREAK SPACE}", " ")  # type: ignore[arg-type]
    assert words == (
        "2,5 % av 2 000,00 kr för levererade varor på order 7KQ2M-94TXD: du vann den här kunden."
        " Alla nivåer tillsammans får högst 14 %, så var och en avstår sin del."
    )


@pytest.mark.parametrize("message", SENTENCES)
def test_every_message_has_its_swedish_with_the_same_figures(message: str) -> None:
    swedish = SWEDISH.text(message)
    assert swedish != message

    def figures(words: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(words) if name}

    assert figures(swedish) == figures(message)


# ---------------------------------------------------------------- worked out from the words alone

LINES = st.lists(
    st.tuples(
        st.integers(1, 10**6) | st.integers(1, 300),
        st.sampled_from([0, 600, 1200, 2500]),
        st.sampled_from([10000, 4000, 3333, 1]),
    ),
    min_size=1,
    max_size=3,
)


def test_whoever_is_above_the_seller_is_not_told_what_the_client_paid() -> None:
    credit = explain(
        "credit", sold="goods", level=1, order="7KQ2M-94TXD", currency="SEK", rate_bp=250,
        basis=Basis(250000, 50000, [(200000, 10000)], 200000), credited_minor=5000,
    )  # fmt: skip
    assert tell(credit, ENGLISH, of_team=True).replace("\N{NO-BREAK SPACE}", " ") == (
        "SEK 2,000.00 of what was delivered on order 7KQ2M-94TXD counts for commission."
        " 2.5 % of that is SEK 50.00. Your team won this client, level 1."
    )
    back = explain(
        "reversal", sold="goods", level=1, order="7KQ2M-94TXD", currency="SEK", rate_bp=250,
        basis=Basis(250000, 50000, [(200000, 10000)], 200000, 62500, 50000),
        credited_minor=5000, reversed_minor=1250,
    )  # fmt: skip
    assert tell(back, ENGLISH, of_team=True).replace("\N{NO-BREAK SPACE}", " ") == (
        "SEK 500.00 of the SEK 2,000.00 that counts for commission on order 7KQ2M-94TXD went back."
        " The same part of your SEK 50.00, rounded to the nearest, goes back: SEK 12.50 in all."
    )


@given(
    LINES,
    st.lists(st.integers(1, 3000), min_size=1, max_size=4).map(lambda r: sorted(r, reverse=True)),
    st.integers(300, 10000),
    st.integers(0, 10**6),
)
def test_a_reader_gets_from_the_price_to_every_levels_amount(
    lines: list[tuple[int, int, int]], rates: list[int], cap: int, went: int
) -> None:
    nets = [(net_of_tax(gross, tax), share) for gross, tax, share in lines]
    counts = {share: 0 for _, share in nets}
    for net, share in nets:
        counts[share] += net
    price = sum(gross for gross, _, _ in lines)
    base = sum(rdiv(net * share, BASIS) for net, share in nets)
    returned = went % (base + 1)
    basis = Basis(
        price,
        price - sum(counts.values()),
        [(net, share) for share, net in counts.items()],
        base,
        0,
        returned,
    )
    rule = Rates(tuple(rates), cap)
    upline = list(range(11, 11 + len(rates)))
    capped = (cap, sum(rates)) if sum(rates) > cap else None
    for earned in shares_of(rule, upline, base, returned):
        of: dict[str, object] = {
            "basis": basis,
            "rate_bp": earned.rate_bp,
            "level": earned.level,
            "credited_minor": earned.credited_minor,
            "reversed_minor": earned.reversed_minor,
            "capped": capped,
        }
        assert worked_out(told("credit", ENGLISH, **of)) == earned.credited_minor
        words = told("reversal", ENGLISH, **of)
        back = re.search(rf"with it {AMOUNT} of the {AMOUNT} that counts", words)
        mine = re.search(rf"of your {AMOUNT}, .*goes back: {AMOUNT} in all", words)
        assert back, words
        assert mine, words
        exact = Fraction(minor(mine[1]) * minor(back[1]), minor(back[2]))
        assert floor(exact + Fraction(1, 2)) == minor(mine[2]) == earned.reversed_minor


# ---------------------------------------------------------------- shares that are more than a rate


@given(shared_sales())
@settings(max_examples=300)
def test_a_share_of_any_rule_is_worked_out_again_from_its_words(
    sale: tuple[SalePlan, list[Party], list[Portion]],
) -> None:
    plan, parties, portions = sale
    for credit in shared_credits(plan, parties, "SEK", portions):
        portion = next(one for one in portions if one.rule == credit.rule)
        rule = plan.rule(credit.rule)
        words = told(
            "credit",
            ENGLISH,
            basis=Basis(portion.base_minor, 0, [(portion.base_minor, 10000)], portion.base_minor),
            level=credit.level,
            rate_bp=credit.rate_bp,
            credited_minor=credit.credited_minor,
            capped=credit.capped_bp,
            way=way_of(rule, credit, "SEK", portion.pieces),
        )
        exact, most, said = shared_by(words)
        assert said == credit.credited_minor, words
        assert abs(said - min(exact, most)) < 1, words


def one_way(words: str, base: Fraction) -> Fraction:
    """What one of the ways of a share comes to exactly, by its words."""
    of = base
    if below := re.search(rf"of the {AMOUNT} that (?:the l|who)", words):
        of = Fraction(minor(below[1]))
    if below := re.search(rf"of the same part of {AMOUNT}", words):
        of = Fraction(minor(below[1]))
    if each := re.search(rf"{AMOUNT} for each of (\d+) pieces", words):
        exact = Fraction(minor(each[1]) * int(each[2]))
    else:
        rates = re.search(r"((?:[\d.]+ %(?: \u00d7 )?)+) of th(?!e order)", words)
        assert rates, words
        exact = of * prod(part(rate) for rate in re.findall(r"([\d.]+) %", rates[1]))
    if of_order := re.search(rf"{RATE} of the order counts here", words):
        exact *= part(of_order[1])
    if "rounded to the nearest" in words:
        return Fraction(floor(exact + Fraction(1, 2)))
    return exact


def shared_by(words: str) -> tuple[Fraction, Fraction, int]:
    """What the words of a share come to exactly, what it is at most, and what they say it is."""
    base = re.search(rf"Commission is of the {AMOUNT} without tax", words)
    assert base, words
    of = Fraction(minor(base[1]))
    ways = re.split(r"(?<=share of this level\.)", words.split(" tax. ", 1)[-1])
    exact = sum((one_way(way, of) for way in ways if "share of this level" in way), Fraction(0))
    if not exact:
        exact = one_way(words, of)
    if cut := re.search(r"gives way to (\d+)/(\d+) of it", words):
        exact *= Fraction(int(cut[1]), int(cut[2]))
    if capped := re.search(rf"times {RATE} / {RATE}", words):
        exact *= part(capped[1]) / part(capped[2])
    most = re.search(rf"No level gets more than {AMOUNT} for", words)
    credit = re.search(rf"(?:that|at most,|of that|adds? up,|down,) is {AMOUNT}", words)
    assert credit, words
    return exact, Fraction(minor(most[1])) if most else exact, minor(credit[1])
