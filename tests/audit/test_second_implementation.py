"""The audit's own arithmetic comes to the same cents as the code that credits, over plans and sales of
every sort."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstem.audit.arithmetic import part, split, split_exactly
from mainstem.audit.columns import as_lists
from mainstem.audit.documents import rules_of
from mainstem.audit.facts import Also, Facts, Lines, Upline
from mainstem.audit.kernel import Portions, shares
from mainstem.money import BASIS, largest_remainder, rdiv
from mainstem.plan import Member, Party, PlanDocument, Portion, compiled, shared_credits
from mainstem.plan.sale_rules import LevelBase

NAMES = ("lamps", "repairs", "others")
GROUPS = ("pilots", "founders")
MINOR = st.one_of(st.integers(0, 500), st.integers(0, 10**7), st.integers(0, 2**53))
PASSING = st.sampled_from(["uses_up_level", "passed_over"])

CAP_BY = st.sampled_from([None, "proportion", "priority"])
LEVEL = st.fixed_dictionaries(
    {
        "rate_bp": st.integers(0, 3000),
        "groups": st.just([]) | st.lists(st.sampled_from(GROUPS), max_size=2, unique=True),
        "rank_from": st.sampled_from([None, None, "silver", "gold"]),
    }
)
FIXED = st.fixed_dictionaries(
    {"each_minor": st.fixed_dictionaries({"SEK": st.integers(1, 5000)}), "rate_bp": st.just(0)}
)


def rule_called(name: str) -> st.SearchStrategy[dict[str, Any]]:
    of_sale = st.fixed_dictionaries(
        {
            "levels": st.lists(LEVEL | FIXED, min_size=1, max_size=6),
            "levels_of": st.just("sale"),
        }
    )
    of_below = st.fixed_dictionaries(
        {
            "levels": st.tuples(LEVEL | FIXED, st.lists(LEVEL, max_size=4)).map(
                lambda levels: [levels[0], *levels[1]]
            ),
            "levels_of": st.sampled_from([one for one in get_args(LevelBase) if one != "sale"]),
        }
    )
    others = st.fixed_dictionaries(
        {
            "id": st.just(name),
            "cap_bp": st.integers(1, 5000),
            "cap_by": CAP_BY,
            "hold_days": st.just(30),
            "at_most_minor": st.just({}) | st.fixed_dictionaries({"SEK": st.integers(1, 10**6)}),
        }
    )
    return st.tuples(of_sale | of_below, others).map(lambda parts: parts[0] | parts[1])


DOCUMENTS = st.fixed_dictionaries(
    {
        "format": st.just(2),
        "name": st.just("Any plan"),
        "version_by": st.just("order"),
        "joined_before": st.just("move"),
        "cap_bp": st.integers(100, 6000),
        "cap_by": CAP_BY,
        "uplines": st.fixed_dictionaries(
            {"house": PASSING, "suspended": PASSING, "inactive": PASSING}
        ).flatmap(
            lambda said: st.sampled_from(
                [
                    said | {"own_sales_min": 0, "days": 0},
                    said | {"own_sales_min": 2, "days": 90, "active_at": "sale"},
                ]
            )
        ),
        "rules": st.tuples(*[rule_called(name) for name in NAMES]).map(list),
        "period": st.just(
            {
                "every": "month", "counted_at": "delivery", "hold_days": 30,
                "ranks": {
                    "leg_share_of": "all_team_volume", "sale_sees": "highest_so_far", "grace_periods": 0,
                    "ranks": [{"id": "silver", "personal_minor": {"SEK": 1}},
                              {"id": "gold", "personal_minor": {"SEK": 2}}],
                },
            }
        ),
    }
)  # fmt: skip
MEMBERS = st.lists(
    st.builds(
        Member,
        st.integers(1, 9),
        house=st.booleans(),
        suspended=st.booleans(),
        own_sales=st.integers(0, 3),
        groups=st.frozensets(st.sampled_from(GROUPS)),
        rank=st.integers(0, 2),
    ),
    min_size=1,
    max_size=8,
)


Sold = tuple[list[Party], list[Portion]]


@st.composite
def sales(draw: st.DrawFn) -> Sold:
    """To whom a sale is credited, and what of it was delivered under some of the rules."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    portions = []
    for name in names:
        base = draw(MINOR)
        back = floor(base * draw(st.fractions(0, 1)))
        # Of a service with milestones only one counts what it is worth, and one may still be waited for.
        worth, due = draw(st.sampled_from([None, None, 0])), draw(st.booleans() | st.just(True))
        portions.append(Portion(name, base, back, draw(st.integers(0, 50)), worth, due))
    cuts = draw(st.just([]) | st.lists(st.integers(1, BASIS - 1), max_size=2, unique=True))
    parts = [b - a for a, b in pairwise([0, *sorted(cuts), BASIS])]
    groups: dict[int, frozenset[str]] = {}
    parties = [Party(same_groups(draw(MEMBERS), groups), part) for part in parts]
    return parties, portions


def same_groups(members: list[Member], groups: dict[int, frozenset[str]]) -> list[Member]:
    """Whoever stands several times in made-up uplines is in the same groups each time."""
    for member in members:
        groups.setdefault(member.id, member.groups)
    return [Member(m.id, m.house, m.suspended, m.own_sales, groups[m.id], m.rank) for m in members]


