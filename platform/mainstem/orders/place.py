"""Intake: one verb for the storefront, the API, an accepted quote and an imported history.

Any number of orders are placed together, each answered on its own, all durable at one commit. The
way of a batch: check the shapes, find repeats, read what is sold and who is credited, look at the
shelf and take from it in order of arrival, write everything in one round trip, and last lock the
shelf in key order and have it stand by what was taken.
A batch of one and a batch of a thousand take the same steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from mainstem import attribution, catalog, network, planbook, stock
from mainstem.attribution import AttributionRequest, Decision, Evidence, LeadCredit
from mainstem.catalog import Offer, ShippingRate
from mainstem.kit.errors import Problem, Refused
from mainstem.kit.events import record_all
from mainstem.kit.ids import new_ids, short
from mainstem.kit.work import Query, Work, columns
from mainstem.money import MINOR_MAX
from mainstem.orders import pricing, rules, unpaid
from mainstem.orders.client import Client
from mainstem.orders.errors import (
    DuplicateExternalId,
    IdempotencyMismatch,
    InsufficientStock,
    OrderRefused,
    PriceChanged,
)
from mainstem.orders.model import (
    LineWanted,
    OrderWanted,
    Placed,
    PriceQuote,
    QuotedLine,
    Totals,
    TotalsSeen,
)
from mainstem.orders.pricing import Price, PricedLine
from mainstem.orders.unpaid import Held
from mainstem.plan import Plan
from mainstem.stock import Part, Shelf

AGREED_BEFORE = ("lead", "import")
"""Channels in which price and article were agreed before: by a quote or in a history."""

NOT_PRICED = Price([], Totals(0, 0, 0, 0))


@dataclass(slots=True)
class _Draft:
    """One order on its way through a batch."""

    wanted: OrderWanted
    at: datetime
    id: UUID
    answer: Placed | Refused | None = None
    client: Client | None = None
    price: Price = NOT_PRICED
    needs: list[tuple[int, int, int]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    large: bool = False
    """Whether it takes a large share of what is left of something."""

    @property
    def pay_by(self) -> datetime:
        within = self.wanted.pay_within
        if self.large:
            within = min(within, unpaid.LARGE_WITHIN)
        return self.at + within

    @property
    def whose(self) -> list[unpaid.Who]:
        """Against whom it counts while it is not paid."""
        assert self.client is not None, "an order is checked before it is counted"
        return unpaid.whose(self.wanted, self.client.key) if self.needs else []


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
    waiting = drafts
    while waiting:
        waiting = _place(work, waiting, now)
    return [_answered(draft) for draft in drafts]


def _place(work: Work, drafts: list[_Draft], now: datetime) -> list[_Draft]:
    """Answer these drafts. Those come back that must be looked at again, because what they
    repeat has been refused."""
    for draft in drafts:
        found = rules.check(draft.wanted)
        if isinstance(found, Client):
            draft.client = found
        else:
            draft.answer = OrderRefused(*found)
    checked = _open(drafts)
    if not checked:
        return []
    known = _learn(work, checked)
    live, repeats = _find_repeats(checked, known)
    _price(live, known)
    if priced := _open(live):
        plans = planbook.choose(known.published, {draft.at for draft in priced})
        evidence = attribution.gather_evidence(
            work,
            [known.attribution_requests[draft.id] for draft in priced],
            known.signals,
            levels=max(plan.levels for plan in plans.values()),
        )
        _take_and_write(work, priced, _Ready(known, evidence, plans, now))
    return [repeat for repeat, first in repeats if not _answer_repeat(repeat, first)]


def _open(drafts: Iterable[_Draft]) -> list[_Draft]:
    return [draft for draft in drafts if draft.answer is None]


def _answered(draft: _Draft) -> Placed | Refused:
    assert draft.answer is not None, "every order is answered"
    return draft.answer


# ---------------------------------------------------------------- what must be known

RequestKey = tuple[int, int, str]
"""An idempotency key or external id, with the home and storefront whose it is."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database says about a batch, before anything is decided."""

    keys: dict[RequestKey, Any]
    externals: dict[RequestKey, str]
    stores: dict[int, Any]
    rates: dict[str, ShippingRate]
    published: planbook.Published
    attribution_requests: dict[UUID, AttributionRequest]
    signals: list[Any]
    offers: dict[tuple[str, str], dict[str, Offer]]
    held: Held


