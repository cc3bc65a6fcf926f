"""The exact shares of a sale, before they are whole: what each level gets of each portion, under every cap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd, prod

from mainstem.money import BASIS, rdiv
from mainstem.plan.sale_rules import Level, SalePlan, SaleRule
from mainstem.plan.uplines import Member, Place, places


@dataclass(frozen=True, slots=True)
class Portion:
    """What of one sale was delivered under one rule, in minor units of the rule's base.

    `returned_minor` is how much of it went back: 0 <= returned <= base. `pieces` is what fixed money is
    paid for.

    What falls under several rules, one for each milestone of a service, is worth once what it is worth:
    `worth_minor` is what of the base this portion stands for, None for all of it. What is not `is_due`
    yet pays nothing, and takes its place under the plan's cap, so that nothing shrinks when it is.
    """

    rule: str
    base_minor: int
    returned_minor: int = 0
    pieces: int = 0
    worth_minor: int | None = None
    is_due: bool = True

    @property
    def counted_minor(self) -> int:
        """What it adds to what a sale is worth."""
        return self.base_minor if self.worth_minor is None else self.worth_minor


@dataclass(frozen=True, slots=True)
class Way:
    """How a level's share comes to be: its rates, one after the other, of the portion's base; or of an
    amount, where it is one. Fixed money has no rate."""

    chain_bp: tuple[int, ...] = ()
    of_minor: int | None = None


@dataclass(slots=True)
class ExactShares:
    """The exact shares of a portion, as numerators over one denominator."""

    portion: Portion
    rule: SaleRule
    paid: list[tuple[int, Place]]
    ways: list[Way]
    numerators: list[int]
    per: int
    cut: tuple[int, int] = (1, 1)

    def scale(self, part: int, whole: int) -> None:
        """Let every share give way to so much of it."""
        self.numerators = [numerator * part for numerator in self.numerators]
        self.per *= whole
        common = gcd(self.cut[0] * part, self.cut[1] * whole)
        self.cut = (self.cut[0] * part // common, self.cut[1] * whole // common)

    @property
    def capped_bp(self) -> tuple[int, int] | None:
        """The rule's cap and the rates that it cuts, where its own cap alone cut nothing but rates of
        the sale."""
        rates = sum(self.rule.levels[level].rate_bp for level, _ in self.paid)
        fixed = any(self.rule.levels[level].each_minor for level, _ in self.paid)
        if fixed or self.rule.levels_of != "sale":
            return None
        cap = self.rule.cap_bp
        return (cap, rates) if self.cut[0] * rates == self.cut[1] * cap and rates > cap else None


def exact_shares(
    plan: SalePlan, upline: Sequence[Member], currency: str, portion: Portion
) -> ExactShares | None:
    """The shares of one portion, under its rule's cap; None where nobody gets any."""
    assert 0 <= portion.returned_minor <= portion.base_minor, "no more goes back than came"
    rule = plan.rule(portion.rule)
    if not portion.base_minor:
        return None
    above = places(upline, plan.uplines, rule.levels)
    paid = [
        (place.level, place)
        for place in above
        if place.reason is None
        and place.level is not None
        and _pays(rule.levels[place.level], currency)
    ]
    if not paid:
        return None
    share = ExactShares(portion, rule, paid, *_shared(rule, paid, currency, portion))
    total, cap, per = sum(share.numerators), portion.base_minor * rule.cap_bp, BASIS
    if total * per > cap * share.per:
        share.scale(cap * share.per, total * per)
    return share


def _pays(level: Level, currency: str) -> bool:
    return level.rate_bp > 0 or level.each_minor.get(currency, 0) > 0


def _shared(
    rule: SaleRule, paid: Sequence[tuple[int, Place]], currency: str, portion: Portion
) -> tuple[list[Way], list[int], int]:
    """What each paid level would get without any cap, exactly: how, and numerators over one denominator."""
    ways: list[Way] = []
    found: list[tuple[int, int]] = []
    for number, _ in paid:
        level = rule.levels[number]
        if level.each_minor:
            way = Way((), level.each_minor[currency] * portion.pieces)
        elif not ways or rule.levels_of == "sale":
            way = Way((level.rate_bp,))
        elif rule.levels_of == "level_below_rounded":
            way = Way((level.rate_bp,), found[-1][0])
        else:
            way = Way((*ways[-1].chain_bp, level.rate_bp), ways[-1].of_minor)
        of = portion.base_minor if way.of_minor is None else way.of_minor
        share = (of * prod(way.chain_bp), BASIS ** len(way.chain_bp))
        ways.append(way)
        found.append((rdiv(*share), 1) if rule.levels_of == "level_below_rounded" else share)
    per = max(denominator for _, denominator in found)
    # Every denominator is a power of the same base, so the largest is a multiple of each.
    return ways, [numerator * (per // denominator) for numerator, denominator in found], per


def cut_to_plan(cap_bp: int, portions: Sequence[Portion], exact: Sequence[ExactShares]) -> None:
    """Let every share give way in proportion where all together are above what the plan allows."""
    cap = sum(portion.counted_minor for portion in portions) * cap_bp
    per = max((share.per for share in exact), default=1)
    for share in exact:
        per = per if per % share.per == 0 else per * share.per
    total = sum(sum(share.numerators) * (per // share.per) for share in exact)
    if total * BASIS > cap * per:
        for share in exact:
            share.scale(cap * per, total * BASIS)