def upline_of(uplines: list[list[Member]]) -> Upline:
    """Uplines as the columns that the audit reads."""
    deepest = max((len(members) for members in uplines), default=0)

    def above(value: Any, beyond: Any, kind: Any = np.int64) -> Any:
        return np.array(
            [
                [value(member) for member in members] + [beyond] * (deepest - len(members))
                for members in uplines
            ],
            kind,
        ).reshape(len(uplines), deepest)

    return Upline(
        above(lambda one: one.id, -1),
        above(lambda one: one.house, False, bool),
        above(lambda one: one.suspended, False, bool),
        above(lambda one: one.own_sales, 0),
        above(lambda one: one.rank, 0),
        # One affiliate is in one set of groups, however often they stand in a made-up upline.
        {n: {one.id: one.groups for one in members} for n, members in enumerate(uplines)},
    )


def facts_of(sold: list[Sold]) -> tuple[Facts, Portions]:
    """Sales as the columns that the audit reads."""
    none = np.zeros(len(sold), np.int64)
    empty = np.zeros(0, np.int64)
    upline = upline_of([list(parties[0].upline) for parties, _ in sold])
    others = [(n, one) for n, (parties, _) in enumerate(sold) for one in parties[1:]]
    also = Also(
        np.array([n for n, _ in others], np.int64),
        np.array([one.part_bp for _, one in others], np.int64),
        upline_of([list(one.upline) for _, one in others]),
    )
    facts = Facts(
        ["N"] * len(sold), none, ["SEK"], none, none == 0, none, none, none, none, upline,
        Lines(
            empty, [], empty, empty, empty, empty, empty, empty, empty, empty, empty == 0, empty == 0
        ),
        none == 1, none == 1, also,
    )  # fmt: skip
    rows = [(n, portion) for n, (_, portions) in enumerate(sold) for portion in portions]
    rows.sort(key=lambda row: (row[0], NAMES.index(row[1].rule)))

    def column(name: str) -> Any:
        return np.array([getattr(portion, name) for _, portion in rows], np.int64)

    return facts, Portions(
        np.array([n for n, _ in rows], np.int64),
        np.array([NAMES.index(portion.rule) for _, portion in rows], np.int64),
        column("base_minor"),
        column("returned_minor"),
        column("pieces"),
        column("counted_minor"),
        column("is_due") == 1,
    )


@given(DOCUMENTS, st.lists(sales(), min_size=1, max_size=6))
@settings(max_examples=300, deadline=None)
def test_the_audit_comes_to_what_the_plan_pays_for_any_plan_upline_and_refund(
    document: dict[str, Any], made: list[Sold]
) -> None:
    plan = compiled(PlanDocument.model_validate(document))
    should = sorted(
        (n, one.rule, one.level, one.beneficiary_id, one.credited_minor, one.reversed_minor)
        for n, (parties, portions) in enumerate(made)
        for one in shared_credits(plan, parties, "SEK", portions)
    )
    facts, sold = facts_of(made)
    found = shares(facts, sold, rules_of(1, document))
    is_now = sorted(
        (n, NAMES[rule], level, who, credited, reversed)
        for n, rule, level, who, credited, reversed in zip(
            *(column.tolist() for column in (
                found.order, found.rule, found.level, found.who, found.credited, found.reversed,
            )),
            strict=True,
        )
    )  # fmt: skip
    assert is_now == should


AMOUNTS = st.integers(0, 2**31) | st.integers(0, 2**53)


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS), min_size=1, max_size=20))
def test_a_part_is_rounded_as_money_is_whatever_its_size(rows: list[tuple[int, int, int]]) -> None:
    rows = [(whole, min(n, d), d) for whole, n, d in rows]
    whole, n, d = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    assert part(whole, n, d).tolist() == [
        rdiv(a * b, c) if c else 0 for a, b, c in rows
    ]  # fmt: skip


@given(
    st.integers(0, 10**9),
    st.lists(st.integers(0, BASIS), min_size=1, max_size=6),
)
def test_a_split_is_that_of_the_largest_remainder(amount: int, rates: list[int]) -> None:
    should = largest_remainder(amount, rates, BASIS)
    columns = np.array([rates], np.int64), np.array([amount], np.int64), np.array([BASIS], np.int64)
    assert split(*columns).tolist() == [should]
    assert split_exactly([Fraction(amount * rate, BASIS) for rate in rates]) == should


@pytest.mark.parametrize("lists", [[], [[5]], [[1, 2, 3], [9], [7, 0]]])
def test_arrays_are_read_as_the_server_sends_them(lists: list[list[int]]) -> None:
    def sent(values: list[int]) -> bytes:
        head = b"".join(n.to_bytes(4, "big") for n in (1, 0, 20, len(values), 1))
        return head + b"".join((8).to_bytes(4, "big") + v.to_bytes(8, "big") for v in values)

    sizes = np.array([len(one) for one in lists], np.int64)
    wide = max(map(len, lists), default=0)
    should = [one + [-1] * (wide - len(one)) for one in lists]
    assert as_lists(sizes, b"".join(map(sent, lists))).tolist() == should
