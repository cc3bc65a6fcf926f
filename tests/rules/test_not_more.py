"""Why a commission is not more: what would have changed it, worked out by the arithmetic that pays it."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.kit.locale import Language
from mainstem.paths import TEMPLATES
from mainstem.plan import (
    Line,
    Member,
    Otherwise,
    Party,
    PlanDocument,
    Portion,
    SoldLine,
    SoldOrder,
    compiled,
    credits,
    otherwise,
    tell_otherwise,
)
from mainstem.plan.not_more import NAMELESS, SENTENCES

ENGLISH, SWEDISH = (
    Language(locale, TEMPLATES / "locale", ZoneInfo("UTC")) for locale in ("en", "sv")
)
CEDAR, ALDER = Member(1), Member(2)
PASSING = dict.fromkeys(("house", "suspended", "inactive"), "uses_up_level")


def a_rule(id: str, *rates: int, **more: Any) -> dict[str, Any]:
    levels = [{"rate_bp": rate} for rate in rates]
    return {"id": id, "levels": levels, "cap_bp": 5000, "hold_days": 30} | more


def a_plan(*rules: dict[str, Any], **more: Any) -> PlanDocument:
    said = {
        "format": 2, "name": "Plan", "version_by": "order", "joined_before": "move", "cap_bp": 5000,
        "uplines": PASSING, "rules": list(rules),
    } | more  # fmt: skip
    return PlanDocument.model_validate(said)


def a_line(rule: str | None, counts: int = 10_000, **more: Any) -> SoldLine:
    asked: dict[str, Any] = {
        "kind": "goods", "currency": "SEK", "product": "kettle", "departments": frozenset({"kitchen"}),
        "storefront": "cedar", "affiliate": "cedar", "groups": frozenset(), "sold_on": date(2026, 5, 20),
    }  # fmt: skip
    line = Line(**asked | more.pop("asked", {}))
    sold: dict[str, Any] = {"name": "Kettle", "net_minor": counts, "pieces": 1} | more
    return SoldLine(line, rule=rule, counts_minor=counts, **sold)


def told(
    plan: PlanDocument,
    *lines: SoldLine,
    me: Member = CEDAR,
    language: Language = ENGLISH,
    back: int = 0,
) -> list[str]:
    sold = SoldOrder(
        currency="SEK", parties=[Party([CEDAR, ALDER])], lines=lines, reversed_minor=back
    )
    found = otherwise(compiled(plan), sold, me.id)
    return [tell_otherwise(one, plan, language) for one in found]


def test_a_campaign_that_had_not_begun_is_named_with_what_it_would_have_paid() -> None:
    plan = a_plan(a_rule("summer", 1500, when={"starts_on": "2026-06-01"}), a_rule("all", 1000))
    (said,) = told(plan, a_line("all"))
    assert "Kettle" in said and "SEK 5.00" in said.replace("\N{NO-BREAK SPACE}", " ")
    assert "summer" in said and "from 1 Jun 2026" in said.replace("June", "Jun")


def test_a_rule_that_fits_and_comes_later_in_the_plan_is_told_as_such() -> None:
    plan = a_plan(a_rule("all", 1000), a_rule("kettles", 2000, when={"products": ["kettle"]}))
    (said,) = told(plan, a_line("all"))
    assert "SEK 10.00" in said.replace("\N{NO-BREAK SPACE}", " ")
    assert "the first in the plan counts" in said


def test_a_rule_that_would_have_paid_less_is_not_told() -> None:
    plan = a_plan(a_rule("services", 500, when={"kind": "service"}), a_rule("all", 1000))
    assert told(plan, a_line("all")) == [ENGLISH.text(SENTENCES["nothing"])]


def test_a_cap_that_bit_and_a_limit_for_one_sale_are_told_with_what_they_cost() -> None:
    capped = a_plan(a_rule("all", 1000, 500, cap_bp=750))
    (said,) = told(capped, a_line("all"))
    assert "limit" in said and "SEK 5.00" in said.replace("\N{NO-BREAK SPACE}", " ")
    limited = a_plan(a_rule("all", 1000, at_most_minor={"SEK": 400}))
    (said,) = told(limited, a_line("all"))
    assert "fixed amount" in said and "SEK 6.00" in said.replace("\N{NO-BREAK SPACE}", " ")


def test_what_has_not_come_yet_and_what_went_back_are_told() -> None:
    plan = a_plan(a_rule("all", 1000))
    waits, back = told(plan, a_line("all", waits=2), back=300)
    assert waits.startswith("Kettle: 2 ") and "SEK 3.00" in back.replace("\N{NO-BREAK SPACE}", " ")


def test_a_line_that_no_rule_was_for_tells_which_rule_would_have_been() -> None:
    plan = a_plan(
        a_rule("services", 1000, when={"kind": "service"}),
        a_rule("lamps", 500, when={"departments": ["lamps"]}),
    )
    first, second = told(plan, a_line(None))
    assert "services" in first and "lamps" in second


def test_a_sponsor_is_told_of_their_own_share_and_not_what_was_bought() -> None:
    plan = a_plan(
        a_rule("seller", 2000, 100, when={"clients": "first_order"}), a_rule("all", 1000, 300),
        a_rule("team", 1000, 400, when={"kind": "service"}),
        refunded_orders="are_counted",
    )  # fmt: skip
    (said,) = told(plan, a_line("all", name="", asked={"orders_before": 1}), me=ALDER)
    assert said.startswith(NAMELESS) and "team" in said and "Kettle" not in said


AMOUNTS = st.integers(0, 10**7)
RATES = st.lists(st.integers(0, 2000), min_size=1, max_size=2)


@given(
    rates=st.lists(RATES, min_size=2, max_size=4), amounts=st.lists(AMOUNTS, min_size=1, max_size=3)
)
def test_what_is_said_that_another_rule_would_have_paid_is_what_it_pays(
    rates: list[list[int]], amounts: list[int]
) -> None:
    rules = [a_rule(f"rule-{no}", *of) for no, of in enumerate(rates)]
    plan = compiled(a_plan(*rules))
    lines = [a_line("rule-0", counts, name=str(no)) for no, counts in enumerate(amounts)]
    sold = SoldOrder(currency="SEK", parties=[Party([CEDAR, ALDER])], lines=lines)

    def mine(portions: list[Portion]) -> int:
        paid = credits(plan, sold.parties[0].upline, "SEK", portions)
        return sum(one.credited_minor for one in paid if one.beneficiary_id == CEDAR.id)

    now = mine([Portion("rule-0", sum(amounts), 0, len(amounts))])
    for one in otherwise(plan, sold, CEDAR.id):
        if one.code == "came_first":
            moved = amounts[int(one.facts["name"])]
            then = mine(
                [
                    Portion("rule-0", sum(amounts) - moved, 0, len(amounts) - 1),
                    Portion(one.facts["rule"], moved, 0, 1),
                ]
            )
            assert one.facts["more"].minor == then - now > 0


@pytest.mark.parametrize("message", [*SENTENCES.values(), NAMELESS])
def test_every_sentence_is_there_in_swedish(message: str) -> None:
    assert SWEDISH.text(message) != message


def test_a_sentence_names_only_facts_that_it_is_given() -> None:
    plan = a_plan(a_rule("all", 1000))
    assert tell_otherwise(Otherwise("nothing"), plan, SWEDISH)
