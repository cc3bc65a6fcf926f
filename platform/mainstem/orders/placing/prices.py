"""What each order of a batch costs, from the server's own prices, or why it cannot be had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from mainstem import network, tax
from mainstem.catalog import Offer
from mainstem.kit.errors import Problem
from mainstem.kit.work import Work
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
from mainstem.orders.placing import credit, threshold
from mainstem.orders.placing.draft import AGREED_BEFORE, Draft, open_ones
from mainstem.orders.placing.known import Known
from mainstem.orders.pricing import Article, Buyer
from mainstem.store_credit import Usable


def price_all(work: Work, drafts: list[Draft], known: Known) -> Usable | None:
    """Work out every order from the server's own prices, less the credit that its client uses: what of
    that is locked, where any is."""
    for draft in drafts:
        problems = [*_order_problems(draft, known)]
        draft.answer = OrderRefused(*problems) if problems else None
    priced = open_ones(drafts)
    threshold.decide(work, priced, known)
    usable = credit.reduce(work, open_ones(priced), known)
    for draft in open_ones(priced):
        if draft.price.totals.total_minor > MINOR_MAX:
            draft.answer = OrderRefused(_TOO_LARGE)
        elif changed := [*_price_changes(draft)]:
            draft.answer = PriceChanged(_quote(draft), *changed)
    return usable


_TOO_LARGE = Problem("/lines", "invalid_field", "This order is larger than we can take.")


def _order_problems(draft: Draft, known: Known) -> Iterator[Problem]:
    wanted = draft.wanted
    store = known.stores.get(wanted.storefront_id)
    if problems := [*_store_problems(wanted, store, known.conditions.currencies)]:
        yield from problems
        return
    yield from _price_one(draft, store, known)


def _store_problems(
    wanted: OrderWanted, store: Any, currencies: frozenset[str]
) -> Iterator[Problem]:
    if store is None or store.home_id != wanted.home_id:
        yield Problem("/storefront", "invalid_field", "There is no such storefront.")
        return
    if wanted.currency not in currencies:
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


def _price_one(draft: Draft, store: Any, known: Known) -> list[Problem]:
    wanted = draft.wanted
    offers = known.offers[wanted.currency, wanted.locale]
    problems = [*_line_problems(wanted, store, offers)]
    buyer = _buyer(draft, known)
    if isinstance(buyer, Problem):
        return [*problems, buyer]
    if problems:
        return problems
    draft.buyer = buyer
    draft.articles = [_article(line, offers[line.sku], draft.at) for line in wanted.lines]
    draft.price = pricing.price_for(draft.articles, known.conditions, buyer)
    draft.needs = [
        (no, line.offer.variant_id, line.quantity)
        for no, line in enumerate(draft.price.lines, 1)
        if line.offer.kind == "goods"
    ]
    return [draft.price.problem] if draft.price.problem else []


def _buyer(draft: Draft, known: Known) -> Buyer | Problem:
    """Who it is for, as a price looks at it. A history brings what was paid for its goods, and
    nothing of how they came."""
    wanted, client, rules = draft.wanted, draft.client, known.conditions.tax
    assert client is not None, "an order is checked before it is priced"
    number = ""
    if wanted.vat_number and rules.are_set:
        number = tax.plain_number(wanted.vat_number) or ""
        if not number:
            return Problem("/vat_number", "invalid_field", tax.NOT_A_NUMBER)
    check = known.vat_checks.get(number) if number else None
    return Buyer(
        client.address.country,
        client.address.postal_code,
        wanted.currency,
        draft.at,
        method=wanted.delivery_method,
        business=check is not None and tax.lets_buy_untaxed(check, rules.home, draft.at),
        vat_number=number,
        delivered=wanted.placed_at is None,
    )


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


def _article(line: LineWanted, offer: Offer, at: datetime) -> Article:
    if line.agreed_minor is not None:
        return Article(offer, line.quantity, 0, line.agreed_minor)
    assert offer.unit_minor is not None, "what is sold here has a price"
    return Article(offer, line.quantity, pricing.unit_price(offer.unit_minor, line.held, at))


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