_KEYS_KNOWN = """
SELECT i.home_id, i.storefront_id, i.key, i.fingerprint, o.id, o.number, o.currency,
       o.items_minor, o.shipping_minor, o.tax_minor, o.total_minor, o.pay_by
  FROM unnest(%(homes)s::bigint[], %(stores)s::bigint[], %(keys)s::text[])
         AS asked (home_id, storefront_id, key)
  JOIN idempotency i ON i.home_id = asked.home_id AND i.storefront_id = asked.storefront_id
                    AND i.route = 'orders' AND i.key = asked.key
  JOIN orders o ON o.home_id = i.home_id AND o.id = i.subject_id"""

_EXTERNALS_KNOWN = """
SELECT o.home_id, o.storefront_id, o.external_id, o.number
  FROM unnest(%(homes)s::bigint[], %(stores)s::bigint[], %(keys)s::text[])
         AS asked (home_id, storefront_id, external_id)
  JOIN orders o ON o.home_id = asked.home_id AND o.storefront_id = asked.storefront_id
               AND o.external_id = asked.external_id"""

_STOREFRONTS = """
SELECT s.id, s.home_id, s.currency, s.locales, s.product_ids, s.active, a.state
  FROM storefront s JOIN affiliate a ON a.id = s.home_id
 WHERE s.id = ANY(%(ids)s::bigint[])"""


def _learn(work: Work, drafts: list[_Draft]) -> _Known:
    """Everything that these orders depend on, read in one round trip."""
    attribution_requests = _attribution_requests(work, drafts)
    groups = _grouped(drafts)
    by_attribution = attribution.queries(list(attribution_requests.values()))
    strangers = [
        who
        for draft in drafts
        if draft.client
        for who in unpaid.whose(draft.wanted, draft.client.key)
    ]
    keys, externals, stores, rates, published, *rest = work.fetch_all(
        [
            Query(
                _KEYS_KNOWN,
                _named(("homes", "stores", "keys"), [_key(draft) for draft in drafts]),
                lambda rows: {tuple(row[:3]): row for row in rows},
            ),
            Query(
                _EXTERNALS_KNOWN,
                _named(
                    ("homes", "stores", "keys"),
                    [_external(draft) for draft in drafts if draft.wanted.external_id is not None],
                ),
                lambda rows: {tuple(row[:3]): row.number for row in rows},
            ),
            Query(
                _STOREFRONTS,
                {"ids": sorted({draft.wanted.storefront_id for draft in drafts})},
                lambda rows: {row.id: row for row in rows},
            ),
            catalog.shipping_rates_query(),
            planbook.published_query(),
            *by_attribution,
            *(_offers_query(group) for group in groups.values()),
            *([unpaid.held_query(strangers, work.now())] if strangers else []),
        ]
    )
    held = rest.pop() if strangers else Held()
    signals, offers = rest[: len(by_attribution)], rest[len(by_attribution) :]
    return _Known(
        keys=keys,
        externals=externals,
        stores=stores,
        rates=rates,
        published=published,
        attribution_requests=attribution_requests,
        signals=signals,
        offers=dict(zip(groups, offers, strict=True)),
        held=held,
    )


def _key(draft: _Draft) -> RequestKey:
    return draft.wanted.home_id, draft.wanted.storefront_id, draft.wanted.key


def _external(draft: _Draft) -> RequestKey:
    return draft.wanted.home_id, draft.wanted.storefront_id, draft.wanted.external_id or ""


