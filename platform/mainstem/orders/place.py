"""Intake: one verb for the storefront, the API, an accepted quote and an imported history.

Any number of orders are placed together, each answered on its own, all durable at one commit. The
way of a batch: check the shapes, find repeats, read what is sold and who is credited, lock the
shelf in key order and take from it in order of arrival, then write everything in one round trip.
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
from mainstem.attribution import Ask, Decision, Seen, Won
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
from mainstem.orders.rules import Checked
from mainstem.plan import Plan
from mainstem.stock import Part

AGREED_BEFORE = ("lead", "import")
"""Channels in which price and article were agreed before: by a quote or in a history."""


@dataclass(slots=True)
class _Draft:
    """One order on its way through a batch."""

    wanted: OrderWanted
    at: datetime
    id: UUID
    answer: Placed | Refused | None = None
    checked: Checked | None = None
    lines: list[tuple[Any, ...]] = field(default_factory=list)
    needs: list[tuple[int, int, int]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    goods_minor: int = 0
    items_minor: int = 0
    shipping_minor: int = 0
    tax_minor: int = 0
    decision: Decision | None = None

    @property
    def totals(self) -> Totals:
        total = self.items_minor + self.shipping_minor
        return Totals(self.items_minor, self.shipping_minor, self.tax_minor, total)


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
        checked = rules.check(draft.wanted)
        if isinstance(checked, Checked):
            draft.checked = checked
        else:
            draft.answer = OrderRefused(*checked)
    live, repeats = _find_repeats(work, _open(drafts))
    _price(work, live)
    plans = planbook.in_force_each(work, {draft.at for draft in _open(live)})
    asks = _asks(work, _open(live))
    seen = attribution.look(work, list(asks.values()))
    # The shelf is locked as late as can be: nobody else sells from it until we commit.
    _reserve(work, _open(live))
    for draft in _open(live):
        draft.decision = seen.decide(asks[draft.id])
    _write(work, _open(live), seen, plans, now)
    return [repeat for repeat, first in repeats if not _answer_repeat(repeat, first)]


def _open(drafts: Iterable[_Draft]) -> list[_Draft]:
    return [draft for draft in drafts if draft.answer is None]


def _answered(draft: _Draft) -> Placed | Refused:
    assert draft.answer is not None, "every order is answered"
    return draft.answer


# ---------------------------------------------------------------- repeats

_KNOWN_KEYS = """
SELECT i.home_id, i.storefront_id, i.key, i.fingerprint, o.id, o.number, o.currency,
       o.items_minor, o.shipping_minor, o.tax_minor, o.total_minor, o.pay_by
  FROM idempotency i JOIN orders o ON o.home_id = i.home_id AND o.id = i.subject_id
 WHERE i.route = 'orders'
   AND (i.home_id, i.storefront_id, i.key) IN (
       SELECT * FROM unnest(%(homes)s::bigint[], %(stores)s::bigint[], %(keys)s::text[]))"""

_KNOWN_EXTERNAL = """
SELECT home_id, storefront_id, external_id, number FROM orders
 WHERE (home_id, storefront_id, external_id) IN (
       SELECT * FROM unnest(%(homes)s::bigint[], %(stores)s::bigint[], %(externals)s::text[]))"""


def _find_repeats(
    work: Work, drafts: list[_Draft]
) -> tuple[list[_Draft], list[tuple[_Draft, _Draft]]]:
    """Answer what was answered before; what is new, and (repeat, first) for repeats within."""
    if not drafts:
        return [], []
    _answer_known(work, drafts)
    _refuse_known_external(work, _open(drafts))
    first: dict[tuple[int, int, str, str], _Draft] = {}
    live, repeats = [], []
    for draft in _open(drafts):
        store = (draft.wanted.home_id, draft.wanted.storefront_id)
        names = [(*store, "key", draft.wanted.key)]
        if draft.wanted.external_id is not None:
            names.append((*store, "external_id", draft.wanted.external_id))
        before = next((first[name] for name in names if name in first), None)
        if before:
            repeats.append((draft, before))
        else:
            live.append(draft)
            first |= dict.fromkeys(names, draft)
    return live, repeats


def _answer_known(work: Work, drafts: list[_Draft]) -> None:
    known = {
        (row.home_id, row.storefront_id, row.key): row
        for row in work.rows(
            _KNOWN_KEYS,
            homes=[d.wanted.home_id for d in drafts],
            stores=[d.wanted.storefront_id for d in drafts],
            keys=[d.wanted.key for d in drafts],
        )
    }
    for draft in drafts if known else ():
        row = known.get((draft.wanted.home_id, draft.wanted.storefront_id, draft.wanted.key))
        if row and row.fingerprint != draft.wanted.fingerprint:
            draft.answer = IdempotencyMismatch()
        elif row:
            draft.answer = Placed(
                row.home_id,
                row.id,
                row.number,
                row.currency,
                Totals(row.items_minor, row.shipping_minor, row.tax_minor, row.total_minor),
                row.pay_by,
                replayed=True,
            )


def _refuse_known_external(work: Work, drafts: list[_Draft]) -> None:
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

_STOREFRONTS = """
SELECT s.id, s.home_id, s.currency, s.locales, s.product_ids, s.active, a.state
  FROM storefront s JOIN affiliate a ON a.id = s.home_id
 WHERE s.id = ANY(%(ids)s::bigint[])"""


def _price(work: Work, drafts: list[_Draft]) -> None:
    """Work out every line from the server's own prices, and the delivery."""
    if not drafts:
        return
    ids = sorted({draft.wanted.storefront_id for draft in drafts})
    stores = {row.id: row for row in work.rows(_STOREFRONTS, ids=ids)}
    rates = catalog.shipping_rates(work)
    for (currency, locale), group in _grouped(drafts).items():
        # Imported lines bring their price; the latest instant covers every one of the rest.
        at = max(draft.at for draft in group)
        skus = {line.sku for draft in group for line in draft.wanted.lines}
        offers = catalog.offers(
            work,
            sorted(skus),
            currency=currency,
            locale=locale,
            at=at,
            retired=any(draft.wanted.channel in AGREED_BEFORE for draft in group),
        )
        for draft in group:
            store = stores.get(draft.wanted.storefront_id)
            problems = [*_store_problems(draft.wanted, store, rates)]
            if not problems:
                problems = _add_lines(draft, store, offers)
            if not problems:
                problems = _add_shipping(draft, rates[currency])
            if problems:
                draft.answer = OrderRefused(*problems)
            elif changed := [*_price_changes(draft)]:
                draft.answer = PriceChanged(_quote(draft), *changed)


