"""What every level should have been credited, and what of it should have gone back: worked out by columns.

This is the second implementation of the plan. It follows docs/plan-reference.md and shares no line with the
code that credits; decision 62 says why. A row is what of one order fell under one rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from itertools import groupby
from math import floor
from operator import itemgetter

import numpy as np

from mainstem.audit.arithmetic import SAFE, fits, part, split, split_exactly
from mainstem.audit.caps import left_of
from mainstem.audit.columns import Bools, Ints
from mainstem.audit.documents import BASIS, Rule, Tables, tables
from mainstem.audit.facts import Facts, Lines

BASES = ("commissionable_value", "net_price", "margin")
"""What rates may be of."""


@dataclass(frozen=True, slots=True)
class Portions:
    """What was delivered of each order under each rule, and how much of it went back. `worth` is what of it
    counts for the plan's cap; what is not `due` yet has its place there, and earns nothing."""

    order: Ints
    rule: Ints
    base: Ints
    returned: Ints
    pieces: Ints
    worth: Ints
    due: Bools

    def only(self, which: Bools | Ints) -> Portions:
        """Some of them."""
        return Portions(*(getattr(self, one.name)[which] for one in fields(self)))


@dataclass(frozen=True, slots=True)
class Earned:
    """Every level that earned: of which order, by which rule, who, how much, and how much went back."""

    order: Ints
    rule: Ints
    level: Ints
    who: Ints
    credited: Ints
    reversed: Ints

    def only(self, which: Bools) -> Earned:
        """Some of them."""
        return Earned(*(getattr(self, one.name)[which] for one in fields(self)))


def earned(facts: Facts, rules: Sequence[Rule], rule_of_line: Ints) -> Earned:
    """What the facts of a batch should have earned everybody by now.

    `rule_of_line` says of each line which of the rules it was sold by.
    """
    return shares(facts, portions(facts, rule_of_line, rules), rules)


def shares(facts: Facts, sold: Portions, rules: Sequence[Rule]) -> Earned:
    """Every level's share of what was sold. No refund raises one, and a whole refund leaves nothing."""
    said = tables(rules, facts.currencies)
    several = facts.shared[sold.order]
    alone = _alone(facts, sold.only(~several), said)
    if not several.any():
        return alone
    of_several = _of_several(facts, sold.only(several), said)
    return Earned(
        *(
            np.concatenate([getattr(alone, one.name), getattr(of_several, one.name)])
            for one in fields(Earned)
        )
    )


def _alone(facts: Facts, sold: Portions, said: Tables) -> Earned:
    """What orders earn that are credited to one."""
    who = paid(facts, sold, said)
    parts = _parts(facts, sold, said, who)
    most = said.most[facts.currency[sold.order], sold.rule][:, None]
    back = part(parts, sold.returned[:, None], sold.base[:, None])
    credited = np.minimum(parts, most)
    stands = np.minimum(parts - back, most)
    row, level = np.nonzero(parts * sold.due[:, None])
    return Earned(
        sold.order[row],
        sold.rule[row],
        level,
        who[row, level],
        credited[row, level],
        (credited - stands)[row, level],
    )


# ---------------------------------------------------------------- what was sold


def portions(facts: Facts, rule_of_line: Ints, rules: Sequence[Rule]) -> Portions:
    """What came of each order by each rule, and what of that went back: with its lines, and with money
    that names no line."""
    lines, width = facts.lines, len(rules)
    named = (lines.order * width + rule_of_line) * 2 + lines.is_due
    keys, at = np.unique(named, return_inverse=True)
    order, rule, due = keys // 2 // width, keys // 2 % width, keys % 2 == 1

    def summed(values: Ints) -> Ints:
        # Nothing is waited for of an order that earns nobody anything.
        return np.where(facts.earns[order], _sums(at, len(keys), values), 0)

    earned = part(lines.counts, lines.delivered, lines.quantity)
    price = part(lines.total, lines.delivered, lines.quantity)
    tax = part(lines.tax, lines.delivered, lines.quantity)
    base, paid = summed(earned), summed(price)
    returned = _spread(facts, order, base, summed(_returned(lines, earned)))
    paid_back = np.maximum(lines.refunded - (lines.total - price), 0)
    # Or of the price without tax, of which as much goes back as of what was paid.
    net = paid - summed(tax)
    net_back = part(net, _spread(facts, order, paid, summed(paid_back)), paid)
    # Or of what of that is left of each line after its cost.
    of_line, of_line_back = _margins(lines, price, paid_back)
    margin, margin_back = summed(of_line), summed(of_line_back)
    worth = [
        summed(np.where(lines.counts_once, values, 0)) for values in (earned, price - tax, of_line)
    ]
    which = np.array([BASES.index(one.base) for one in rules] or [0], np.int64)[rule]
    return Portions(
        order,
        rule,
        np.choose(which, [base, net, margin]),
        np.choose(which, [returned, net_back, _spread(facts, order, margin, margin_back)]),
        _sums(at, len(keys), lines.delivered),
        np.choose(which, worth),
        due,
    )


