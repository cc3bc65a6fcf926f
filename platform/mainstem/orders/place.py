"""Intake: one verb for the storefront, the API, an accepted quote and an imported history.

Any number of orders are placed together, each answered on its own, all durable at one commit. The
way of a batch: check the shapes, find repeats, read what is sold and who is credited, lock the
shelf in key order and take from it in order of arrival, then write everything in one round trip.
A batch of one and a batch of a thousand take the same steps.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from mainstem import attribution, catalog, network, planbook, stock
from mainstem.attribution import Ask, Decision
from mainstem.catalog import Offer, ShippingRate
from mainstem.kit.errors import Problem, Refused
from mainstem.kit.events import record_all
from mainstem.kit.ids import new_ids, short
from mainstem.kit.work import Work, columns
from mainstem.money import MINOR_MAX, net_of_tax
from mainstem.orders import rules
from mainstem.orders.errors import (
    DuplicateExternalId,
    IdempotencyMismatch,
    InsufficientStock,
    OrderRefused,
)
from mainstem.orders.model import OrderWanted, Placed
from mainstem.plan import Plan
from mainstem.stock import Part

ROUTE = "orders"


@dataclass(slots=True)
class _Draft:
    """One order on its way through a batch."""

    wanted: OrderWanted
    at: datetime
    id: UUID
    answer: Placed | Refused | None = None
    lines: list[tuple[Any, ...]] = field(default_factory=list)
    needs: list[tuple[int, int, int]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    goods_minor: int = 0
    items_minor: int = 0
    shipping_minor: int = 0
    tax_minor: int = 0
    decision: Decision | None = None
    upline: list[int] = field(default_factory=list)

    @property
    def total_minor(self) -> int:
        return self.items_minor + self.shipping_minor


def place(work: Work, wanted: Sequence[OrderWanted]) -> list[Placed | Refused]:
    """Place orders: one answer for each that was asked, in the same order.

    A refused order leaves nothing behind. A repeat gets the order that it made the first time.
    Two batches that race for the same new key or external id cannot both commit: the later one
    raises psycopg's UniqueViolation, and its caller tries again.
    """
    now = work.now()
    drafts = [
        _Draft(one, one.placed_at or now, id)
        for one, id in zip(wanted, new_ids(len(wanted)), strict=True)
    ]
    for draft in drafts:
        if problems := rules.check(draft.wanted):
            draft.answer = OrderRefused(*problems)
    again = _find_repeats(work, drafts)
    _price(work, drafts)
    _reserve(work, drafts)
    _attribute(work, drafts)
    _write(work, drafts, now)
    for repeat, first in again:
        repeat.answer = _as_repeat(repeat, first)
    return [_answered(draft) for draft in drafts]


def _open(drafts: Iterable[_Draft]) -> list[_Draft]:
    return [draft for draft in drafts if draft.answer is None]


def _answered(draft: _Draft) -> Placed | Refused:
    assert draft.answer is not None, "every order is answered"
    return draft.answer


# ---------------------------------------------------------------- repeats

_KNOWN_KEYS = """
SELECT i.home_id, i.storefront_id, i.key, i.fingerprint, o.id, o.number, o.currency,
       o.total_minor, o.pay_by
  FROM idempotency i JOIN orders o ON o.home_id = i.home_id AND o.id = i.subject_id
 WHERE i.route = 'orders'
   AND (i.home_id, i.storefront_id, i.key) IN (
       SELECT * FROM unnest(%(homes)s::bigint[], %(stores)s::bigint[], %(keys)s::text[]))"""

_KNOWN_EXTERNAL = """
SELECT home_id, storefront_id, external_id, number FROM orders
 WHERE (home_id, storefront_id, external_id) IN (
       SELECT * FROM unnest(%(homes)s::bigint[], %(stores)s::bigint[], %(externals)s::text[]))"""


def _find_repeats(work: Work, drafts: list[_Draft]) -> list[tuple[_Draft, _Draft]]:
    """Answer what has been answered before; pairs (repeat, first) for repeats inside this batch."""
    live = _open(drafts)
    known = {
        (row.home_id, row.storefront_id, row.key): row
        for row in work.rows(
            _KNOWN_KEYS,
            homes=[d.wanted.home_id for d in live],
            stores=[d.wanted.storefront_id for d in live],
            keys=[d.wanted.key for d in live],
        )
    }
    first: dict[tuple[int, int, str], _Draft] = {}
    again: list[tuple[_Draft, _Draft]] = []
    for draft in live:
        key = (draft.wanted.home_id, draft.wanted.storefront_id, draft.wanted.key)
        if row := known.get(key):
            draft.answer = (
                Placed(
                    row.home_id, row.id, row.number, row.currency, row.total_minor, row.pay_by, True
                )
                if row.fingerprint == draft.wanted.fingerprint
                else IdempotencyMismatch()
            )
        elif key in first:
            again.append((draft, first[key]))
            draft.answer = IdempotencyMismatch()  # until the first is decided
        else:
            first[key] = draft
    _find_external_repeats(work, _open(drafts))
    return again


def _find_external_repeats(work: Work, drafts: list[_Draft]) -> None:
    named = [draft for draft in drafts if draft.wanted.external_id is not None]
    if not named:
        return
    known = {
        (row.home_id, row.storefront_id, row.external_id): row.number
        for row in work.rows(
            _KNOWN_EXTERNAL,
            homes=[d.wanted.home_id for d in named],
            stores=[d.wanted.storefront_id for d in named],
            externals=[d.wanted.external_id for d in named],
        )
    }
    for draft in named:
        key = (draft.wanted.home_id, draft.wanted.storefront_id, draft.wanted.external_id)
        if key in known:
            draft.answer = DuplicateExternalId(external_id=key[2], number=known[key])
        known.setdefault(key, short(draft.id))


def _as_repeat(repeat: _Draft, first: _Draft) -> Placed | Refused:
    answer = _answered(first)
    if repeat.wanted.fingerprint != first.wanted.fingerprint:
        return IdempotencyMismatch()
    if isinstance(answer, Refused):
        return answer
    return Placed(answer.home_id, answer.order_id, answer.number, answer.currency,
                  answer.total_minor, answer.pay_by, True)  # fmt: skip


# ---------------------------------------------------------------- prices

_STOREFRONTS = """
SELECT s.id, s.home_id, s.currency, s.product_ids, s.active, a.state
  FROM storefront s JOIN affiliate a ON a.id = s.home_id
 WHERE s.id = ANY(%(ids)s::bigint[])"""


def _price(work: Work, drafts: list[_Draft]) -> None:
    """Work out every line from the server's own prices, and the delivery."""
    live = _open(drafts)
    if not live:
        return
    stores = {
        row.id: row
        for row in work.rows(_STOREFRONTS, ids=list({d.wanted.storefront_id for d in live}))
    }
    rates = catalog.shipping_rates(work)
    for (currency, locale), group in _grouped(live).items():
        # Imported lines bring their price; the latest instant covers every one of the rest.
        at = max(draft.at for draft in group)
        skus = {line.sku for draft in group for line in draft.wanted.lines}
        offers = catalog.offers(work, list(skus), currency=currency, locale=locale, at=at)
        for draft in group:
            problems = _price_one(draft, stores.get(draft.wanted.storefront_id), offers, rates)
            if problems:
                draft.answer = OrderRefused(*problems)


