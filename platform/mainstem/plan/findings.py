"""What is unlawful, unwise or not meant in a plan: found before it is published, by every door.

The document is closed, so what pays for recruiting or for own purchases cannot be said in it. Here is told
which law it would have broken, where in the document, and what to write instead. What remains is
looked at as a whole: what it can cost at most, whether a sponsor earns more than who sold, what
somebody gains who splits an order or appears twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from mainstem.kit.errors import Problem
from mainstem.kit.validation import problems_of
from mainstem.money import BASIS, exponent
from mainstem.plan.document import PlanDocument, compiled
from mainstem.plan.percent import percent
from mainstem.plan.sale_documents import SaleRuleDocument, WhenDocument
from mainstem.plan.sales import Portion, SalePlan, SaleRule, credits
from mainstem.plan.uplines import Member

Severity = Literal["refuse", "warn"]

HOLD_DAYS_SAFE = 28
"""The fourteen days of withdrawal, and fourteen in which the money goes back."""
LEVELS_SAFE = 3
EXAMPLE_MINOR = 1_000_000
"""The sale that findings are shown on: ten thousand, where cents are counted."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Why something is refused or warned of: what the rule says, and where it comes from."""

    severity: Severity
    says: str
    source: str


GROUNDS = {
    "pays_for_recruiting": Ground(
        "refuse",
        "Nothing may be paid for bringing somebody in: only a delivered sale to a client pays."
        " Take this out, or let it pay on a delivered_sale.",
        "UCPD, Annex I no. 14; Koscot Interplanetary, 86 F.T.C. 1106; CJEU C-667/15",
    ),
    "pays_on_own_purchase": Ground(
        "refuse",
        "Nothing may be paid of what a participant buys or pays: no fee, kit, training or"
        " subscription. Take this out.",
        "FTC v. Vemma, order II(B); UCPD, Annex I no. 14",
    ),
    "qualifies_by_purchase_or_recruit": Ground(
        "refuse",
        "Nobody may qualify by buying or by recruiting. Ask for own_sales_min, sales that were"
        " delivered to clients.",
        "FTC v. Vemma, order II(B)",
    ),
    "fee_with_levels": Ground(
        "refuse",
        "Whoever pays to join must not be in a plan that pays sponsors. Take the fee out.",
        "CJEU C-515/12 (4finance); FTC v. Noland",
    ),
    "own_purchases_earn": Ground(
        "refuse",
        "What participants buy themselves earns nothing here. Take this out.",
        "FTC v. Herbalife, order I",
    ),
    "above_what_the_plan_allows": Ground(
        "warn",
        "This rule may pay {cap} %, and everything together {all} % at most: on a sale of its own it"
        " gives way. Raise cap_bp of the plan, or lower it here.",
        "The most that a sale may cost is what was agreed to",
    ),
    "upline_above_seller": Ground(
        "refuse",
        "No sponsor may earn more on a sale than who made it. Lower level {level} to {seller} % or less.",
        "CJEU C-515/12 (4finance): pay must come from sales first of all",
    ),
    "many_levels": Ground(
        "warn",
        "{levels} levels are more than most plans that courts have looked at. Three are usual.",
        "CJEU C-667/15",
    ),
    "paid_before_it_is_sure": Ground(
        "refuse",
        "Nothing is paid before it was delivered and may no longer come back: let it pay on a"
        " delivered_sale, held for fourteen days or more.",
        "Directive 2011/83/EU, Art. 9",
    ),
    "short_hold": Ground(
        "warn",
        "{days} days end before money for a withdrawal on the last day has gone back. Hold goods for"
        " {safe} days.",
        "Directive 2011/83/EU, Art. 9 and 13",
    ),
    "paid_in_stock": Ground(
        "refuse",
        "Commission is money. It is never paid in goods or purchase credit, and nobody keeps or"
        " subscribes to stock. Take this out.",
        "DSA and Seldia codes: inventory loading",
    ),
    "stock_without_buy_back": Ground(
        "refuse",
        "Affiliates hold no stock here: whatever is sold leaves from the company. Take this out.",
        "DSA code: buy-back of 90 %",
    ),
    "pays_for_a_lead": Ground(
        "refuse",
        "A lead that was only sent in earns nothing: it pays when its service was delivered to a"
        " client. Let it pay on a delivered_sale.",
        "Only what a client got is a sale",
    ),
    "not_held": Ground(
        "refuse",
        "Every kind of pay is held, for fourteen days or more. Say hold_days.",
        "Directive 2011/83/EU, Art. 9",
    ),
    "sponsors_earn_more_together": Ground(
        "warn",
        "Sponsors together get {sponsors} % of a sale and who made it {seller} %. Pay should come from"
        " selling first of all.",
        "CJEU C-515/12 (4finance)",
    ),
    "levels_above_cap": Ground(
        "warn",
        "The levels add up to {sum} %, above their cap of {cap} %. On a sale with all of them, each"
        " gives way in proportion: who sold gets {paid} % instead of {rate} %.",
        "What a rate says should be what it pays",
    ),
    "never_reached": Ground(
        "warn",
        "No line ever falls under this rule: {other}, which comes first, takes all of them. Move it up.",
        "The first rule that fits is the one",
    ),
    "some_goods_pay_nothing": Ground(
        "warn",
        "No rule is for all goods: some sales of them pay nothing. Add a rule at the end, unless that is"
        " meant.",
        "The first rule that fits is the one",
    ),
    "some_services_pay_nothing": Ground(
        "warn",
        "No rule is for all services: some of them pay nothing. Add a rule at the end, unless that is"
        " meant.",
        "The first rule that fits is the one",
    ),
    "split_order_gains": Ground(
        "warn",
        "At most {most} is paid for one sale. One of {whole} pays {once}; bought in two orders it pays"
        " {twice}. Somebody will split orders.",
        "No gain from splitting what belongs together",
    ),
    "twice_in_the_tree_gains": Ground(
        "warn",
        "Somebody who joins a second time below themselves earns {twice} % of what they sell instead of"
        " {once} %. No plan that pays sponsors is without that; here it is met by one"
        " account for each company and the review of what looks like one.",
        "Emek, Karidi, Tennenholtz and Zohar, EC 2011",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a plan: what it is, where, and how to mend it."""

    code: str
    severity: Severity
    problem: Problem
    source: str = ""


def lint(sent: Mapping[str, Any]) -> list[Finding]:
    """Everything in a plan, as it was sent, that is refused or warned of; what is refused first.

    A plan with nothing refused may be published.
    """
    try:
        plan = PlanDocument.model_validate(sent)
    except ValidationError as error:
        return [_wrong(problem, sent) for problem in problems_of(error)]
    found = [*_each_rule(plan), *_together(plan)]
    return sorted(found, key=lambda one: one.severity == "warn")


def _found(code: str, pointer: str, **facts: object) -> Finding:
    ground = GROUNDS[code]
    return Finding(code, ground.severity, Problem(pointer, code, ground.says, facts), ground.source)


# ---------------------------------------------------------------- what the document cannot say

_RECRUITING = {
    "activate", "activated", "activation", "approval", "approve", "approved", "downline", "enrol",
    "enroll", "enrolled", "enrolment", "enrollment", "enrollments", "enrolments", "invitation",
    "invite", "invited", "join", "joined", "joining", "members", "recruit", "recruited", "recruiting",
    "recruits", "sign", "signup", "sponsored",
}  # fmt: skip
_BUYING = {
    "bought", "buy", "fee", "fees", "kit", "own", "personal", "purchase", "purchases", "subscription",
    "subscriptions", "training",
}  # fmt: skip
_STOCK = {"autoship", "goods", "inventory", "stock"}
_QUALIFYING = {"active", "least", "min", "minimum", "needs", "qualification", "qualifies", "rank"}


def _wrong(problem: Problem, sent: Mapping[str, Any]) -> Finding:
    code = _unlawful(problem, sent)
    if code:
        return _found(code, problem.pointer)
    return Finding(problem.code, "refuse", problem)


def _unlawful(problem: Problem, sent: Mapping[str, Any]) -> str | None:
    """Which law something that cannot be said would have broken; None for a plain mistake."""
    *path, last = problem.pointer.split("/")
    if last == "hold_days":
        return "not_held" if problem.code == "missing" else "paid_before_it_is_sure"
    if problem.code == "unknown_field":
        return _of_words(_words(last), path, _levels(sent))
    if last == "pays_on":
        said = _at(sent, problem.pointer)
        found = _of_words(_words(said), [], 1) if isinstance(said, str) else None
        return found or "paid_before_it_is_sure"
    return None


def _of_words(words: set[str], path: Sequence[str], levels: int) -> str | None:
    if words & {"lead", "leads", "submission", "submitted"}:
        return "pays_for_a_lead"
    if "stock" in words and words & {"programme", "program", "starter"}:
        return "stock_without_buy_back"
    if words & _STOCK or {"auto", "ship"} <= words or {"purchase", "credit"} <= words:
        return "paid_in_stock"
    if words & {"exempt", "unheld"}:
        return "not_held"
    if ("uplines" in path or words & _QUALIFYING) and words & (_RECRUITING | _BUYING):
        return "qualifies_by_purchase_or_recruit"
    if words & {"fee", "fees", "kit"}:
        return "fee_with_levels" if levels > 1 else "pays_on_own_purchase"
    if words & _RECRUITING:
        return "pays_for_recruiting"
    if words & _BUYING:
        own = words & {"own", "personal"} and words & {"rate", "bp", "percent", "earn", "earns"}
        return "own_purchases_earn" if own else "pays_on_own_purchase"
    return None


def _words(name: str) -> set[str]:
    return set(re.split(r"[^a-z]+", name.lower()))


def _levels(sent: Mapping[str, Any]) -> int:
    rules = sent.get("rules")
    listed = rules if isinstance(rules, list) else []
    return max(
        (len(rule.get("levels") or ()) for rule in listed if isinstance(rule, dict)), default=0
    )


def _at(sent: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        if isinstance(sent, list) and part.isdigit() and int(part) < len(sent):
            sent = sent[int(part)]
        elif isinstance(sent, Mapping):
            sent = sent.get(part.replace("~1", "/").replace("~0", "~"))
        else:
            return None
    return sent


# ---------------------------------------------------------------- each rule


def _each_rule(plan: PlanDocument) -> Iterator[Finding]:
    for number, rule in enumerate(plan.rules):
        at = f"/rules/{number}"
        yield from _sponsors(rule, at)
        if rule.cap_bp > plan.cap_bp:
            yield _found(
                "above_what_the_plan_allows", f"{at}/cap_bp",
                cap=percent(rule.cap_bp), all=percent(plan.cap_bp),
            )  # fmt: skip
        if rule.hold_days < HOLD_DAYS_SAFE and rule.when.kind != "service":
            yield _found("short_hold", f"{at}/hold_days", days=rule.hold_days, safe=HOLD_DAYS_SAFE)
        for other in plan.rules[:number]:
            if _takes_all(other, rule):
                yield _found("never_reached", at, other=other.id)
                break


def _sponsors(rule: SaleRuleDocument, at: str) -> Iterator[Finding]:
    if len(rule.levels) > LEVELS_SAFE:
        yield _found("many_levels", f"{at}/levels", levels=len(rule.levels))
    rates = _of_the_sale(rule)
    seller, *sponsors = rates
    for level, rate in enumerate(sponsors, 1):
        fixed = rule.levels[level].each_minor
        below = rule.levels[0].each_minor
        if rate > seller or any(minor > below.get(code, 0) for code, minor in fixed.items()):
            yield _found(
                "upline_above_seller", f"{at}/levels/{level}", level=level, seller=percent(seller)
            )
    if sum(sponsors) > seller:
        yield _found(
            "sponsors_earn_more_together", f"{at}/levels",
            sponsors=percent(sum(sponsors)), seller=percent(seller),
        )  # fmt: skip
    if sum(rates) > rule.cap_bp:
        yield _found(
            "levels_above_cap", f"{at}/levels",
            sum=percent(sum(rates)), cap=percent(rule.cap_bp), rate=percent(seller),
            paid=percent(seller * rule.cap_bp, sum(rates)),
        )  # fmt: skip


def _of_the_sale(rule: SaleRuleDocument) -> list[int]:
    """Each level's rate of the sale itself, in basis points; 0 for fixed money."""
    rates = [level.rate_bp for level in rule.levels]
    if rule.levels_of != "sale":
        for level in range(1, len(rates)):
            rates[level] = rates[level - 1] * rates[level] // BASIS
    return rates


def _takes_all(first: SaleRuleDocument, other: SaleRuleDocument) -> bool:
    """Whether everything that the other rule is for falls under the first."""
    amounts = [set(level.each_minor) for level in first.levels if level.each_minor]
    if amounts or first.at_most_minor:
        return False
    wide, narrow = first.when, other.when
    return (
        all(
            not getattr(wide, name) or set(getattr(narrow, name) or {None}) <= set(getattr(wide, name))
            for name in ("departments", "products", "storefronts", "affiliates", "groups")
        )
        and wide.kind in ("", narrow.kind)
        and wide.clients in ("any", narrow.clients)
        and _no_later(wide, narrow)
        and all(
            getattr(wide, name) is None
            or (getattr(narrow, name) is not None and getattr(narrow, name) <= getattr(wide, name))
            for name in ("months_max", "orders_max")
        )
    )  # fmt: skip


def _no_later(wide: WhenDocument, narrow: WhenDocument) -> bool:
    starts = wide.starts_on is None or (narrow.starts_on or wide.starts_on.min) >= wide.starts_on
    ends = wide.ends_on is None or (narrow.ends_on or wide.ends_on.max) <= wide.ends_on
    return starts and ends


# ---------------------------------------------------------------- all of it together


@dataclass(frozen=True, slots=True)
class WorstCase:
    """The sale that costs most: under which rule, and what it pays of `of_minor`."""

    rule: str
    of_minor: int
    paid_minor: int


def worst_case(plan: SalePlan, currency: str = "SEK") -> WorstCase:
    """The most that a sale can pay, found by trying every rule with everybody of an upline there.

    Levels only add, and whoever is missing only takes away; fixed money weighs most on what is
    cheap, where the caps bind. So these are all the sales there are to try.
    """
    return max(
        (
            WorstCase(rule.id, of, _paid(plan, rule, of, currency))
            for rule in plan.rules
            for of in (EXAMPLE_MINOR, *_cheap(rule, currency))
        ),
        key=lambda case: (case.paid_minor * EXAMPLE_MINOR // case.of_minor, case.of_minor),
    )


def _cheap(rule: SaleRule, currency: str) -> Iterable[int]:
    fixed = sum(level.each_minor.get(currency, 0) for level in rule.levels)
    return (max(1, fixed * BASIS // rule.cap_bp),) if fixed else ()


def _paid(plan: SalePlan, rule: SaleRule, of_minor: int, currency: str) -> int:
    groups = frozenset().union(*(level.groups for level in rule.levels))
    enough = plan.uplines.own_sales_min
    upline = [Member(n + 1, own_sales=enough, groups=groups) for n in range(len(rule.levels))]
    portion = Portion(rule.id, of_minor, pieces=1)
    return sum(credit.credited_minor for credit in credits(plan, upline, currency, [portion]))


def _together(plan: PlanDocument) -> Iterator[Finding]:
    for kind, code in (
        ("goods", "some_goods_pay_nothing"),
        ("service", "some_services_pay_nothing"),
    ):
        if not any(_is_for_all(rule, kind) for rule in plan.rules):
            yield _found(code, "/rules")
    sale = compiled(plan)
    for number, rule in enumerate(sale.rules):
        yield from _split(sale, rule, f"/rules/{number}")


def _is_for_all(rule: SaleRuleDocument, kind: str) -> bool:
    """Whether a rule is for every line of a kind: it asks nothing else, and states no amounts."""
    asks = rule.when.model_dump(exclude={"kind"})
    return (
        rule.when.kind in ("", kind)
        and asks == WhenDocument.model_validate({}).model_dump(exclude={"kind"})
        and not rule.at_most_minor
        and not any(level.each_minor for level in rule.levels)
    )


def _split(plan: SalePlan, rule: SaleRule, at: str) -> Iterator[Finding]:
    """What is gained by splitting an order, and by appearing twice: looked for, and shown."""
    for currency, most in rule.at_most_minor.items():
        whole = _reaching(rule, most) * 2
        once = _paid(plan, rule, whole, currency)
        twice = 2 * _paid(plan, rule, whole // 2, currency)
        if twice > once:
            yield _found(
                "split_order_gains", f"{at}/at_most_minor/{currency}",
                most=_written(most, currency), whole=_written(whole, currency),
                once=_written(once, currency), twice=_written(twice, currency),
            )  # fmt: skip
            break
    if len(rule.levels) > 1 and not rule.levels[1].groups:
        alone, below = Member(1, own_sales=10**6), Member(2, own_sales=10**6)
        portion = [Portion(rule.id, EXAMPLE_MINOR, pieces=1)]
        currency = next(iter(rule.at_most_minor or rule.levels[0].each_minor or {"SEK": 0}))
        once = sum(one.credited_minor for one in credits(plan, [alone], currency, portion))
        twice = sum(one.credited_minor for one in credits(plan, [below, alone], currency, portion))
        if twice > once:
            yield _found(
                "twice_in_the_tree_gains", f"{at}/levels/1",
                once=percent(once, EXAMPLE_MINOR // BASIS), twice=percent(twice, EXAMPLE_MINOR // BASIS),
            )  # fmt: skip


def _reaching(rule: SaleRule, most: int) -> int:
    """A sale on which the seller's rate comes to what one sale pays at most."""
    rate = rule.levels[0].rate_bp
    return -(-most * BASIS // rate) if rate else EXAMPLE_MINOR


def _written(minor: int, currency: str) -> str:
    digits = exponent(currency)
    whole, part = divmod(minor, 10**digits)
    return f"{whole}.{part:0{digits}d} {currency}" if digits else f"{whole} {currency}"
