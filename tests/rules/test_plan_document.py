"""The plan as a document: it says what it pays, or it is refused where it is wrong."""

from __future__ import annotations

import copy
import tomllib
from datetime import date
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.company import PLAN
from tests.rules.one_rate import Rates, as_first_reckoned, told

from mainstem.kit.documents import document
from mainstem.kit.errors import InvalidInput
from mainstem.money import BASIS
from mainstem.plan import document as documents
from mainstem.plan import parse
from mainstem.plan.document import PlanDocument, compiled
from mainstem.plan.exact_shares import Portion
from mainstem.plan.sales import credits
from mainstem.plan.uplines import Member


def in_the_docstring() -> dict[str, Any]:
    said = (documents.__doc__ or "").splitlines()
    return tomllib.loads("\n".join(line[4:] for line in said if line.startswith("    ")))


def read(sent: dict[str, Any]) -> PlanDocument:
    return document(PlanDocument, sent)


def changed(**rule: Any) -> dict[str, Any]:
    sent = copy.deepcopy(in_the_docstring())
    sent["rules"][0] |= rule
    return sent


def test_the_plan_in_the_docstring_is_one_and_says_what_stands_there() -> None:
    plan = compiled(read(in_the_docstring()))
    lamps = plan.rules[0]
    assert (lamps.id, [level.rate_bp for level in lamps.levels]) == ("lamps-in-march", [1500, 300])
    assert (lamps.when.starts_on, lamps.when.ends_on) == (date(2027, 3, 1), date(2027, 4, 1))
    assert (plan.uplines.inactive, plan.uplines.own_sales_min) == ("passed_over", 1)


RATES = st.lists(st.integers(0, BASIS), min_size=1, max_size=6).map(
    lambda rates: sorted(rates, reverse=True)
)
FIRST_RULES = st.fixed_dictionaries(
    {
        "pays_on": st.just("delivered_sale"),
        "levels_bp": RATES,
        "cap_bp": st.integers(1, BASIS),
        "hold_days": st.integers(14, 365),
    }
)


@given(
    FIRST_RULES,
    FIRST_RULES,
    st.lists(st.booleans(), min_size=1, max_size=7),
    st.tuples(st.integers(0, 10**8), st.integers(0, 10**8)),
    st.fractions(0, 1),
)
@settings(max_examples=200)
def test_a_plan_of_the_first_format_pays_the_same_to_the_cent_as_it_is_said_now(
    goods: dict[str, Any],
    service: dict[str, Any],
    eligible: list[bool],
    worth: tuple[int, int],
    back: Fraction,
) -> None:
    first = PLAN | {"rules": {"goods": goods, "service": service}}
    upline = [11 + n if here else 0 for n, here in enumerate(eligible)]
    members = [Member(11 + n, suspended=not here) for n, here in enumerate(eligible)]
    kinds = dict(zip(("goods", "service"), worth, strict=True))
    rates = {
        kind: Rates(said["levels_bp"], said["cap_bp"])
        for kind, said in (("goods", goods), ("service", service))
    }
    now = credits(
        parse(first, version=1).sale,
        members,
        "SEK",
        [Portion(kind, base, floor(base * back)) for kind, base in kinds.items()],
    )
    for kind, base in kinds.items():
        assert told([one for one in now if one.rule == kind]) == as_first_reckoned(
            rates[kind], upline, base, floor(base * back)
        )


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        (changed(pays_on="recruit"), "/rules/0/pays_on"),
        (changed(levels=[]), "/rules/0/levels"),
        (changed(levels=[{"rate_bp": 100, "each_minor": {"SEK": 5}}]), "/rules/0/levels/0"),
        (changed(levels=[{"each_minor": {"SEK": 5}}, {"each_minor": {"EUR": 5}}]), "/rules/0"),
        (changed(at_most_minor={"SEK": 0}), "/rules/0/at_most_minor/SEK"),
        (changed(hold_days=13), "/rules/0/hold_days"),
        (changed(cap_bp=0), "/rules/0/cap_bp"),
        (
            changed(levels_of="level_below", levels=[{"rate_bp": 9}, {"each_minor": {"SEK": 5}}]),
            "/rules/0",
        ),
        (changed(when={"starts_on": "2027-03-02", "ends_on": "2027-03-02"}), "/rules/0/when"),
        (changed(when={"clients": "first_order", "months_max": 3}), "/rules/0/when"),
        (changed(when={"sex": "any"}), "/rules/0/when/sex"),
        (in_the_docstring() | {"uplines": {"house": "passed_over"}}, "/uplines/suspended"),
        (in_the_docstring() | {"joining_fee_minor": 1}, "/joining_fee_minor"),
    ],
)
def test_what_is_no_plan_is_refused_where_it_is_wrong(sent: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(sent)
    assert pointer in {problem.pointer for problem in refused.value.problems}


@pytest.mark.parametrize("name", ["version_by", "joined_before", "cap_bp", "uplines", "rules"])
def test_what_the_trade_reads_in_several_ways_has_no_silent_default(name: str) -> None:
    sent = {key: said for key, said in in_the_docstring().items() if key != name}
    with pytest.raises(InvalidInput) as refused:
        read(sent)
    assert [problem.pointer for problem in refused.value.problems] == [f"/{name}"]


def test_two_rules_have_two_names() -> None:
    sent = in_the_docstring()
    with pytest.raises(InvalidInput) as refused:
        read(sent | {"rules": sent["rules"] * 2})
    assert "lamps-in-march" in refused.value.problems[0].text()