def _grouped(drafts: list[_Draft]) -> dict[tuple[str, str], list[_Draft]]:
    groups: dict[tuple[str, str], list[_Draft]] = {}
    for draft in drafts:
        groups.setdefault((draft.wanted.currency, draft.wanted.locale), []).append(draft)
    return groups


def _price_one(
    draft: _Draft, store: Any, offers: dict[str, Offer], rates: dict[str, ShippingRate]
) -> list[Problem]:
    wanted = draft.wanted
    if store is None or store.home_id != wanted.home_id:
        return [Problem("/storefront", "invalid_field", "There is no such storefront.")]
    problems: list[Problem] = []
    if not store.active or store.state not in network.ELIGIBLE:
        problems.append(Problem("", "affiliate_suspended", "This storefront takes no orders now."))
    if wanted.currency not in rates:
        problems.append(
            Problem("/currency", "currency_not_supported", "Orders are not taken in {currency}.", {"currency": wanted.currency})
        )  # fmt: skip
    for i, line in enumerate(wanted.lines):
        offer = offers.get(line.sku)
        at, facts = f"/lines/{i}/sku", {"sku": line.sku}
        if offer is None:
            problems.append(Problem(at, "unknown_sku", "There is no article {sku}.", facts))
        elif store.product_ids is not None and offer.product_id not in store.product_ids:
            problems.append(
                Problem(at, "sku_not_sold_here", "This storefront does not sell {sku}.", facts)
            )
        elif offer.unit_minor is None and line.agreed_minor is None:
            problems.append(
                Problem(
                    at,
                    "no_price",
                    "{sku} has no price in {currency}.",
                    facts | {"currency": wanted.currency},
                )
            )
        elif offer.kind == "service" and line.agreed_minor is None:
            problems.append(
                Problem(at, "service_needs_quote", "{sku} is a service: ask for a quote.", facts)
            )
        elif not problems:
            _add_line(draft, i + 1, offer, line.quantity, line.agreed_minor)
    if not problems:
        rate = rates[wanted.currency]
        if wanted.placed_at is None:
            draft.shipping_minor = rate.cost(draft.goods_minor)
        draft.tax_minor += draft.shipping_minor - net_of_tax(draft.shipping_minor, rate.tax_bp)
        if draft.total_minor > MINOR_MAX:
            problems.append(
                Problem("/lines", "invalid_field", "This order is larger than we can take.")
            )
    return problems