def _grouped(drafts: list[_Draft]) -> dict[tuple[str, str], list[_Draft]]:
    groups: dict[tuple[str, str], list[_Draft]] = {}
    for draft in drafts:
        groups.setdefault((draft.wanted.currency, draft.wanted.locale), []).append(draft)
    return groups


def _offers_query(group: list[_Draft]) -> Query[dict[str, Offer]]:
    return catalog.offers_query(
        sorted({line.sku for draft in group for line in draft.wanted.lines}),
        currency=group[0].wanted.currency,
        locale=group[0].wanted.locale,
        # Imported lines bring their price; the latest instant covers every one of the rest.
        at=max(draft.at for draft in group),
        retired=any(draft.wanted.channel in AGREED_BEFORE for draft in group),
    )


_LEADS = """
SELECT l.id, l.seller_id, l.attributed_by, l.attribution
  FROM unnest(%(homes)s::bigint[], %(ids)s::uuid[]) AS asked (home_id, id)
  JOIN lead l ON l.home_id = asked.home_id AND l.id = asked.id"""


def _attribution_requests(work: Work, drafts: list[_Draft]) -> dict[UUID, AttributionRequest]:
    """What is known of each order's client. A lead that was won keeps its decision."""
    credits: dict[UUID, LeadCredit] = {}
    if from_leads := [draft.wanted for draft in drafts if draft.wanted.lead_id]:
        rows = work.rows(
            _LEADS,
            homes=[wanted.home_id for wanted in from_leads],
            ids=[wanted.lead_id for wanted in from_leads],
        )
        credits = {
            row.id: LeadCredit(row.seller_id, row.attributed_by, row.attribution) for row in rows
        }
    return {draft.id: _attribution_request(draft, credits) for draft in drafts}


def _attribution_request(draft: _Draft, credits: Mapping[UUID, LeadCredit]) -> AttributionRequest:
    wanted, client = draft.wanted, draft.client
    assert client is not None, "an order is checked before anybody is credited"
    return AttributionRequest(
        storefront_id=wanted.storefront_id,
        home_id=wanted.home_id,
        client_key=client.key,
        phone_key=client.phone_key,
        code=wanted.code,
        link=wanted.link,
        at=draft.at,
        lead_credit=credits[wanted.lead_id] if wanted.lead_id else None,
        delivered_at=wanted.delivered_at,
    )


# ---------------------------------------------------------------- repeats


def _find_repeats(
    drafts: list[_Draft], known: _Known
) -> tuple[list[_Draft], list[tuple[_Draft, _Draft]]]:
    """Answer what was answered before; what is new, and (repeat, first) for repeats within."""
    first: dict[tuple[str, RequestKey], _Draft] = {}
    live, repeats = [], []
    for draft in drafts:
        draft.answer = _answer_before(draft, known)
        if draft.answer:
            continue
        names = [("key", _key(draft))]
        if draft.wanted.external_id is not None:
            names.append(("external_id", _external(draft)))
        before = next((first[name] for name in names if name in first), None)
        if before:
            repeats.append((draft, before))
        else:
            live.append(draft)
            first |= dict.fromkeys(names, draft)
    return live, repeats


def _answer_before(draft: _Draft, known: _Known) -> Placed | Refused | None:
    """The answer that this request has had before, if it has come before."""
    row = known.keys.get(_key(draft))
    if row is None:
        number = known.externals.get(_external(draft))
        if number is None:
            return None
        return DuplicateExternalId(external_id=draft.wanted.external_id, number=number)
    if row.fingerprint != draft.wanted.fingerprint:
        return IdempotencyMismatch()
    totals = Totals(row.items_minor, row.shipping_minor, row.tax_minor, row.total_minor)
    return Placed(row.home_id, row.id, row.number, row.currency, totals, row.pay_by, replayed=True)


