"""Store credit on an order: a reduction of what it costs, locked before the order is written.

Two orders that spend the same credit wait for each other here, before either takes anything from the shelf.
"""

from __future__ import annotations

from mainstem import store_credit
from mainstem.kit.ids import short
from mainstem.kit.work import Work
from mainstem.money import exponent
from mainstem.orders import pricing
from mainstem.orders.placing.draft import Draft
from mainstem.orders.placing.known import Known
from mainstem.store_credit import Purse, Spent, Usable

LEAST_PAID_MINOR = {"SEK": 300, "NOK": 300, "DKK": 250, "EUR": 50, "USD": 50, "GBP": 30}
"""What is always paid with money: Stripe charges no less. In another currency, ten whole units."""


def reduce(work: Work, drafts: list[Draft], known: Known) -> Usable | None:
    """Make those orders cheaper whose clients use their credit, as far as it reaches; None where none does.

    Nothing is spent before `spend` has written it.
    """
    asked = [draft for draft in drafts if draft.wanted.use_store_credit]
    if not asked:
        return None
    usable = store_credit.usable(work, [_purse(draft) for draft in asked])
    for draft in asked:
        purse = _purse(draft)
        items = draft.price.totals.items_minor
        minor = reduction(items, usable.of(*purse), purse.currency)
        if minor:
            assert draft.buyer is not None, "an order is priced before it is made cheaper"
            draft.credit = usable.take(*purse, minor)
            draft.price = pricing.price_for(
                draft.articles, known.conditions, draft.buyer, less_minor=minor
            )
    return usable


def reduction(items_minor: int, usable_minor: int, currency: str) -> int:
    """By how much what is bought gets cheaper with so much credit: what is charged at least stays."""
    least = LEAST_PAID_MINOR.get(currency) or 10 * 10 ** exponent(currency)
    return max(0, min(usable_minor, items_minor - least))


def spend(work: Work, drafts: list[Draft], usable: Usable | None) -> None:
    """Keep what these orders, which are written, have spent."""
    if usable is None:
        return
    store_credit.write_spent(
        work,
        usable,
        [
            Spent(
                draft.wanted.home_id,
                draft.id,
                short(draft.id),
                draft.wanted.currency,
                draft.credit,
            )
            for draft in drafts
            if draft.credit
        ],
    )


def _purse(draft: Draft) -> Purse:
    assert draft.client is not None, "an order is checked before it is priced"
    return Purse(draft.client.key, draft.wanted.currency)