def _add_line(draft: _Draft, no: int, offer: Offer, quantity: int, agreed: int | None) -> None:
    total = (
        offer.unit_minor * quantity if agreed is None and offer.unit_minor is not None else agreed
    )
    assert total is not None, "a line has a price"
    amounts = catalog.amounts(offer, total)
    unit = total // quantity if agreed is not None else offer.unit_minor
    draft.lines.append(
        (draft.wanted.home_id, draft.id, no, offer.variant_id, offer.sku, offer.name, offer.kind,
         quantity, unit, total, offer.tax_bp, amounts.tax_minor, amounts.commissionable_minor)
    )  # fmt: skip
    draft.items_minor += total
    draft.tax_minor += amounts.tax_minor
    if offer.kind == "goods":
        draft.goods_minor += total
        draft.needs.append((no, offer.variant_id, quantity))


# ---------------------------------------------------------------- stock


def _reserve(work: Work, drafts: list[_Draft]) -> None:
    """Take the goods in order of arrival, from rows locked in key order."""
    live = [draft for draft in _open(drafts) if draft.needs]
    shelf = stock.lock(work, [variant for draft in live for _, variant, _ in draft.needs])
    for draft in live:
        answer = shelf.allocate(draft.needs)
        if isinstance(answer, dict):
            draft.answer = InsufficientStock(
                *(
                    Problem(
                        f"/lines/{no - 1}/quantity",
                        "insufficient_stock",
                        "There are only {available} left of {sku}.",
                        {"available": answer[variant], "sku": draft.wanted.lines[no - 1].sku},
                    )
                    for no, variant, _ in draft.needs
                    if variant in answer
                )
            )
        else:
            draft.parts = answer
    stock.take(work, shelf.taken)


# ---------------------------------------------------------------- who is credited

_LEADS = """
SELECT l.id, l.seller_id, l.attributed_by, l.attribution
  FROM lead l WHERE (l.home_id, l.id) IN (
       SELECT * FROM unnest(%(homes)s::bigint[], %(ids)s::uuid[]))"""


def _attribute(work: Work, drafts: list[_Draft]) -> None:
    """Decide who is credited, and freeze the upline as of now. A won lead keeps its decision."""
    live = _open(drafts)
    asks = [
        Ask(
            storefront_id=d.wanted.storefront_id,
            home_id=d.wanted.home_id,
            client_key=rules.client_key(d.wanted.client.email),
            phone_key=rules.phone_key(d.wanted.client.phone, d.wanted.address.country),
            code=d.wanted.code,
            link=d.wanted.link,
            at=d.at,
        )
        for d in live
    ]
    for draft, decision in zip(live, attribution.decide(work, asks), strict=True):
        draft.decision = decision
    from_leads = [draft for draft in live if draft.wanted.lead_id]
    if from_leads:
        rows = work.rows(
            _LEADS,
            homes=[d.wanted.home_id for d in from_leads],
            ids=[d.wanted.lead_id for d in from_leads],
        )
        leads = {row.id: row for row in rows}
        for draft in from_leads:
            assert draft.decision is not None
            assert draft.wanted.lead_id is not None
            lead = leads[draft.wanted.lead_id]
            draft.decision.seller_id = lead.seller_id
            draft.decision.attributed_by = lead.attributed_by
            draft.decision.signals = lead.attribution


