"""The rows of accepted orders, with what is frozen on them, in one round trip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from mainstem.attribution import Evidence
from mainstem.kit.bulk import Json, Numbers, insert_many, numbers
from mainstem.kit.events import record_all
from mainstem.kit.ids import short
from mainstem.kit.work import Work
from mainstem.orders import unpaid
from mainstem.orders.model import Placed
from mainstem.orders.placing import friends
from mainstem.orders.placing.draft import Draft
from mainstem.orders.placing.known import Known
from mainstem.orders.placing.planned import (
    PlanFacts,
    PlannedOrder,
    costs_of,
    hold_days,
    milestone_rules,
    sale_of,
)
from mainstem.orders.promise import chosen
from mainstem.orders.shared import also_credited


@dataclass(frozen=True, slots=True)
class Ready:
    """What is decided about a batch before its goods are taken."""

    known: Known
    evidence: Evidence
    plan_facts: PlanFacts
    now: datetime


class _OrderRow(NamedTuple):
    home_id: int
    id: UUID
    number: str
    storefront_id: int
    channel: str
    external_id: str | None
    state: str
    currency: str
    locale: str
    client_key: str
    client: Json
    address: Json
    items_minor: int
    shipping_minor: int
    total_minor: int
    tax_minor: int
    seller_id: int
    attributed_by: str
    attribution: Json
    upline: Numbers
    groups: Json | None
    upline_facts: Json | None
    also_credited: Json | None
    earns: bool
    earns_reason: str
    plan_version: int
    lead_id: UUID | None
    placed_at: datetime
    pay_by: datetime
    key_id: int | None
    taxes: Json | None
    delivery: Json | None
    threshold_minor: int


class _LineRow(NamedTuple):
    home_id: int
    order_id: UUID
    line_no: int
    variant_id: int
    sku: str
    name: str
    kind: str
    quantity: int
    unit_minor: int
    total_minor: int
    tax_bp: int
    tax_minor: int
    commissionable_minor: int
    commissionable_bp: int
    points: int
    rule: str | None
    hold_days: int
    milestone_rules: Json | None
    tax_country: str | None
    tax_class: str | None
    tax_treatment: str
    tax_reason: str
    withdrawal: str


class _CostRow(NamedTuple):
    home_id: int
    order_id: UUID
    line_no: int
    cost_minor: int


class _FulfilmentRow(NamedTuple):
    home_id: int
    order_id: UUID
    no: int
    location_id: int
    state: str


class _ReservationRow(NamedTuple):
    home_id: int
    order_id: UUID
    line_no: int
    fulfilment_no: int
    variant_id: int
    location_id: int
    quantity: int


class _KeyRow(NamedTuple):
    home_id: int
    storefront_id: int
    route: str
    key: str
    fingerprint: bytes
    subject_id: UUID
    created_at: datetime


def write(work: Work, drafts: list[Draft], ready: Ready) -> None:
    """Everything about the accepted orders, in one round trip."""
    if not drafts:
        return
    evidence, plan_facts = ready.evidence.copy(), ready.plan_facts.copy()
    orders: list[_OrderRow] = []
    lines: list[_LineRow] = []
    costs = [row for draft in drafts for row in _cost_rows(draft, ready.known)]
    for draft in drafts:
        order, planned = _order_row(draft, ready, evidence, plan_facts)
        orders.append(order)
        lines += _line_rows(draft, planned)
    fulfilments, reservations = _goods_rows(drafts)
    keys = [_key_row(draft, ready.now) for draft in drafts]
    with work.pg.pipeline():
        evidence.bind(work)
        insert_many(work, "orders", orders)
        insert_many(work, "order_line", lines)
        insert_many(work, "order_line_cost", costs)
        insert_many(work, "fulfilment", fulfilments)
        insert_many(work, "reservation", reservations)
        insert_many(work, "checkout_origin", [row for one in drafts for row in _origin_rows(one)])
        insert_many(work, "idempotency", keys)
        record_all(
            work,
            "order.placed",
            [(draft.wanted.home_id, draft.id) for draft in drafts],
            happened_at=[draft.at for draft in drafts],
        )
    friends.keep(work, drafts, ready.known, ready.evidence)
    for draft in drafts:
        draft.answer = Placed(
            draft.wanted.home_id,
            draft.id,
            short(draft.id),
            draft.wanted.currency,
            draft.price.totals,
            draft.pay_by,
        )


def _order_row(
    draft: Draft, ready: Ready, evidence: Evidence, plan_facts: PlanFacts
) -> tuple[_OrderRow, PlannedOrder]:
    """The order with what is frozen on it: who is credited, and the plan and upline of its day."""
    wanted, client = draft.wanted, draft.client
    assert client is not None, "an order is checked before it is written"
    request = ready.known.attribution_requests[draft.id]
    decision = evidence.decide(request)
    evidence.introduce(request, decision, (wanted.home_id, draft.id))
    upline = evidence.uplines[decision.seller_id]
    sale = sale_of(draft, ready.known)
    planned = plan_facts.of(sale, decision.seller_id, upline)
    also = also_credited(evidence, request, decision, sale, planned, plan_facts)
    totals = draft.price.totals
    row = _OrderRow(
        home_id=wanted.home_id,
        id=draft.id,
        number=short(draft.id),
        storefront_id=wanted.storefront_id,
        channel=wanted.channel,
        external_id=wanted.external_id,
        state="pending",
        currency=wanted.currency,
        locale=wanted.locale,
        client_key=client.key,
        client=_json(client.details),
        address=_json(client.address),
        items_minor=totals.items_minor,
        shipping_minor=totals.shipping_minor,
        total_minor=totals.total_minor,
        tax_minor=totals.tax_minor,
        seller_id=decision.seller_id,
        attributed_by=decision.attributed_by,
        attribution=_json(decision.signals),
        upline=numbers(upline.affiliates),
        groups=_json(upline.groups) if upline.groups else None,
        upline_facts=_json(planned.upline_facts) if planned.upline_facts else None,
        also_credited=_json(also) if also else None,
        earns=decision.earns,
        earns_reason=decision.earns_reason,
        plan_version=planned.plan.version,
        lead_id=wanted.lead_id,
        placed_at=draft.at,
        pay_by=draft.pay_by,
        key_id=wanted.key_id,
        taxes=_json(draft.price.taxes) if draft.price.taxes else None,
        delivery=_delivery(draft),
        threshold_minor=draft.threshold_minor,
    )
    return row, planned


def _delivery(draft: Draft) -> Json | None:
    """How it comes, as it was chosen; nothing where the company has set no methods."""
    price = draft.price
    if price.option is None:
        return None
    return _json(chosen(price.option, draft.wanted.locale, price.standard_minor))


def _line_rows(draft: Draft, planned: PlannedOrder) -> Iterator[_LineRow]:
    for no, (line, rules) in enumerate(zip(draft.price.lines, planned.milestones, strict=True), 1):
        offer, rate, rule = line.offer, line.rate, rules.get("delivered")
        others = milestone_rules(rules)
        yield _LineRow(
            draft.wanted.home_id, draft.id, no, offer.variant_id, offer.sku, offer.name, offer.kind,
            line.quantity, line.unit_minor, line.total_minor, rate.bp, line.tax_minor,
            line.commissionable_minor, offer.commissionable_bp, line.quantity * offer.points,
            rule.id if rule else None, hold_days(rules), Json(others) if others else None,
            rate.country, rate.tax_class, rate.treatment, rate.reason, offer.withdrawal,
        )  # fmt: skip


def _cost_rows(draft: Draft, known: Known) -> Iterator[_CostRow]:
    for no, cost in enumerate(costs_of(draft, known), 1):
        if cost is not None:
            yield _CostRow(draft.wanted.home_id, draft.id, no, cost)


def _goods_rows(drafts: Iterable[Draft]) -> tuple[list[_FulfilmentRow], list[_ReservationRow]]:
    """A fulfilment for each location that gives something, numbered from 1, and what it gives."""
    fulfilments, reservations = [], []
    for draft in drafts:
        home_id, numbers = draft.wanted.home_id, dict[int, int]()
        for part in draft.parts:
            if part.location_id not in numbers:
                numbers[part.location_id] = len(numbers) + 1
            reservations.append(
                _ReservationRow(
                    home_id, draft.id, part.line_no, numbers[part.location_id], part.variant_id,
                    part.location_id, part.quantity,
                )
            )  # fmt: skip
        fulfilments += [
            _FulfilmentRow(home_id, draft.id, no, location, "unrouted")
            for location, no in numbers.items()
        ]
    return fulfilments, reservations


def _origin_rows(draft: Draft) -> Iterator[unpaid.OriginRow]:
    if draft.whose and draft.client:
        yield unpaid.OriginRow(
            draft.wanted.home_id, draft.id, draft.wanted.ip_address, draft.client.key,
            draft.large, draft.at,
        )  # fmt: skip


def _key_row(draft: Draft, now: datetime) -> _KeyRow:
    wanted = draft.wanted
    return _KeyRow(
        wanted.home_id,
        wanted.storefront_id,
        "orders",
        wanted.key,
        wanted.fingerprint,
        draft.id,
        now,
    )


def _json(value: object) -> Json:
    return Json(msgspec.json.encode(value).decode())