def _spread(facts: Facts, order: Ints, whole: Ints, named: Ints) -> Ints:
    """What of an amount went back with lines, and its share of what names none; no money counts twice."""
    left = facts.total - (facts.refunded - facts.unallocated)
    spread = np.minimum(facts.unallocated + facts.disputed, left)
    return named + part(whole - named, np.maximum(spread, 0)[order], np.maximum(left, 0)[order])


def _margins(lines: Lines, price: Ints, paid_back: Ints) -> tuple[Ints, Ints]:
    """What is left of each line without tax after its cost, where that is known, and what of it went back."""
    net = price - part(lines.tax, lines.delivered, lines.quantity)
    cost = part(np.maximum(lines.cost, 0), lines.delivered, lines.quantity)
    margin = np.where(lines.cost < 0, 0, np.maximum(net - cost, 0))
    return margin, part(margin, np.minimum(paid_back, price), price)


def _returned(lines: Lines, earned: Ints) -> Ints:
    """What of a line's commissionable value went back: first for the pieces that were canceled, then for
    what was never delivered, and only then for what was."""
    remains = lines.quantity - lines.canceled
    kept = part(lines.total, remains, lines.quantity)
    worth = part(lines.counts, remains, lines.quantity)
    back = part(worth, np.maximum(lines.refunded - (lines.total - kept), 0), kept)
    return np.maximum(back - (worth - earned), 0)


def _sums(at: Ints, size: int, values: Ints) -> Ints:
    found = np.zeros(size, np.int64)
    np.add.at(found, at, values)
    return found


# ---------------------------------------------------------------- who is paid


def paid(facts: Facts, sold: Portions, said: Tables) -> Ints:
    """Who is paid at each level of each row; 0 for nobody."""
    upline, order, rule = facts.upline, sold.order, sold.rule
    who = np.zeros((len(order), said.rate.shape[1]), np.int64)
    level = np.zeros(len(order), np.int64)
    for steps in range(upline.id.shape[1]):
        member = upline.id[order, steps]
        there = (member >= 0) & (level < said.levels[rule])
        unpaid, over = _unpaid(facts, sold, said, steps)
        rows = np.flatnonzero(there & ~unpaid)
        fitting = rows[_may_stand(facts, sold, said, rows, level[rows], steps)]
        who[fitting, level[fitting]] = member[fitting]
        level += there & ~over
    return np.where(_pays(facts, sold, said), who, 0)


def _unpaid(facts: Facts, sold: Portions, said: Tables, steps: int) -> tuple[Bools, Bools]:
    """Who of those that stand so many steps above the sale is not paid, and who of them is passed over."""
    upline, order, rule = facts.upline, sold.order, sold.rule
    if steps == 0:  # the seller's own level is nobody else's, and whoever sold is active
        unpaid = upline.house[order, 0] | upline.suspended[order, 0]
        return unpaid, np.zeros_like(unpaid)
    house = upline.house[order, steps]
    suspended = upline.suspended[order, steps] & ~house
    inactive = (upline.own_sales[order, steps] < said.own_sales[rule]) & ~house & ~suspended
    over = house & said.over_house[rule]
    over |= suspended & said.over_suspended[rule]
    over |= inactive & said.over_inactive[rule]
    return house | suspended | inactive, over


def _may_stand(
    facts: Facts, sold: Portions, said: Tables, rows: Ints, level: Ints, steps: int
) -> Bools:
    """Whether each has the rank, and is in one of the groups, that their level asks for."""
    upline, order, rule = facts.upline, sold.order[rows], sold.rule[rows]
    ok = np.asarray(upline.rank[order, steps] >= said.rank[rule, level], np.bool_)
    asking = [n for n, one in enumerate(said.rules) if any(level.groups for level in one.levels)]
    for at in np.flatnonzero(np.isin(rule, asking)):
        groups = said.rules[rule[at]].levels[level[at]].groups
        of_order = upline.groups.get(int(order[at]), {})
        theirs = of_order.get(int(upline.id[order[at], steps]), frozenset())
        ok[at] &= not groups or bool(groups & theirs)
    return ok