def _grouped(drafts: list[_Draft]) -> dict[tuple[str, str], list[_Draft]]:
    groups: dict[tuple[str, str], list[_Draft]] = {}
    for draft in drafts:
        groups.setdefault((draft.wanted.currency, draft.wanted.locale), []).append(draft)
    return groups


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


def _add_lines(draft: _Draft, store: Any, offers: Mapping[str, Offer]) -> list[Problem]:
    problems = []
    for i, line in enumerate(draft.wanted.lines):
        offer = offers.get(line.sku)
        problem = _line_problem(draft.wanted, line, offer, store)
        if problem:
            code, message = problem
            facts = {"sku": line.sku, "currency": draft.wanted.currency}
            problems.append(Problem(f"/lines/{i}/sku", code, message, facts))
        elif not problems:
            assert offer is not None
            _add_line(draft, i + 1, offer, line)
    return problems


def _line_problem(
    wanted: OrderWanted, line: LineWanted, offer: Offer | None, store: Any
) -> tuple[str, str] | None:
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


def _add_line(draft: _Draft, no: int, offer: Offer, line: LineWanted) -> None:
    if line.agreed_minor is not None:
        unit, total = line.agreed_minor // line.quantity, line.agreed_minor
    else:
        assert offer.unit_minor is not None, "what is sold here has a price"
        unit, total = offer.unit_minor, offer.unit_minor * line.quantity
    amounts = catalog.amounts(offer, total)
    draft.lines.append(
        (draft.wanted.home_id, draft.id, no, offer.variant_id, offer.sku, offer.name, offer.kind,
         line.quantity, unit, total, offer.tax_bp, amounts.tax_minor, amounts.commissionable_minor)
    )  # fmt: skip
    draft.items_minor += total
    draft.tax_minor += amounts.tax_minor
    if offer.kind == "goods":
        draft.goods_minor += total
        draft.needs.append((no, offer.variant_id, line.quantity))


