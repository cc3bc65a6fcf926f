"""Sales to other countries, decided one after the other where the threshold decides whose tax counts."""

from __future__ import annotations

from dataclasses import replace

from mainstem import tax
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.orders import pricing
from mainstem.orders.errors import OrderRefused
from mainstem.orders.placing.draft import Draft
from mainstem.orders.placing.known import Known


def decide(work: Work, drafts: list[Draft], known: Known) -> None:
    """Tax those at the client's country's rates that pass the threshold, or come after it.

    The year's row is locked until the batch commits, so of two that would pass it at once the
    second knows of the first. No other company and no other sale waits for that.
    """
    rules = known.conditions.tax
    if rules.oss != "threshold":
        return
    counting = [draft for draft in drafts if _counts(draft, rules)]
    if not counting:
        return
    counted = tax.take_counted(work, {_year(work, draft) for draft in counting})
    for draft in counting:
        year = _year(work, draft)
        try:
            minor = _net(draft, rules)
            if tax.is_over(counted, year, minor):
                _tax_there(draft, known)
                minor = _net(draft, rules)
        except tax.NoEuroRate as no:
            draft.answer = OrderRefused(*no.problems)
            continue
        draft.threshold_minor = minor
        counted[year] = counted.get(year, 0) + minor


def count(work: Work, drafts: list[Draft]) -> None:
    """Count what was sold, in the work that sold it."""
    placed = [draft for draft in drafts if draft.threshold_minor]
    tax.count(work, [tax.Year(_year(work, draft), draft.threshold_minor) for draft in placed])


def _counts(draft: Draft, rules: tax.Rules) -> bool:
    assert draft.buyer is not None, "an order is priced before it is counted"
    return draft.buyer.delivered and tax.counts(rules, draft.buyer.sale)


def _tax_there(draft: Draft, known: Known) -> None:
    assert draft.buyer is not None, "an order is priced before it is counted"
    draft.buyer = replace(draft.buyer, over=True)
    draft.price = pricing.price_for(draft.articles, known.conditions, draft.buyer)


def _net(draft: Draft, rules: tax.Rules) -> int:
    totals = draft.price.totals
    net = Money(totals.total_minor - totals.tax_minor, draft.wanted.currency)
    return tax.in_euro(rules, net).minor


def _year(work: Work, draft: Draft) -> int:
    return draft.at.astimezone(work.tools.zone).year
