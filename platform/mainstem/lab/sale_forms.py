"""What one portion of a sale pays, written in forms: who is paid, how much, and what of it went back.

`mainstem.plan.credits` is what a plan means; this says the same for rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mainstem.lab.cases import Case, Stage
from mainstem.lab.expressions import (
    Cases,
    Column,
    Compare,
    Count,
    Every,
    Lists,
    Number,
    OneOf,
    Product,
    Quotient,
    Truth,
    Whole,
    Within,
    pick,
    rounded,
    total,
)
from mainstem.money import BASIS
from mainstem.plan import Level, SalePlan


@dataclass(frozen=True, slots=True)
class Shares:
    """A plan's arithmetic for what of a sale falls under one case, in stages.

    `before` gives each level's weight. Where `of_order` says so, the plan's own cap may be reached: then
    `exact` is what the rules leave of each portion, which are added up for the order (`order_exact`,
    `order_base`) before `after` follows. `after` makes whole amounts: `uncapped_N` and `credited_N` for each
    level; `capped` and `limited` are 1 where a cap in proportion, or the most that one sale may pay, made one
    of them smaller. `back` follows from those amounts, with what went back: `stands_N`. What a plan cannot
    reach is not asked of each row.
    """

    levels: int
    before: Sequence[Stage]
    after: Sequence[Stage]
    back: Sequence[Stage]
    of_order: bool


def shares(plan: SalePlan, cases: Sequence[Case], *, unnamed: bool = False) -> Shares:
    """How much each level of each case gets.

    Rows have `which`, `base`, `returned`, `pieces`, and for each level whether somebody is paid at it:
    `paid_N`, 0 or 1. With `unnamed` they have what went back of the order without naming lines, too.
    """
    of_order = reaches_plan_cap(plan, cases)
    arithmetic = _Arithmetic(plan, cases)
    before = [_unnamed()] if unnamed else []
    before += [*arithmetic.weights(), *arithmetic.served(), *arithmetic.capped_by_rule()]
    if of_order:
        before.append(arithmetic.exact())
    after, back = arithmetic.whole_amounts(of_order), arithmetic.what_stands()
    return Shares(arithmetic.levels, before, after, back, of_order)


def reaches_plan_cap(plan: SalePlan, cases: Sequence[Case]) -> bool:
    """Whether a sale may come to the cap of the plan itself."""
    return any(_reaches_bp(case) > plan.cap_bp for case in cases)


def _unnamed() -> Stage:
    """What went back, with its share of what named no line: of what had not gone back, once."""
    base, back = Column("base"), Column("returned")
    whole, of = Column("unnamed_minor"), Column("unnamed_of_minor")
    share = rounded(Within(base - back, base) * whole, of)
    return {"returned": Within(back + share, base)}


def paid(cases: Sequence[Case]) -> Stage:
    """Whether somebody is paid at each level: `paid_N`, from who stands there.

    Rows have `which`, and for each level `member_N` (0 for nobody), `rank_N` and `groups_N`.
    """
    alike = paid_alike(cases)
    return {
        f"paid_{n}": _paid_at(cases, n, alike)
        for n in range(max(len(case.rule.levels) for case in cases))
    }


def paid_alike(cases: Sequence[Case]) -> bool:
    """Whether who is paid at a level is the same for all cases that pay it anything, and for those that do not it
    is of no matter: then it is asked of an upline once, and not of every sale."""
    return all(case.rule.levels_of == "sale" for case in cases) and all(
        len({asks for case in cases for asks in _asks_at(case, n)}) <= 1
        for n in range(max(len(case.rule.levels) for case in cases))
    )


def _asks_at(case: Case, n: int) -> Iterator[tuple[int, frozenset[str]]]:
    """The rank and the groups that a level asks for, where it pays anything."""
    if n < len(case.rule.levels):
        level = case.rule.levels[n]
        if level.rate_bp > 0 or case.each(level) > 0:
            yield level.rank_from, level.groups


def _paid_at(cases: Sequence[Case], n: int, same: bool) -> Whole:
    alike: dict[tuple[int, frozenset[str]], set[int]] = {}
    for case in cases:
        for asks in _asks_at(case, n):
            alike.setdefault(asks, set()).add(case.no)
    found: list[Truth] = []
    for (rank, groups), nos in sorted(alike.items(), key=lambda one: sorted(one[1])):
        asked: list[Truth] = [Compare(Column(f"member_{n}"), ">", Number(0))]
        if len(nos) < len(cases) and not same:
            asked.append(OneOf("which", frozenset(nos)))
        if rank:
            asked.append(Compare(Column(f"rank_{n}"), ">=", Number(rank)))
        if groups:
            asked.append(Lists(f"groups_{n}", groups))
        found.append(Every(tuple(asked)))
    if len(found) == 1:
        return Count((found[0],))
    ones = tuple((truth, Number(1)) for truth in found)
    return Cases(ones, Number(0)) if ones else Number(0)


def _rates_bp(case: Case) -> int | None:
    """What all levels of a case are of the base, in basis points; None where the rates do not say."""
    if case.by_rates and case.rule.levels_of == "sale":
        return sum(level.rate_bp for level in case.rule.levels)
    return None


def _reaches_bp(case: Case) -> int:
    rates = _rates_bp(case)
    return case.rule.cap_bp if rates is None else min(rates, case.rule.cap_bp)


class _Arithmetic:
    """The stages of one plan. A share is `weight_N * unit / per`, exactly.

    The unit is the base where every level is a rate, so that it is a factor of no weight and numbers
    stay small; else it is 1, and a weight is an amount.
    """

    def __init__(self, plan: SalePlan, cases: Sequence[Case]) -> None:
        self.plan, self.cases = plan, cases
        self.levels = max(len(case.rule.levels) for case in cases)
        self.base = Column("base")
        by_base = all(case.by_rates for case in cases)
        self.unit: Whole = self.base if by_base else Number(1)
        self.powers = [self._power(case) for case in cases]
        self.per = pick("which", [BASIS**power for power in self.powers])
        self.scale = BASIS ** max(1, *self.powers)
        self.cap = pick("which", [case.rule.cap_bp for case in cases])
        rates = [(_rates_bp(case), case.rule.cap_bp) for case in cases]
        self.may_be_over = any(rate is None or rate > cap for rate, cap in rates)
        self.weighed = [Column(f"weight_{n}") for n in range(self.levels)]

    def _power(self, case: Case) -> int:
        powers = {"sale": 1, "level_below": len(case.rule.levels), "sellers_commission": 2}
        # What gives way by priority is cut to whole parts of a basis point of what a weight is of.
        return powers.get(case.rule.levels_of, 0) + (case.rule.cap_by == "priority")

    def weights(self) -> Iterator[Stage]:
        """`weight_N` of each level, in a stage each where one may be of the one below; and their sum."""
        kinds = {case.rule.levels_of for case in self.cases}
        if kinds == {"sale"}:
            yield {f"weight_{n}": self._weight("sale", n)[0] for n in range(self.levels)}
            yield {"weight": total(self.weighed)}
            return
        for n in range(self.levels):
            ways = {kind: self._weight(kind, n) for kind in sorted(kinds)}
            stage = {f"weight_{n}": self._by_kind({kind: one for kind, (one, _) in ways.items()})}
            stage[f"below_{n}"] = self._by_kind({kind: run for kind, (_, run) in ways.items()})
            stage[f"any_{n}"] = self._paid(n, Number(1), Column(f"any_{n - 1}") if n else Number(0))
            yield stage
        yield {"weight": total(self.weighed)}

    def _weight(self, kind: str, n: int) -> tuple[Whole, Whole]:
        """A level's weight, and what a level above it would be paid of: the latest paid, at n or below."""
        base = Number(1) if self.unit == self.base else self.base
        rate = self._of_level(kind, n, lambda case, level: level.rate_bp)
        each = self._of_level(kind, n, lambda case, level: case.each(level))
        fixed = Column("pieces") * each
        if kind == "sale":
            by_rate = rate if base == Number(1) else base * rate
            found = self._fixed_or(n, fixed * BASIS, by_rate)
            if found is rate:  # a product is quicker than a case
                return Column(f"paid_{n}") * rate, Number(0)
            return self._paid(n, found, Number(0)), Number(0)
        levels = max(len(case.rule.levels) for case in self._of_kind(kind))
        if n >= levels:
            return Number(0), Number(0)
        before = Column(f"below_{n - 1}") if n else Number(0)
        if kind.startswith("sellers_commission"):
            return self._of_sellers(n, base * rate, before * rate, fixed, kind.endswith("_rounded"))
        first = Compare(Column(f"any_{n - 1}"), "=", Number(0)) if n else None
        if kind == "level_below":  # `below_N` is over BASIS to the power of N + 1
            own = base * rate * BASIS**n
            of_rate = Cases(((first, own),), before * rate) if first else own
            found = self._fixed_or(n, fixed * BASIS ** (n + 1), of_rate)
            # A share is over the power of its own rule's levels.
            above = self._of_case(kind, lambda case: BASIS ** max(0, len(case.rule.levels) - 1 - n))
            last = n == levels - 1
            return (
                self._paid(n, found * above, Number(0)),
                Number(0) if last else self._paid(n, found, before * BASIS),
            )
        of = Cases(((first, base),), before) if first else base
        found = self._fixed_or(n, fixed, rounded(of * rate, Number(BASIS)))
        return self._paid(n, found, Number(0)), self._paid(n, found, before)

    def _of_sellers(
        self, n: int, of_sale: Whole, of_sellers: Whole, fixed: Whole, is_rounded: bool
    ) -> tuple[Whole, Whole]:
        """The same where sponsors are paid of what who sold is: `below_N` is that, at every level."""
        if is_rounded:
            found = self._fixed_or(n, fixed, rounded(of_sellers if n else of_sale, Number(BASIS)))
            own = found
        else:  # `below_N` is over BASIS, a share over its square
            by_rate = of_sellers if n else of_sale * BASIS
            found = self._fixed_or(n, fixed * BASIS**2, by_rate)
            own = self._fixed_or(n, fixed * BASIS, of_sale)
        carried = Column(f"below_{n - 1}") if n else self._paid(0, own, Number(0))
        return self._paid(n, found, Number(0)), carried

    def _of_kind(self, kind: str) -> list[Case]:
        return [case for case in self.cases if case.rule.levels_of == kind]

    def _of_case(self, kind: str, of: Callable[[Case], int]) -> Whole:
        """A number of each case of a kind; what it is for others does not matter."""
        known = {case.no: of(case) for case in self._of_kind(kind)}
        any_one = next(iter(known.values()))
        return pick("which", [known.get(case.no, any_one) for case in self.cases])

    def _of_level(self, kind: str, n: int, of: Callable[[Case, Level], int]) -> Whole:
        def of_case(case: Case) -> int:
            levels = case.rule.levels
            return of(case, levels[n]) if n < len(levels) else 0

        return self._of_case(kind, of_case)

    def _fixed_or(self, n: int, fixed: Whole, by_rate: Whole) -> Whole:
        nos = {
            case.no
            for case in self.cases
            if n < len(case.rule.levels) and case.rule.levels[n].each_minor
        }
        if not nos:
            return by_rate
        return Cases(((OneOf("which", frozenset(nos)), fixed),), by_rate)

    def _paid(self, n: int, then: Whole, otherwise: Whole) -> Whole:
        return Cases(((Compare(Column(f"paid_{n}"), "=", Number(1)), then),), otherwise)

    def _by_kind(self, ways: Mapping[str, Whole]) -> Whole:
        *others, last = ways
        cases = [
            (
                OneOf(
                    "which", frozenset(one.no for one in self.cases if one.rule.levels_of == kind)
                ),
                ways[kind],
            )
            for kind in others
        ]
        return Cases(tuple(cases), ways[last]) if cases else ways[last]

    def served(self) -> Iterator[Stage]:
        """Where levels are paid by priority, each gets what those below it leave: then nothing is over."""
        first = frozenset(case.no for case in self.cases if case.rule.cap_by == "priority")
        if not first:
            return
        by_priority = OneOf("which", first)
        most = self.cap * pick("which", [BASIS ** max(0, power - 1) for power in self.powers])
        if self.unit != self.base:
            most = most * self.base
        raised = [weight * BASIS for weight in self.weighed]
        stage: dict[str, Whole] = {}
        for n, own in enumerate(raised):
            before = total(raised[:n]) if n else Number(0)
            ways: tuple[tuple[Truth, Whole], ...] = (
                (Compare(before, ">=", most), Number(0)),
                (Compare(before + own, ">", most), Within(most - before, own)),
            )
            stage[f"weight_{n}"] = Cases(((by_priority, Cases(ways, own)),), self.weighed[n])
        above = Every((by_priority, Compare(total(raised), ">", most)))
        yield stage | {"served": Cases(((above, Number(1)),), Number(0))}
        yield {"weight": total(self.weighed)}

    def capped_by_rule(self) -> Iterator[Stage]:
        """`over`: 1 where all levels together are above what their rule allows."""
        if not self.may_be_over:
            return
        weight, base = Column("weight"), self.base
        over = Compare(weight * BASIS, ">", self.cap * self.per)
        if self.unit != base:
            over = Compare(weight * BASIS, ">", base * self.cap * self.per)
        yield {"over": Count((over,))}

    def exact(self) -> Stage:
        """What the rules' caps leave of the portion, over the scale that all portions share."""
        to_scale = pick("which", [self.scale // BASIS**power for power in self.powers])
        whole = Column("weight") * self.unit * to_scale
        if not self.may_be_over:
            return {"exact": whole}
        capped = self.base * self.cap * (self.scale // BASIS)
        return {"exact": Cases(((self._is("over"), capped),), whole)}

    def whole_amounts(self, of_order: bool) -> list[Stage]:
        """Whole amounts by largest remainder, a tie to the lower level."""
        all_levels = range(self.levels)
        stages: list[Stage] = []
        if of_order:
            stages.append({"cut": self._cut()})
        stages.append(
            {"per": self._per(of_order)}
            | {f"exact_{n}": self._exact(n, of_order) for n in all_levels}
        )
        per = Column("per")
        stages.append(
            {
                f"floor_{n}": self._within_base(Quotient(Column(f"exact_{n}"), per))
                for n in all_levels
            }
        )
        stages.append({f"rest_{n}": self._rest(n) for n in all_levels})
        # A rest is less than a whole one, so together they are fewer whole ones than there are levels.
        rests = total([Column(f"rest_{n}") for n in all_levels])
        stages.append({"left": Within(Quotient(rests, per), Number(self.levels))})
        stages.append({f"uncapped_{n}": self._uncapped(n) for n in all_levels})
        stages.append({f"credited_{n}": self._at_most(f"uncapped_{n}") for n in all_levels})
        stages.append({"capped": self._capped(of_order), "limited": self._limited()})
        return stages

    def what_stands(self) -> list[Stage]:
        """What stands of each amount after what went back."""
        all_levels = range(self.levels)
        return [
            {f"kept_{n}": self._kept(n) for n in all_levels},
            {f"stands_{n}": self._at_most(f"kept_{n}") for n in all_levels},
        ]

    def _cut(self) -> Whole:
        """1 where all portions of the order together are above what the plan allows."""
        allowed = Column("order_base") * self.plan.cap_bp * (self.scale // BASIS)
        above = Compare(Column("order_exact"), ">", allowed)
        something = Compare(Column("weight"), ">", Number(0))
        return Count((Every((above, something)),))

    def _per(self, of_order: bool) -> Whole:
        weight = Column("weight")
        ways: list[tuple[Truth, Whole]] = []
        if of_order:
            ways.append((self._is("cut"), weight * Column("order_exact") * BASIS))
        if self.may_be_over:
            ways.append((self._is("over"), weight * BASIS))
        return Cases(tuple(ways), self.per) if ways else self.per

    def _exact(self, n: int, of_order: bool) -> Whole:
        weight = self.weighed[n]
        ways: list[tuple[Truth, Whole]] = []
        if of_order:
            allowed = Product(
                (weight, Column("exact"), Column("order_base"), Number(self.plan.cap_bp))
            )
            ways.append((self._is("cut"), allowed))
        if self.may_be_over:
            ways.append((self._is("over"), weight * self.base * self.cap))
        whole = weight if self.unit == Number(1) else weight * self.unit
        return Cases(tuple(ways), whole) if ways else whole

    def _is(self, name: str) -> Truth:
        return Compare(Column(name), "=", Number(1))

    def _within_base(self, number: Whole) -> Whole:
        """Every cap is at most the whole: no level ever gets more than the base."""
        return Within(number, self.base)

    def _rest(self, n: int) -> Whole:
        exact, per = Column(f"exact_{n}"), Column("per")
        return Within(exact - Within(Column(f"floor_{n}") * per, exact), per)

    def _uncapped(self, n: int) -> Whole:
        own = Column(f"rest_{n}")
        larger = Count(
            tuple(
                Compare(Column(f"rest_{m}"), ">=" if m < n else ">", own)
                for m in range(self.levels)
                if m != n
            )
        )
        gets = Compare(larger if larger.truths else Number(0), "<", Column("left"))
        return self._within_base(Column(f"floor_{n}") + Count((gets,)))

    def _kept(self, n: int) -> Whole:
        part = Column(f"uncapped_{n}")
        back = rounded(part * Column("returned"), self.base)
        some = Compare(Column("returned"), ">", Number(0))
        return Within(Cases(((some, part - Within(back, part)),), part), part)

    def _at_most(self, name: str) -> Whole:
        part = Column(name)
        stated = frozenset(case.no for case in self.cases if case.most is not None)
        if not stated:
            return part
        most = pick("which", [case.most or 0 for case in self.cases])
        return Cases(((Every((OneOf("which", stated), Compare(part, ">", most))), most),), part)

    def _capped(self, of_order: bool) -> Whole:
        by_priority = any(case.rule.cap_by == "priority" for case in self.cases)
        ways = [(self._is("over"), Number(1))] if self.may_be_over else []
        ways += [(self._is("served"), Number(1))] if by_priority else []
        cut = Column("cut") if of_order else Number(0)
        return Cases(tuple(ways), cut) if ways else cut

    def _limited(self) -> Whole:
        if all(case.most is None for case in self.cases):
            return Number(0)
        limited = [
            (Compare(Column(f"credited_{n}"), "<", Column(f"uncapped_{n}")), Number(1))
            for n in range(self.levels)
        ]
        return Cases(tuple(limited), Number(0))