def _add_shipping(draft: _Draft, rate: ShippingRate) -> list[Problem]:
    if draft.wanted.placed_at is None:
        draft.shipping_minor = rate.cost(draft.goods_minor)
        draft.tax_minor += draft.shipping_minor - net_of_tax(draft.shipping_minor, rate.tax_bp)
    if draft.totals.total_minor > MINOR_MAX:
        return [Problem("/lines", "invalid_field", "This order is larger than we can take.")]
    return []


def _price_changes(draft: _Draft) -> Iterator[Problem]:
    """Where the buyer saw another price than the one in force."""
    for i, (line, row) in enumerate(zip(draft.wanted.lines, draft.lines, strict=True)):
        if line.unit_price_minor is not None and line.unit_price_minor != row[8]:
            yield Problem(f"/lines/{i}/unit_price_minor", "price_changed",
                          "{sku} now costs {amount} in minor units.",
                          {"sku": line.sku, "amount": row[8]})  # fmt: skip
    for name in TotalsSeen.__struct_fields__:
        shown = draft.wanted.totals and getattr(draft.wanted.totals, name)
        now = getattr(draft.totals, name)
        if shown is not None and shown != now:
            yield Problem(f"/totals/{name}", "price_changed",
                          "This is now {amount} in minor units.", {"amount": now})  # fmt: skip


def _quote(draft: _Draft) -> PriceQuote:
    lines = [QuotedLine(row[4], row[7], row[8], row[9]) for row in draft.lines]
    return PriceQuote(draft.wanted.currency, lines, draft.totals)


# ---------------------------------------------------------------- stock


def _reserve(work: Work, drafts: list[_Draft]) -> None:
    """Take the goods in order of arrival, from rows locked in key order."""
    shelf = stock.lock(work, [variant for draft in drafts for _, variant, _ in draft.needs])
    for draft in drafts:
        answer = shelf.allocate(draft.needs) if draft.needs else []
        if isinstance(answer, dict):
            draft.answer = InsufficientStock(*_shortages(draft, answer))
        else:
            draft.parts = answer
    stock.take(work, shelf.taken)


def _shortages(draft: _Draft, free: Mapping[int, int]) -> Iterator[Problem]:
    for no, variant, _ in draft.needs:
        if variant in free:
            yield Problem(f"/lines/{no - 1}/quantity", "insufficient_stock",
                          "There is less of {sku} than you want: {available} in stock.",
                          {"available": free[variant], "sku": draft.wanted.lines[no - 1].sku})  # fmt: skip


# ---------------------------------------------------------------- who is credited

_LEADS = """
SELECT l.id, l.seller_id, l.attributed_by, l.attribution
  FROM lead l WHERE (l.home_id, l.id) IN (
       SELECT * FROM unnest(%(homes)s::bigint[], %(ids)s::uuid[]))"""