# ---------------------------------------------------------------- writing

_ORDERS = """
INSERT INTO orders (home_id, id, number, storefront_id, channel, external_id, state, currency,
  locale, client_key, client, address, items_minor, shipping_minor, total_minor, tax_minor,
  seller_id, attributed_by, attribution, upline, earns, earns_reason, plan_version,
  hold_days_goods, hold_days_service, lead_id, placed_at, pay_by)
SELECT home_id, id, number, storefront_id, channel, external_id, 'pending', currency, locale,
       client_key, client, address, items_minor, shipping_minor, items_minor + shipping_minor,
       tax_minor, seller_id, attributed_by, attribution,
       upline::bigint[], earns, earns_reason, plan_version,
       hold_goods, hold_service, lead_id, placed_at, pay_by
  FROM unnest(%(homes)s::bigint[], %(ids)s::uuid[], %(numbers)s::text[], %(stores)s::bigint[],
              %(channels)s::text[], %(externals)s::text[], %(currencies)s::text[],
              %(locales)s::text[], %(keys)s::text[], %(clients)s::jsonb[], %(addresses)s::jsonb[],
              %(items)s::bigint[], %(shippings)s::bigint[], %(taxes)s::bigint[],
              %(sellers)s::bigint[], %(bys)s::text[], %(signals)s::jsonb[], %(uplines)s::text[],
              %(earns)s::boolean[], %(reasons)s::text[], %(plans)s::int[], %(holds_goods)s::int[],
              %(holds_service)s::int[], %(leads)s::uuid[], %(placed)s::timestamptz[],
              %(pay_bys)s::timestamptz[])
    AS new (home_id, id, number, storefront_id, channel, external_id, currency, locale, client_key,
            client, address, items_minor, shipping_minor, tax_minor, seller_id, attributed_by,
            attribution, upline, earns, earns_reason, plan_version, hold_goods, hold_service,
            lead_id, placed_at, pay_by)"""
_ORDER_COLUMNS = (
    "homes", "ids", "numbers", "stores", "channels", "externals", "currencies", "locales", "keys",
    "clients", "addresses", "items", "shippings", "taxes", "sellers", "bys", "signals", "uplines",
    "earns", "reasons", "plans", "holds_goods", "holds_service", "leads", "placed", "pay_bys",
)  # fmt: skip

_LINES = """
INSERT INTO order_line (home_id, order_id, line_no, variant_id, sku, name, kind, quantity,
  unit_minor, total_minor, tax_bp, tax_minor, commissionable_minor)
SELECT * FROM unnest(%(homes)s::bigint[], %(orders)s::uuid[], %(nos)s::int[], %(variants)s::bigint[],
  %(skus)s::text[], %(names)s::text[], %(kinds)s::text[], %(quantities)s::int[],
  %(units)s::bigint[], %(totals)s::bigint[], %(tax_bps)s::int[], %(taxes)s::bigint[],
  %(commissionables)s::bigint[])"""
_LINE_COLUMNS = (
    "homes", "orders", "nos", "variants", "skus", "names", "kinds", "quantities", "units",
    "totals", "tax_bps", "taxes", "commissionables",
)  # fmt: skip

_FULFILMENTS = """
INSERT INTO fulfilment (home_id, order_id, no, location_id, state)
SELECT home_id, order_id, no, location_id, 'unrouted'
  FROM unnest(%(homes)s::bigint[], %(orders)s::uuid[], %(nos)s::int[], %(locations)s::bigint[])
    AS new (home_id, order_id, no, location_id)"""

