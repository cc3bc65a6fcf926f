"""What delivery costs: a rate for each currency in which orders may be taken."""

from __future__ import annotations

from dataclasses import dataclass

from mainstem.catalog.version import changed
from mainstem.kit.work import Query, Work
from mainstem.money import Money
from mainstem.payments import refuse_impossible


@dataclass(frozen=True, slots=True)
class ShippingRate:
    """What delivery costs in a currency: a sum, free from a basket value, tax included."""

    amount_minor: int
    free_from_minor: int
    tax_bp: int

    def cost(self, goods_minor: int) -> int:
        """Delivery of goods worth so much; nothing is paid where nothing is shipped."""
        if goods_minor == 0 or goods_minor >= self.free_from_minor:
            return 0
        return self.amount_minor


def shipping_rates(work: Work) -> dict[str, ShippingRate]:
    """Every currency's rate."""
    return work.fetch(shipping_rates_query())


def shipping_rates_query() -> Query[dict[str, ShippingRate]]:
    """The query behind `shipping_rates`."""
    return Query(
        "SELECT currency, amount_minor, free_from_minor, tax_bp FROM shipping_rate",
        {},
        lambda rows: {currency: ShippingRate(*rate) for currency, *rate in rows},
    )


def set_shipping_rate(
    work: Work, currency: str, amount_minor: int, *, free_from_minor: int, tax_bp: int
) -> None:
    """What delivery costs in a currency from now on; orders in it may be taken.

    Raises AmountNotPossible for a sum that nobody could be charged.
    """
    refuse_impossible(Money(amount_minor, currency))
    work.run(
        """INSERT INTO shipping_rate (currency, amount_minor, free_from_minor, tax_bp)
           VALUES (%(currency)s, %(amount)s, %(free_from)s, %(tax)s)
           ON CONFLICT (currency) DO UPDATE SET amount_minor = excluded.amount_minor,
             free_from_minor = excluded.free_from_minor, tax_bp = excluded.tax_bp""",
        currency=currency,
        amount=amount_minor,
        free_from=free_from_minor,
        tax=tax_bp,
    )
    changed(work)
