"""What must be known before anything is decided: read for a whole batch in one round trip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from mainstem import attribution, catalog, tax
from mainstem.attribution import AttributionRequest, LeadCredit
from mainstem.catalog import Offer
from mainstem.kit.bulk import ASKED, asked, given, relation
from mainstem.kit.work import Query, Work
from mainstem.orders import unpaid
from mainstem.orders.conditions import Conditions, conditions_at, version_query
from mainstem.orders.placing.draft import AGREED_BEFORE, Draft
from mainstem.orders.unpaid import Held
from mainstem.plan import book
from mainstem.tax import VatCheck


@dataclass(frozen=True, slots=True)
class Known:
    """What the database says about a batch, before anything is decided."""

    keys: dict[Named, Any]
    externals: dict[Named, str]
    stores: dict[int, Any]
    conditions: Conditions
    published: list[book.Published]
    attribution_requests: dict[UUID, AttributionRequest]
    signals: list[Any]
    offers: dict[tuple[str, str], dict[str, Offer]]
    costs: dict[tuple[str, str], int]
    """What one piece of each SKU costs the company in a currency of the batch, where it is known."""

    held: Held
    vat_checks: dict[str, VatCheck]
    """The newest look-up of each VAT number that was shown."""


class Named(NamedTuple):
    """What a storefront calls one of its orders."""

    home_id: int
    storefront_id: int
    name: str


_KEYS_KNOWN = f"""
SELECT i.home_id, i.storefront_id, i.key, i.fingerprint, o.id, o.number, o.currency,
       o.items_minor, o.shipping_minor, o.tax_minor, o.total_minor, o.pay_by
  FROM {relation(Named, "asked")}
  JOIN idempotency i ON i.home_id = asked.home_id AND i.storefront_id = asked.storefront_id
                    AND i.route = 'orders' AND i.key = asked.name
  JOIN orders o ON o.home_id = i.home_id AND o.id = i.subject_id"""

_EXTERNALS_KNOWN = f"""
SELECT o.home_id, o.storefront_id, o.external_id, o.number
  FROM {relation(Named, "asked")}
  JOIN orders o ON o.home_id = asked.home_id AND o.storefront_id = asked.storefront_id
               AND o.external_id = asked.name"""

_STOREFRONTS = """
SELECT s.id, s.slug, s.home_id, s.currency, s.locales, s.product_ids, s.active, a.state
  FROM storefront s JOIN affiliate a ON a.id = s.home_id
 WHERE s.id = ANY(%(ids)s::bigint[])"""


def learn(work: Work, drafts: list[Draft]) -> Known:
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
    numbers = _vat_numbers(drafts)
    keys, externals, stores, version, costs, published, *rest = work.fetch_all(
        [
            Query(
                _KEYS_KNOWN,
                given([key_of(draft) for draft in drafts], Named, "asked"),
                lambda rows: {tuple(row[:3]): row for row in rows},
            ),
            Query(
                _EXTERNALS_KNOWN,
                given(
                    [
                        external_of(draft)
                        for draft in drafts
                        if draft.wanted.external_id is not None
                    ],
                    Named,
                    "asked",
                ),
                lambda rows: {tuple(row[:3]): row.number for row in rows},
            ),
            Query(
                _STOREFRONTS,
                {"ids": sorted({draft.wanted.storefront_id for draft in drafts})},
                lambda rows: {row.id: row for row in rows},
            ),
            version_query(),
            _costs_query(drafts),
            book.published_query(),
            *by_attribution,
            *(_offers_query(group) for group in groups.values()),
            *([tax.checks_query(numbers)] if numbers else []),
            *([unpaid.held_query(strangers, work.now())] if strangers else []),
        ]
    )
    held = rest.pop() if strangers else Held()
    vat_checks = rest.pop() if numbers else {}
    signals, offers = rest[: len(by_attribution)], rest[len(by_attribution) :]
    return Known(
        keys=keys,
        externals=externals,
        stores=stores,
        conditions=conditions_at(work, version),
        published=published,
        attribution_requests=attribution_requests,
        signals=signals,
        offers=dict(zip(groups, offers, strict=True)),
        costs=costs,
        held=held,
        vat_checks=vat_checks,
    )


def _vat_numbers(drafts: list[Draft]) -> list[str]:
    shown = (draft.wanted.vat_number for draft in drafts)
    return sorted({number for text in shown if text and (number := tax.plain_number(text))})


def key_of(draft: Draft) -> Named:
    """Its idempotency key."""
    return Named(draft.wanted.home_id, draft.wanted.storefront_id, draft.wanted.key)


def external_of(draft: Draft) -> Named:
    """Its external id."""
    wanted = draft.wanted
    return Named(wanted.home_id, wanted.storefront_id, wanted.external_id or "")


def _grouped(drafts: list[Draft]) -> dict[tuple[str, str], list[Draft]]:
    groups: dict[tuple[str, str], list[Draft]] = {}
    for draft in drafts:
        groups.setdefault((draft.wanted.currency, draft.wanted.locale), []).append(draft)
    return groups


def _offers_query(group: list[Draft]) -> Query[dict[str, Offer]]:
    return catalog.offers_query(
        sorted({line.sku for draft in group for line in draft.wanted.lines}),
        currency=group[0].wanted.currency,
        locale=group[0].wanted.locale,
        # Imported lines bring their price; the latest instant covers every one of the rest.
        at=max(draft.at for draft in group),
        retired=any(draft.wanted.channel in AGREED_BEFORE for draft in group),
    )


def _costs_query(drafts: list[Draft]) -> Query[dict[tuple[str, str], int]]:
    """What the articles cost now. Of a history that is imported it is not known what they did then."""
    now = [draft for draft in drafts if draft.wanted.channel != "import"]
    return catalog.costs_query(
        [line.sku for draft in now for line in draft.wanted.lines],
        [draft.wanted.currency for draft in now],
        at=max(draft.at for draft in drafts),
    )


_LEADS = f"""
SELECT l.id, l.seller_id, l.attributed_by, l.attribution
  FROM {ASKED}
  JOIN lead l ON l.home_id = asked.home_id AND l.id = asked.id"""


def _attribution_requests(work: Work, drafts: list[Draft]) -> dict[UUID, AttributionRequest]:
    """What is known of each order's client. A lead that was won keeps its decision."""
    credits: dict[UUID, LeadCredit] = {}
    wanted = [draft.wanted for draft in drafts]
    if leads := [(one.home_id, one.lead_id) for one in wanted if one.lead_id]:
        credits = {
            row.id: LeadCredit(row.seller_id, row.attributed_by, row.attribution)
            for row in work.rows(_LEADS, **asked(leads))
        }
    return {draft.id: _attribution_request(draft, credits) for draft in drafts}


def _attribution_request(draft: Draft, credits: Mapping[UUID, LeadCredit]) -> AttributionRequest:
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