_RESERVATIONS = """
INSERT INTO reservation (home_id, order_id, line_no, fulfilment_no, variant_id, location_id, quantity)
SELECT * FROM unnest(%(homes)s::bigint[], %(orders)s::uuid[], %(lines)s::int[], %(nos)s::int[],
                     %(variants)s::bigint[], %(locations)s::bigint[], %(quantities)s::int[])"""

_KEYS = """
INSERT INTO idempotency (home_id, storefront_id, route, key, fingerprint, subject_id, created_at)
SELECT home_id, storefront_id, 'orders', key, fingerprint, subject_id, %(now)s
  FROM unnest(%(homes)s::bigint[], %(stores)s::bigint[], %(keys)s::text[],
              %(fingerprints)s::bytea[], %(subjects)s::uuid[])
    AS new (home_id, storefront_id, key, fingerprint, subject_id)"""


def _write(work: Work, drafts: list[_Draft], now: datetime) -> None:
    """Everything about the accepted orders, in one round trip."""
    accepted = _open(drafts)
    if not accepted:
        return
    plans = planbook.in_force_each(work, {draft.at for draft in accepted})
    depth = max(plan.levels for plan in plans.values())
    uplines = network.uplines(work, [_decision(d).seller_id for d in accepted], levels=depth)
    orders, fulfilments, reservations = [], [], []
    for draft in accepted:
        plan = plans[draft.at]
        draft.upline = uplines[_decision(draft).seller_id][: plan.levels]
        orders.append(_order_row(draft, plan))
        numbers = {part.location_id: 0 for part in draft.parts}
        for no, location in enumerate(numbers, start=1):
            numbers[location] = no
            fulfilments.append((draft.wanted.home_id, draft.id, no, location))
        reservations += [
            (draft.wanted.home_id, draft.id, p.line_no, numbers[p.location_id], p.variant_id,
             p.location_id, p.quantity)
            for p in draft.parts
        ]  # fmt: skip
    with work.pg.pipeline():
        work.run(_ORDERS, **_named(_ORDER_COLUMNS, orders))
        work.run(_LINES, **_named(_LINE_COLUMNS, [line for d in accepted for line in d.lines]))
        work.run(_FULFILMENTS, **_named(("homes", "orders", "nos", "locations"), fulfilments))
        work.run(
            _RESERVATIONS,
            **_named(("homes", "orders", "lines", "nos", "variants", "locations", "quantities"),
                     reservations),
        )  # fmt: skip
        work.run(
            _KEYS,
            now=now,
            **_named(
                ("homes", "stores", "keys", "fingerprints", "subjects"),
                [(d.wanted.home_id, d.wanted.storefront_id, d.wanted.key, d.wanted.fingerprint, d.id)
                 for d in accepted],
            ),
        )  # fmt: skip
        record_all(
            work,
            "order.placed",
            [(draft.wanted.home_id, draft.id) for draft in accepted],
            happened_at=[draft.at for draft in accepted],
        )
    for draft in accepted:
        draft.answer = Placed(
            draft.wanted.home_id,
            draft.id,
            short(draft.id),
            draft.wanted.currency,
            draft.total_minor,
            draft.at + draft.wanted.pay_within,
        )


def _order_row(draft: _Draft, plan: Plan) -> tuple[Any, ...]:
    wanted, decision = draft.wanted, _decision(draft)
    return (
        wanted.home_id, draft.id, short(draft.id), wanted.storefront_id, wanted.channel,
        wanted.external_id, wanted.currency, wanted.locale, rules.client_key(wanted.client.email),
        msgspec.json.encode(wanted.client).decode(), msgspec.json.encode(wanted.address).decode(),
        draft.items_minor, draft.shipping_minor, draft.tax_minor, decision.seller_id,
        decision.attributed_by, json.dumps(decision.signals), f"{{{','.join(map(str, draft.upline))}}}",
        decision.earns, decision.earns_reason, plan.version, plan.rules["goods"].hold_days,
        plan.rules["service"].hold_days, wanted.lead_id, draft.at, draft.at + wanted.pay_within,
    )  # fmt: skip


def _decision(draft: _Draft) -> Decision:
    assert draft.decision is not None, "attribution comes before writing"
    return draft.decision


def _named(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    return dict(zip(names, columns(rows, len(names)), strict=True))