def _answer_repeat(repeat: _Draft, first: _Draft) -> bool:
    """Answer a repeat within the batch as if it had come after the first; whether it could be."""
    answer = _answered(first)
    if repeat.wanted.key != first.wanted.key:
        if isinstance(answer, Refused):
            return False  # the external id is free again
        repeat.answer = DuplicateExternalId(
            external_id=repeat.wanted.external_id, number=answer.number
        )
    elif isinstance(answer, Refused):
        if repeat.wanted.fingerprint != first.wanted.fingerprint:
            return False  # so is the key
        repeat.answer = answer
    elif repeat.wanted.fingerprint != first.wanted.fingerprint:
        repeat.answer = IdempotencyMismatch()
    else:
        repeat.answer = replace(answer, replayed=True)
    return True


# ---------------------------------------------------------------- prices


def _price(drafts: list[_Draft], known: _Known) -> None:
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
    draft: _Draft, store: Any, offers: Mapping[str, Offer], rate: ShippingRate
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


def _price_changes(draft: _Draft) -> Iterator[Problem]:
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


def _quote(draft: _Draft) -> PriceQuote:
    lines = [
        QuotedLine(line.offer.sku, line.quantity, line.unit_minor, line.total_minor)
        for line in draft.price.lines
    ]
    return PriceQuote(draft.wanted.currency, lines, draft.price.totals)


# ---------------------------------------------------------------- stock


@dataclass(frozen=True, slots=True)
class _Ready:
    """What is decided about a batch before its goods are taken."""

    known: _Known
    evidence: Evidence
    plans: Mapping[datetime, Plan]
    now: datetime


def _take_and_write(work: Work, drafts: list[_Draft], ready: _Ready) -> None:
    """Take the goods and write the orders, the shelf last: others sell from it until we commit.

    If something that it seemed to hold is gone by then, all is undone and done once more, with the
    shelf locked first.
    """
    variants = [variant for draft in drafts for _, variant, _ in draft.needs]
    try:
        with work.pg.transaction():  # inside our own: a savepoint
            shelf = stock.look(work, variants)
            _allocate(drafts, shelf, ready.known.held.copy())
            _write(work, _open(drafts), ready)
            stock.take(work, shelf.taken)
    except stock.ShelfChanged:
        shelf = stock.lock(work, variants)
        _allocate(drafts, shelf, ready.known.held.copy())
        _write(work, _open(drafts), ready)
        stock.take(work, shelf.taken)


def _allocate(drafts: list[_Draft], shelf: Shelf, held: Held) -> None:
    """Give each order its goods, in order of arrival, and to nobody more than is fair unpaid."""
    for draft in drafts:
        whose = draft.whose
        draft.large = bool(whose) and unpaid.is_large(draft.needs, shelf)
        if no := held.refuse(whose, large=draft.large):
            draft.answer, draft.parts = no, []
            continue
        answer = shelf.allocate(draft.needs) if draft.needs else []
        if isinstance(answer, dict):
            draft.answer, draft.parts = InsufficientStock(*_shortages(draft, answer)), []
        else:
            draft.answer, draft.parts = None, answer
            held.add(whose, large=draft.large)


def _shortages(draft: _Draft, free: Mapping[int, int]) -> Iterator[Problem]:
    for no, variant, _ in draft.needs:
        if variant in free:
            yield Problem(f"/lines/{no - 1}/quantity", "insufficient_stock",
                          "There is less of {sku} than you want: {available} in stock.",
                          {"available": free[variant], "sku": draft.wanted.lines[no - 1].sku})  # fmt: skip


# ---------------------------------------------------------------- writing

