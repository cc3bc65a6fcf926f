"""What each order of a batch costs, from the server's own prices, or why it cannot be had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from mainstem import network
from mainstem.catalog import Offer, ShippingRate
from mainstem.kit.errors import Problem
from mainstem.money import MINOR_MAX
from mainstem.orders import pricing
from mainstem.orders.errors import OrderRefused, PriceChanged
from mainstem.orders.model import (
    LineWanted,
    OrderWanted,
    PriceQuote,
    QuotedLine,
    TotalsSeen,
)
from mainstem.orders.placing.draft import AGREED_BEFORE, Draft
from mainstem.orders.placing.known import Known
from mainstem.orders.pricing import PricedLine


def price_all(drafts: list[Draft], known: Known) -> None:
    """Work out every order from the server's own prices."""
    for draft in drafts:
        wanted = draft.wanted
        store = known.stores.get(wanted.storefront_id)
        problems = [*_store_problems(wanted, store, known.rates)]
        if not problems:
            offers = known.offers[wanted.currency, wanted.locale]
            problems = _price_one(draft, store, offers, known.rates[wanted.currency])
        if problems:
            draft.answer = OrderRefused(*problems)
        elif changed := [*_price_changes(draft)]:
            draft.answer = PriceChanged(_quote(draft), *changed)


def _store_problems(
    wanted: OrderWanted, store: Any, rates: Mapping[str, ShippingRate]
) -> Iterator[Problem]:
    if store is None or store.home_id != wanted.home_id:
        yield Problem("/storefront", "invalid_field", "There is no such storefront.")
        return
    if wanted.currency not in rates:
        yield Problem("/currency", "currency_not_supported", "Orders are not taken in {currency}.",
                      {"currency": wanted.currency})  # fmt: skip
    elif wanted.channel not in AGREED_BEFORE and wanted.currency != store.currency:
        yield Problem("/currency", "currency_not_supported", "This storefront sells in {currency}.",
                      {"currency": store.currency})  # fmt: skip
    if wanted.locale not in store.locales:
        yield Problem("/locale", "invalid_field", "This storefront speaks {locales}.",
                      {"locales": ", ".join(store.locales)})  # fmt: skip
    # An imported sale was made when it was made, whatever has become of the storefront since.
    open_now = store.active and store.state in network.ELIGIBLE
    if not open_now and wanted.channel != "import":
        yield Problem("", "affiliate_suspended", "This storefront takes no orders now.")


def _price_one(
    draft: Draft, store: Any, offers: Mapping[str, Offer], rate: ShippingRate
) -> list[Problem]:
    wanted = draft.wanted
    problems = [*_line_problems(wanted, store, offers)]
    if problems:
        return problems
    lines = [_priced(line, offers[line.sku], draft.at) for line in wanted.lines]
    # A history brings what was paid for its goods, and nothing of how they came.
    draft.price = pricing.price(lines, rate if wanted.placed_at is None else None)
    if draft.price.totals.total_minor > MINOR_MAX:
        return [Problem("/lines", "invalid_field", "This order is larger than we can take.")]
    draft.needs = [
        (no, line.offer.variant_id, line.quantity)
        for no, line in enumerate(lines, 1)
        if line.offer.kind == "goods"
    ]
    return []


def _line_problems(
    wanted: OrderWanted, store: Any, offers: Mapping[str, Offer]
) -> Iterator[Problem]:
    for i, line in enumerate(wanted.lines):
        if problem := _line_problem(line, offers.get(line.sku), store):
            code, message = problem
            facts = {"sku": line.sku, "currency": wanted.currency}
            yield Problem(f"/lines/{i}/sku", code, message, facts)


def _line_problem(line: LineWanted, offer: Offer | None, store: Any) -> tuple[str, str] | None:
    if offer is None or not (offer.sold or line.agreed_minor is not None):
        return "unknown_sku", "There is no article {sku}."
    if line.agreed_minor is not None:
        return None
    if store.product_ids is not None and offer.product_id not in store.product_ids:
        return "sku_not_sold_here", "This storefront does not sell {sku}."
    if offer.kind == "service":
        return "service_needs_quote", "{sku} is a service: ask for a quote."
    if offer.unit_minor is None:
        return "no_price", "{sku} has no price in {currency}."
    return None


def _priced(line: LineWanted, offer: Offer, at: datetime) -> PricedLine:
    if line.agreed_minor is not None:
        return pricing.agreed_line(offer, line.quantity, line.agreed_minor)
    assert offer.unit_minor is not None, "what is sold here has a price"
    unit = pricing.unit_price(offer.unit_minor, line.held, at)
    return pricing.line_of(offer, line.quantity, unit)


def _price_changes(draft: Draft) -> Iterator[Problem]:
    """Where the buyer saw another price than the one in force."""
    for i, (line, now) in enumerate(zip(draft.wanted.lines, draft.price.lines, strict=True)):
        if line.unit_price_minor is not None and line.unit_price_minor != now.unit_minor:
            yield Problem(f"/lines/{i}/unit_price_minor", "price_changed",
                          "{sku} now costs {amount} in minor units.",
                          {"sku": line.sku, "amount": now.unit_minor})  # fmt: skip
    for name in TotalsSeen.__struct_fields__:
        shown = draft.wanted.totals and getattr(draft.wanted.totals, name)
        due = getattr(draft.price.totals, name)
        if shown is not None and shown != due:
            yield Problem(f"/totals/{name}", "price_changed",
                          "This is now {amount} in minor units.", {"amount": due})  # fmt: skip


def _quote(draft: Draft) -> PriceQuote:
    lines = [
        QuotedLine(line.offer.sku, line.quantity, line.unit_minor, line.total_minor)
        for line in draft.price.lines
    ]
    return PriceQuote(draft.wanted.currency, lines, draft.price.totals)