def _asks(work: Work, drafts: list[_Draft]) -> dict[UUID, Ask]:
    """What is known of each order's client. A lead that was won keeps its decision."""
    from_leads = [draft.wanted for draft in drafts if draft.wanted.lead_id]
    rows = (
        work.rows(
            _LEADS,
            homes=[wanted.home_id for wanted in from_leads],
            ids=[wanted.lead_id for wanted in from_leads],
        )
        if from_leads
        else []
    )
    won = {row.id: Won(row.seller_id, row.attributed_by, row.attribution) for row in rows}
    return {draft.id: _ask(draft, won) for draft in drafts}


def _ask(draft: _Draft, won: Mapping[UUID, Won]) -> Ask:
    wanted, checked = draft.wanted, draft.checked
    assert checked is not None, "an order is checked before anybody is credited"
    return Ask(
        storefront_id=wanted.storefront_id,
        home_id=wanted.home_id,
        client_key=checked.client_key,
        phone_key=checked.phone_key,
        code=wanted.code,
        link=wanted.link,
        at=draft.at,
        won=won[wanted.lead_id] if wanted.lead_id else None,
    )


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


def _write(
    work: Work,
    drafts: list[_Draft],
    seen: Seen,
    plans: Mapping[datetime, Plan],
    now: datetime,
) -> None:
    """Everything about the accepted orders, in one round trip."""
    if not drafts:
        return
    depth = max(plan.levels for plan in plans.values())
    uplines = network.uplines(work, [_decision(d).seller_id for d in drafts], levels=depth)
    orders, keys, fulfilments, reservations = [], [], [], []
    for draft in drafts:
        wanted, plan = draft.wanted, plans[draft.at]
        orders.append(_order_row(draft, plan, uplines[_decision(draft).seller_id]))
        keys.append(
            (wanted.home_id, wanted.storefront_id, wanted.key, wanted.fingerprint, draft.id)
        )
        numbers: dict[int, int] = {}
        for part in draft.parts:
            no = numbers.setdefault(part.location_id, len(numbers) + 1)
            reservations.append(
                (wanted.home_id, draft.id, part.line_no, no, part.variant_id, part.location_id,
                 part.quantity)
            )  # fmt: skip
        fulfilments += [(wanted.home_id, draft.id, no, at) for at, no in numbers.items()]
    lines = [line for draft in drafts for line in draft.lines]
    with work.pg.pipeline():
        seen.bind(work)
        work.run(_ORDERS, **_named(_ORDER_COLUMNS, orders))
        work.run(_LINES, **_named(_LINE_COLUMNS, lines))
        if reservations:
            work.run(_FULFILMENTS, **_named(_FULFILMENT_COLUMNS, fulfilments))
            work.run(_RESERVATIONS, **_named(_RESERVATION_COLUMNS, reservations))
        work.run(_KEYS, now=now, **_named(_KEY_COLUMNS, keys))
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
            draft.totals,
            draft.at + draft.wanted.pay_within,
        )


def _order_row(draft: _Draft, plan: Plan, upline: list[int]) -> tuple[Any, ...]:
    wanted, decision, checked = draft.wanted, _decision(draft), draft.checked
    assert checked is not None, "an order is checked before it is written"
    return (
        wanted.home_id, draft.id, short(draft.id), wanted.storefront_id, wanted.channel,
        wanted.external_id, wanted.currency, wanted.locale, checked.client_key,
        _json(checked.client), _json(checked.address), draft.items_minor, draft.shipping_minor,
        draft.tax_minor, decision.seller_id, decision.attributed_by, _json(decision.signals),
        f"{{{','.join(map(str, upline[: plan.levels]))}}}", decision.earns, decision.earns_reason,
        plan.version, plan.rules["goods"].hold_days, plan.rules["service"].hold_days,
        wanted.lead_id, draft.at, draft.at + wanted.pay_within,
    )  # fmt: skip


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _decision(draft: _Draft) -> Decision:
    assert draft.decision is not None, "attribution comes before writing"
    return draft.decision


def _named(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    return dict(zip(names, columns(rows, len(names)), strict=True))