_ORDERS = """
INSERT INTO orders (home_id, id, number, storefront_id, channel, external_id, state, currency,
  locale, client_key, client, address, items_minor, shipping_minor, total_minor, tax_minor,
  seller_id, attributed_by, attribution, upline, earns, earns_reason, plan_version,
  lead_id, placed_at, pay_by, key_id)
SELECT home_id, id, number, storefront_id, channel, external_id, 'pending', currency, locale,
       client_key, client, address, items_minor, shipping_minor, items_minor + shipping_minor,
       tax_minor, seller_id, attributed_by, attribution,
       upline::bigint[], earns, earns_reason, plan_version,
       lead_id, placed_at, pay_by, key_id
  FROM unnest(%(homes)s::bigint[], %(ids)s::uuid[], %(numbers)s::text[], %(stores)s::bigint[],
              %(channels)s::text[], %(externals)s::text[], %(currencies)s::text[],
              %(locales)s::text[], %(keys)s::text[], %(clients)s::jsonb[], %(addresses)s::jsonb[],
              %(items)s::bigint[], %(shippings)s::bigint[], %(taxes)s::bigint[],
              %(sellers)s::bigint[], %(bys)s::text[], %(signals)s::jsonb[], %(uplines)s::text[],
              %(earns)s::boolean[], %(reasons)s::text[], %(plans)s::int[], %(leads)s::uuid[],
              %(placed)s::timestamptz[], %(pay_bys)s::timestamptz[], %(key_ids)s::bigint[])
    AS new (home_id, id, number, storefront_id, channel, external_id, currency, locale, client_key,
            client, address, items_minor, shipping_minor, tax_minor, seller_id, attributed_by,
            attribution, upline, earns, earns_reason, plan_version, lead_id, placed_at, pay_by,
            key_id)"""
_ORDER_COLUMNS = (
    "homes", "ids", "numbers", "stores", "channels", "externals", "currencies", "locales", "keys",
    "clients", "addresses", "items", "shippings", "taxes", "sellers", "bys", "signals", "uplines",
    "earns", "reasons", "plans", "leads", "placed", "pay_bys", "key_ids",
)  # fmt: skip

_LINES = """
INSERT INTO order_line (home_id, order_id, line_no, variant_id, sku, name, kind, quantity,
  unit_minor, total_minor, tax_bp, tax_minor, commissionable_minor,
  commissionable_bp, hold_days)
SELECT * FROM unnest(%(homes)s::bigint[], %(orders)s::uuid[], %(nos)s::int[], %(variants)s::bigint[],
  %(skus)s::text[], %(names)s::text[], %(kinds)s::text[], %(quantities)s::int[],
  %(units)s::bigint[], %(totals)s::bigint[], %(tax_bps)s::int[], %(taxes)s::bigint[],
  %(commissionables)s::bigint[], %(shares)s::int[], %(holds)s::int[])"""
_LINE_COLUMNS = (
    "homes", "orders", "nos", "variants", "skus", "names", "kinds", "quantities", "units",
    "totals", "tax_bps", "taxes", "commissionables", "shares", "holds",
)  # fmt: skip

_FULFILMENTS = """
INSERT INTO fulfilment (home_id, order_id, no, location_id, state)
SELECT home_id, order_id, no, location_id, 'unrouted'
  FROM unnest(%(homes)s::bigint[], %(orders)s::uuid[], %(nos)s::int[], %(locations)s::bigint[])
    AS new (home_id, order_id, no, location_id)"""
_FULFILMENT_COLUMNS = ("homes", "orders", "nos", "locations")

_RESERVATIONS = """
INSERT INTO reservation (home_id, order_id, line_no, fulfilment_no, variant_id, location_id, quantity)
SELECT * FROM unnest(%(homes)s::bigint[], %(orders)s::uuid[], %(lines)s::int[], %(nos)s::int[],
                     %(variants)s::bigint[], %(locations)s::bigint[], %(quantities)s::int[])"""
_RESERVATION_COLUMNS = (
    "homes", "orders", "lines", "nos", "variants", "locations", "quantities",
)  # fmt: skip

_KEYS = """
INSERT INTO idempotency (home_id, storefront_id, route, key, fingerprint, subject_id, created_at)
SELECT home_id, storefront_id, 'orders', key, fingerprint, subject_id, %(now)s
  FROM unnest(%(homes)s::bigint[], %(stores)s::bigint[], %(keys)s::text[],
              %(fingerprints)s::bytea[], %(subjects)s::uuid[])
    AS new (home_id, storefront_id, key, fingerprint, subject_id)"""
_KEY_COLUMNS = ("homes", "stores", "keys", "fingerprints", "subjects")