def _pays(facts: Facts, sold: Portions, said: Tables) -> Bools:
    each = said.each[facts.currency[sold.order], sold.rule]
    return np.asarray((said.rate[sold.rule] > 0) | (each > 0), np.bool_)


# ---------------------------------------------------------------- how much


def _parts(facts: Facts, sold: Portions, said: Tables, who: Ints) -> Ints:
    """Every level's whole part, before what a sale may pay at most is applied to it."""
    each = said.each[facts.currency[sold.order], sold.rule]
    there = who > 0
    rate = np.where(there & ~said.fixed[sold.rule], said.rate[sold.rule], 0)
    fixed = np.where(there & said.fixed[sold.rule], each, 0)
    cap = said.cap[sold.rule]
    # By columns: rates of the sale and fixed money, over one denominator, and small enough.
    simple = ~said.chained[sold.rule]
    simple &= fits(sold.base, rate.sum(axis=1)) & fits(sold.pieces, fixed.sum(axis=1), BASIS)
    whole = np.where(simple, sold.base, 0)[:, None] * rate
    whole += np.where(simple, sold.pieces, 0)[:, None] * fixed * BASIS
    total, most = whole.sum(axis=1), sold.base * cap
    cut = total > most
    simple &= ~(cut & said.by_priority[sold.rule])
    # The weights are what they are to each other: without what all of a row have in common.
    common = np.maximum(np.gcd.reduce(whole, axis=1), 1)
    weights = whole // common[:, None]
    numerator, denominator = (
        np.where(cut, most, common),
        np.where(cut, total // common * BASIS, BASIS),
    )
    simple &= fits(weights.sum(axis=1), numerator) & fits(denominator) & fits(sold.base, cap)
    hard = ~simple | _above_plan(facts, sold, said, np.minimum(total, most), simple)
    easy = ~hard
    parts = np.zeros_like(who)
    parts[easy] = split(weights[easy], numerator[easy], denominator[easy])
    for rows in _by_order(sold, hard):
        _exactly(facts, sold, said, who, rows, parts)
    return parts


def _above_plan(
    facts: Facts, sold: Portions, said: Tables, numerator: Ints, simple: Bools
) -> Bools:
    """Rows of orders whose rules together are above the plan's cap, or of which it cannot be said here."""
    size = len(facts.version)
    worth = _sums(sold.order, size, np.where(simple, sold.worth, 0))
    pays = _sums(sold.order, size, np.where(simple, numerator, 0))
    cap = np.zeros(size, np.int64)
    cap[sold.order] = said.plan_cap[sold.rule]
    unsure = np.zeros(size, bool)
    unsure[sold.order[~simple]] = True
    size_of = np.bincount(sold.order, np.where(simple, numerator, 0).astype(np.float64), size)
    above = unsure | (size_of > SAFE / 2) | ~fits(worth, np.maximum(cap, 1)) | (pays > worth * cap)
    return np.asarray(above[sold.order], np.bool_)


def _by_order(sold: Portions, hard: Bools) -> list[Ints]:
    rows = np.flatnonzero(hard)
    ends = np.flatnonzero(np.diff(sold.order[rows])) + 1
    return [group for group in np.split(rows, ends) if len(group)]


def _exactly(
    facts: Facts, sold: Portions, said: Tables, who: Ints, rows: Ints, parts: Ints
) -> None:
    """All rows of one order by fractions of any size: what columns of 64 bits cannot hold."""
    for (row, level, _), minor in _whole(facts, sold, said, rows, [(who, BASIS)]).items():
        parts[row, level] = minor


Share = tuple[int, int, int]
"""A row, a level of it, and who is paid at it."""


def _whole(
    facts: Facts,
    sold: Portions,
    said: Tables,
    rows: Ints,
    parties: Sequence[tuple[Ints, int]],
) -> dict[Share, int]:
    """What everybody gets of the rows of one order, under every cap and whole. Each party is who is paid at
    each level above it, and how much of the order is theirs."""
    code = facts.currencies[facts.currency[sold.order[rows[0]]]]
    exact: dict[Share, Fraction] = {}
    for row in map(int, rows):
        exact |= _shares(sold, said, row, code, parties)
    first = said.rules[sold.rule[rows[0]]]
    worth = sum(int(counted) for counted in sold.worth[rows])
    cap = Fraction(worth * first.plan_cap_bp, BASIS)

    def turn(share: Share) -> tuple[int, int]:
        return said.rules[sold.rule[share[0]]].place, share[1]

    exact = left_of(exact, cap, turn if first.plan_cap_by == "priority" else None)
    found: dict[Share, int] = {}
    for _, of_row in groupby(exact, key=itemgetter(0)):
        keys = list(of_row)
        found |= zip(keys, split_exactly([exact[key] for key in keys]), strict=True)
    return found


def _shares(
    sold: Portions, said: Tables, row: int, currency: str, parties: Sequence[tuple[Ints, int]]
) -> dict[Share, Fraction]:
    """The exact shares of a row under the cap of its rule: the lower level first, then the earlier party."""
    rule = said.rules[sold.rule[row]]
    found: dict[Share, Fraction] = {}
    for who, part_bp in parties:
        for level, share in _of_party(sold, rule, row, currency, who, part_bp):
            key = row, level, int(who[row, level])
            found[key] = found.get(key, Fraction(0)) + share
    ordered = {key: found[key] for key in sorted(found, key=itemgetter(1))}
    cap = Fraction(int(sold.base[row]) * rule.cap_bp, BASIS)
    return left_of(ordered, cap, itemgetter(1) if rule.cap_by == "priority" else None)


def _of_party(
    sold: Portions, rule: Rule, row: int, currency: str, who: Ints, part_bp: int
) -> Iterator[tuple[int, Fraction]]:
    """What each paid level above one party gets, before any cap."""
    whole = Fraction(int(sold.base[row]) * part_bp, BASIS)
    below, sellers = whole, Fraction(0)
    for level in map(int, np.flatnonzero(who[row])):
        asked = rule.levels[level]
        of = below if rule.levels_of.startswith("level_below") else whole
        if level and rule.levels_of.startswith("sellers_commission"):
            of = sellers
        share = of * asked.rate_bp / BASIS
        if asked.each_minor:
            share = Fraction(asked.each_minor[currency] * int(sold.pieces[row]) * part_bp, BASIS)
        if rule.levels_of.endswith("_rounded"):
            share = Fraction(floor(share + Fraction(1, 2)))
        below = share
        sellers = share if level == 0 else sellers
        yield level, share


# ---------------------------------------------------------------- orders of several


def _of_several(facts: Facts, sold: Portions, said: Tables) -> Earned:
    """What orders earn that are credited to several, one order after the other."""
    also = facts.also
    of_others = replace(facts, upline=also.upline, currency=facts.currency[also.order])
    found: list[tuple[int, ...]] = []
    for rows in _by_order(sold, np.ones(len(sold.order), bool)):
        of_order = sold.only(rows)
        others = np.flatnonzero(also.order == of_order.order[0])
        parties = [(paid(facts, of_order, said), BASIS - int(also.part_bp[others].sum()))]
        for other in map(int, others):
            as_theirs = replace(of_order, order=np.full(len(rows), other, np.int64))
            parties.append((paid(of_others, as_theirs, said), int(also.part_bp[other])))
        found += _earned_of(facts, of_order, said, parties)
    columns = zip(*found, strict=True) if found else [()] * len(fields(Earned))
    return Earned(*(np.array(column, np.int64) for column in columns))


def _earned_of(
    facts: Facts,
    sold: Portions,
    said: Tables,
    parties: Sequence[tuple[Ints, int]],
) -> Iterator[tuple[int, ...]]:
    rows = np.arange(len(sold.order))
    for (row, level, who), minor in _whole(facts, sold, said, rows, parties).items():
        if not sold.due[row]:
            continue
        part_bp = sum(bp for at, bp in parties if at[row, level] == who)
        at_most = int(said.most[facts.currency[sold.order[row]], sold.rule[row]])
        most = at_most * part_bp // BASIS
        back = Fraction(minor * int(sold.returned[row]), max(int(sold.base[row]), 1))
        credited = min(minor, most)
        stands = min(minor - floor(back + Fraction(1, 2)), most)
        if credited:
            yield int(sold.order[row]), int(sold.rule[row]), level, who, credited, credited - stands
