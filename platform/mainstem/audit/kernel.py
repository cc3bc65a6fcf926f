"""What every level should have been credited, and what of it should have gone back: worked out by columns.

This is the second implementation of the plan. It follows docs/plan-reference.md and shares no line with the
code that credits; decision 62 says why. A row is what of one order fell under one rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from mainstem.audit.arithmetic import SAFE, fits, part, split, split_exactly
from mainstem.audit.columns import Bools, Ints
from mainstem.audit.documents import BASIS, Rule, Tables, tables
from mainstem.audit.facts import Facts, Lines

BASES = ("commissionable_value", "net_price", "margin")
"""What rates may be of."""


@dataclass(frozen=True, slots=True)
class Portions:
    """What was delivered of each order under each rule, and how much of it went back."""

    order: Ints
    rule: Ints
    base: Ints
    returned: Ints
    pieces: Ints


@dataclass(frozen=True, slots=True)
class Earned:
    """Every level that earned: of which order, by which rule, who, how much, and how much went back."""

    order: Ints
    rule: Ints
    level: Ints
    who: Ints
    credited: Ints
    reversed: Ints


def earned(facts: Facts, rules: Sequence[Rule], rule_of_line: Ints) -> Earned:
    """What the facts of a batch should have earned everybody by now.

    `rule_of_line` says of each line which of the rules it was sold by.
    """
    return shares(facts, portions(facts, rule_of_line, rules), rules)


def shares(facts: Facts, sold: Portions, rules: Sequence[Rule]) -> Earned:
    """Every level's share of what was sold. No refund raises one, and a whole refund leaves nothing."""
    said = tables(rules, facts.currencies)
    who = paid(facts, sold, said)
    parts = _parts(facts, sold, said, who)
    most = said.most[facts.currency[sold.order], sold.rule][:, None]
    back = part(parts, sold.returned[:, None], sold.base[:, None])
    credited = np.minimum(parts, most)
    stands = np.minimum(parts - back, most)
    row, level = np.nonzero(parts)
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
    keys, at = np.unique(lines.order * width + rule_of_line, return_inverse=True)
    order, rule = keys // width, keys % width

    def summed(values: Ints) -> Ints:
        # Nothing is waited for of an order that earns nobody anything.
        return np.where(facts.earns[order], _sums(at, len(keys), values), 0)

    earned = part(lines.counts, lines.delivered, lines.quantity)
    price = part(lines.total, lines.delivered, lines.quantity)
    base, paid = summed(earned), summed(price)
    returned = _spread(facts, order, base, summed(_returned(lines, earned)))
    paid_back = np.maximum(lines.refunded - (lines.total - price), 0)
    # Or of the price without tax, of which as much goes back as of what was paid.
    net = paid - summed(part(lines.tax, lines.delivered, lines.quantity))
    net_back = part(net, _spread(facts, order, paid, summed(paid_back)), paid)
    # Or of what of that is left of each line after its cost.
    margin, margin_back = (summed(values) for values in _margins(lines, price, paid_back))
    bases = [one.base for one in rules]
    which = np.array([BASES.index(one) for one in bases] or [0], np.int64)[rule]
    return Portions(
        order,
        rule,
        np.choose(which, [base, net, margin]),
        np.choose(which, [returned, net_back, _spread(facts, order, margin, margin_back)]),
        _sums(at, len(keys), lines.delivered),
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
    simple = ~(said.exact_chain | said.rounded_chain)[sold.rule]
    simple &= fits(sold.base, rate.sum(axis=1)) & fits(sold.pieces, fixed.sum(axis=1), BASIS)
    whole = np.where(simple, sold.base, 0)[:, None] * rate
    whole += np.where(simple, sold.pieces, 0)[:, None] * fixed * BASIS
    total, most = whole.sum(axis=1), sold.base * cap
    cut = total > most
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
    worth = _sums(sold.order, size, np.where(simple, sold.base, 0))
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
    code = facts.currencies[facts.currency[sold.order[rows[0]]]]
    shares = {int(row): _shares(sold, said, who, int(row), code) for row in rows}
    whole = sum((sum(share.values(), Fraction(0)) for share in shares.values()), Fraction(0))
    worth = sum(int(base) for base in sold.base[rows])
    cap = Fraction(worth * int(said.plan_cap[sold.rule[rows[0]]]), BASIS)
    scale = cap / whole if whole > cap else Fraction(1)
    for row, share in shares.items():
        split_up = split_exactly([one * scale for one in share.values()])
        for level, minor in zip(share, split_up, strict=True):
            parts[row, level] = minor


def _shares(
    sold: Portions, said: Tables, who: Ints, row: int, currency: str
) -> Mapping[int, Fraction]:
    """The exact share of each paid level of a row, under the cap of its rule."""
    rule, base, pieces = said.rules[sold.rule[row]], int(sold.base[row]), int(sold.pieces[row])
    found: dict[int, Fraction] = {}
    below = Fraction(base)
    for level in map(int, np.flatnonzero(who[row])):
        asked = rule.levels[level]
        of = Fraction(base) if rule.levels_of == "sale" else below
        share = of * asked.rate_bp / BASIS
        if asked.each_minor:
            share = Fraction(asked.each_minor[currency] * pieces)
        if rule.levels_of == "level_below_rounded":
            share = Fraction(int(share + Fraction(1, 2)))
        found[level] = below = share
    whole, cap = sum(found.values(), Fraction(0)), Fraction(base * rule.cap_bp, BASIS)
    if whole > cap:
        return {level: share * cap / whole for level, share in found.items()}
    return found