def _write(work: Work, drafts: list[_Draft], ready: _Ready) -> None:
    """Everything about the accepted orders, in one round trip."""
    if not drafts:
        return
    orders, keys, fulfilments, reservations, origins = [], [], [], [], []
    evidence = ready.evidence.copy()
    for draft in drafts:
        wanted, plan = draft.wanted, ready.plans[draft.at]
        request = ready.known.attribution_requests[draft.id]
        decision = evidence.decide(request)
        evidence.introduce(request, decision, (wanted.home_id, draft.id))
        upline = evidence.uplines[decision.seller_id].affiliates[: plan.levels]
        orders.append(_order_row(draft, plan, decision, upline))
        keys.append(
            (wanted.home_id, wanted.storefront_id, wanted.key, wanted.fingerprint, draft.id)
        )
        if draft.whose and draft.client:
            origins.append((wanted.home_id, draft.id, wanted.ip_address, draft.client.key,
                            draft.large, draft.at))  # fmt: skip
        numbers: dict[int, int] = {}
        for part in draft.parts:
            no = numbers.setdefault(part.location_id, len(numbers) + 1)
            reservations.append(
                (wanted.home_id, draft.id, part.line_no, no, part.variant_id, part.location_id,
                 part.quantity)
            )  # fmt: skip
        fulfilments += [(wanted.home_id, draft.id, no, at) for at, no in numbers.items()]
    lines = [row for draft in drafts for row in _line_rows(draft, ready.plans[draft.at])]
    with work.pg.pipeline():
        evidence.bind(work)
        work.run(_ORDERS, **_named(_ORDER_COLUMNS, orders))
        work.run(_LINES, **_named(_LINE_COLUMNS, lines))
        if reservations:
            work.run(_FULFILMENTS, **_named(_FULFILMENT_COLUMNS, fulfilments))
            work.run(_RESERVATIONS, **_named(_RESERVATION_COLUMNS, reservations))
        if origins:
            work.run(unpaid.KEEP, **_named(unpaid.KEEP_COLUMNS, origins))
        work.run(_KEYS, now=ready.now, **_named(_KEY_COLUMNS, keys))
        record_all(
            work,
            "order.placed",
            [(draft.wanted.home_id, draft.id) for draft in drafts],
            happened_at=[draft.at for draft in drafts],
        )
    for draft in drafts:
        draft.answer = Placed(
            draft.wanted.home_id,
            draft.id,
            short(draft.id),
            draft.wanted.currency,
            draft.price.totals,
            draft.pay_by,
        )


def _order_row(draft: _Draft, plan: Plan, decision: Decision, upline: list[int]) -> tuple[Any, ...]:
    wanted, client = draft.wanted, draft.client
    assert client is not None, "an order is checked before it is written"
    totals = draft.price.totals
    return (
        wanted.home_id, draft.id, short(draft.id), wanted.storefront_id, wanted.channel,
        wanted.external_id, wanted.currency, wanted.locale, client.key,
        _json(client.details), _json(client.address), totals.items_minor, totals.shipping_minor,
        totals.tax_minor, decision.seller_id, decision.attributed_by, _json(decision.signals),
        f"{{{','.join(map(str, upline))}}}", decision.earns, decision.earns_reason,
        plan.version, wanted.lead_id, draft.at, draft.pay_by, wanted.key_id,
    )  # fmt: skip


def _line_rows(draft: _Draft, plan: Plan) -> Iterator[tuple[Any, ...]]:
    for no, line in enumerate(draft.price.lines, 1):
        offer = line.offer
        yield (
            draft.wanted.home_id, draft.id, no, offer.variant_id, offer.sku, offer.name, offer.kind,
            line.quantity, line.unit_minor, line.total_minor, offer.tax_bp, line.tax_minor,
            line.commissionable_minor, offer.commissionable_bp, plan.rules[offer.kind].hold_days,
        )  # fmt: skip


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _named(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    return dict(zip(names, columns(rows, len(names)), strict=True))
