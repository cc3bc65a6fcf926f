"""Search: whatever identifier somebody has in hand finds its thing, by an index each.

Gateway ids, trackings, codes and SKUs are exact; names need only their beginning. Each kind is
asked for only where the text can be one, and only for those who may open what it finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from mainstem import referrals
from mainstem.console import lists
from mainstem.console.lists import FoundOrder
from mainstem.kit import search_terms
from mainstem.kit.bulk import ASKED, RowKey, asked
from mainstem.kit.work import Work
from mainstem.money import Money

FOUND_MAX = 20


@dataclass(frozen=True, slots=True)
class FoundLead:
    """A lead that was found."""

    home_id: int
    id: UUID
    number: str
    state: str
    client: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FoundAffiliate:
    """An affiliate that was found."""

    id: int
    name: str
    state: str
    sponsor: str | None


@dataclass(frozen=True, slots=True)
class FoundPayout:
    """A payout that was found."""

    home_id: int
    id: UUID
    number: str
    period: date
    state: str
    currency: str
    amount_minor: int
    name: str

    @property
    def amount(self) -> Money:
        """What is paid out."""
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class FoundGoods:
    """Something that we sell, with what is on the shelves."""

    id: int
    sku: str
    name: str
    kind: str
    active: bool
    on_hand: int | None
    reserved: int | None


@dataclass(frozen=True, slots=True)
class FoundFulfilment:
    """The work for an order."""

    home_id: int
    order_id: UUID
    no: int
    state: str
    number: str
    client: str


@dataclass(frozen=True, slots=True)
class FoundClient:
    """Somebody who has bought or asked, by the name that they gave last."""

    client_key: str
    name: str
    last_at: datetime


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """Somebody who signs in, and the affiliate that they do it for."""

    id: int
    name: str
    email: str
    affiliate_id: int | None
    works_for: str | None


# Every way to an order other than by its client or number, as (home, order).
_ORDERS_BEHIND = """
SELECT home_id, order_id FROM payment
 WHERE intent_id = %(id)s OR charge_id = %(id)s OR session_id = %(id)s
UNION SELECT home_id, order_id FROM payment WHERE reference = %(id)s
UNION SELECT home_id, order_id FROM refund WHERE provider_id = %(id)s
UNION SELECT home_id, order_id FROM dispute WHERE provider_id = %(id)s"""


def _called(table: str, *, at: str) -> str:
    """What is called exactly so: it must not drown in what only begins so."""
    return f"""
SELECT home_id, id FROM {table} WHERE {search_terms.words_of_client(table)} @@ folded(%(whole)s)::tsquery
 ORDER BY {at} DESC, id LIMIT %(most)s"""


def orders(work: Work, text: str) -> list[FoundOrder]:
    """The orders that a text names: number, client, parcel, or a payment's id; of what is called
    exactly so and what begins so, that first. The newest of each."""
    called = work.rows(
        _called("orders", at="placed_at"), whole=search_terms.whole(text), most=FOUND_MAX
    )
    named = {(row.home_id, row.id) for row in called}
    begins = lists.orders(work, text=text, most=FOUND_MAX).rows
    known = {(row.home_id, row.id) for row in begins} - named
    behind = {(row.home_id, row.order_id) for row in work.rows(_ORDERS_BEHIND, id=text)}
    keys = named | (behind | set(_of_uuid(work, text))) - known
    rest = [row for row in begins if (row.home_id, row.id) in known]
    return [*(_orders_of(work, list(keys)) if keys else []), *rest]


def _orders_of(work: Work, keys: list[RowKey]) -> list[FoundOrder]:
    return work.rows_as(
        FoundOrder,
        f"""SELECT o.home_id, o.id, o.number, o.state, o.payment_status, o.fulfillment_status,
                   o.currency, o.total_minor, o.placed_at, o.client->>'name' AS client,
                   s.name AS storefront
              FROM orders o JOIN {ASKED} USING (home_id, id)
              JOIN storefront s ON s.home_id = o.home_id AND s.id = o.storefront_id
             ORDER BY o.placed_at DESC, o.id LIMIT %(most)s""",
        **asked(keys),
        most=FOUND_MAX,
    )


def _of_uuid(work: Work, text: str) -> list[RowKey]:
    """The homes in which something happened to a thing of this id."""
    try:
        id = UUID(text)
    except ValueError:
        return []
    rows = work.rows(
        "SELECT DISTINCT home_id FROM (SELECT home_id FROM fact WHERE subject = %(id)s LIMIT 100) f",
        id=str(id),
    )
    return [(row.home_id, id) for row in rows]


def leads(work: Work, text: str) -> list[FoundLead]:
    """The leads that a text names: number, a quote's number, or client; of what is called exactly
    so and what begins so, that first. The newest of each."""
    keys = _of_uuid(work, text)
    return work.rows_as(
        FoundLead,
        f"""WITH called AS ({_called("lead", at="created_at")})
            SELECT l.home_id, l.id, l.number, l.state, l.client->>'name' AS client, l.created_at
              FROM lead l LEFT JOIN called c ON (c.home_id, c.id) = (l.home_id, l.id)
             WHERE (l.home_id, l.id) IN (
               SELECT home_id, id FROM lead WHERE {search_terms.of_client("lead")}
               UNION SELECT home_id, id FROM {ASKED})
             ORDER BY c.id IS NULL, l.created_at DESC, l.id LIMIT %(most)s""",
        whole=search_terms.whole(text),
        found=search_terms.terms(text),
        **asked(keys),
        most=FOUND_MAX,
    )


def affiliates(work: Work, text: str) -> list[FoundAffiliate]:
    """Affiliates by name, e-mail, phone, address, storefront, code or pay account."""
    return work.rows_as(
        FoundAffiliate,
        f"""SELECT a.id, a.name, a.state, s.name AS sponsor
              FROM affiliate a LEFT JOIN affiliate s ON s.id = a.sponsor_id
             WHERE a.id IN (
               SELECT id FROM affiliate
                WHERE found {search_terms.MATCHES}
               UNION SELECT home_id FROM storefront
                      WHERE {search_terms.NAMES_STOREFRONT}
               UNION SELECT affiliate_id FROM referral_code WHERE folded = %(folded)s
               UNION SELECT home_id FROM pay_account
                      WHERE provider IN ('stripe', 'bank') AND account = %(text)s)
             ORDER BY a.name, a.id LIMIT %(most)s""",
        found=search_terms.terms(text),
        text=text,
        folded=referrals.fold(text),
        most=FOUND_MAX,
    )


def payouts(work: Work, text: str) -> list[FoundPayout]:
    """Payouts by number, or by the gateway's id of the transfer or the payout."""
    return work.rows_as(
        FoundPayout,
        """SELECT p.home_id, p.id, p.number, p.period, p.state, p.currency, p.amount_minor, a.name
                 FROM payout p JOIN affiliate a ON a.id = p.home_id
                WHERE p.number = %(number)s OR p.transfer_id = %(text)s OR p.payout_id = %(text)s
                ORDER BY p.period DESC, p.id LIMIT %(most)s""",
        number=search_terms.number_in(text),
        text=text,
        most=FOUND_MAX,
    )


def goods(work: Work, text: str, *, locale: str) -> list[FoundGoods]:
    """What we sell by SKU, or the beginning of one, or by name; with what is on the shelves."""
    return work.rows_as(
        FoundGoods,
        f"""SELECT v.id, v.sku, coalesce(t.name, p.slug) AS name, p.kind, p.active AND v.active AS active,
                   sum(s.on_hand)::int AS on_hand, sum(s.reserved)::int AS reserved
              FROM variant v JOIN product p ON p.id = v.product_id
              LEFT JOIN product_text t ON t.product_id = p.id AND t.locale = %(locale)s
              LEFT JOIN stock_level s ON s.variant_id = v.id
             WHERE v.id IN (
               SELECT id FROM variant WHERE upper(sku) LIKE %(like)s
               UNION SELECT id FROM variant WHERE product_id IN (
                 SELECT product_id FROM product_text
                  WHERE found_by(name, NULL, NULL, NULL, NULL) {search_terms.MATCHES}))
             GROUP BY 1, 2, 3, 4, 5 ORDER BY v.sku LIMIT %(most)s""",
        like=_plain(text.upper()) + "%",
        found=search_terms.terms(text),
        locale=locale,
        most=FOUND_MAX,
    )


def _plain(text: str) -> str:
    """A text that means itself inside a pattern."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def fulfilments(work: Work, text: str) -> list[FoundFulfilment]:
    """The work for an order, by the order's number or the parcel's."""
    return work.rows_as(
        FoundFulfilment,
        f"""SELECT f.home_id, f.order_id, f.no, f.state, o.number, o.client->>'name' AS client
             FROM fulfilment f JOIN orders o ON o.home_id = f.home_id AND o.id = f.order_id
            WHERE f.state <> 'canceled' AND (f.home_id, f.order_id) IN (
                  SELECT home_id, id FROM orders
                   WHERE {search_terms.words_of_client("orders")}
                         @@ quote_literal(lower(replace(%(number)s, '-', '')))::tsquery
                  UNION SELECT home_id, order_id FROM parcel
                         WHERE upper(translate(tracking, ' -', '')) = %(code)s)
            ORDER BY f.home_id, f.order_id, f.no LIMIT %(most)s""",
        number=search_terms.number_in(text),
        code=search_terms.code_in(text),
        most=FOUND_MAX,
    )


def clients(work: Work, text: str) -> list[FoundClient]:
    """Whoever has bought or asked and is named so: by name, e-mail, phone or a number of theirs."""
    return work.rows_as(
        FoundClient,
        f"""SELECT client_key, (array_agg(name ORDER BY at DESC))[1] AS name, max(at) AS last_at
              FROM (SELECT client_key, client->>'name' AS name, placed_at AS at FROM orders
                     WHERE {search_terms.of_client("orders")}
                    UNION ALL
                    SELECT client_key, client->>'name', created_at FROM lead
                     WHERE {search_terms.of_client("lead")}) AS said
             GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT %(most)s""",
        found=search_terms.terms(text),
        most=FOUND_MAX,
    )


def people(work: Work, text: str) -> list[FoundPerson]:
    """Whoever may sign in, by name, e-mail or phone; of several affiliates the first."""
    return work.rows_as(
        FoundPerson,
        f"""SELECT p.id, p.name, p.email, m.affiliate_id, a.name AS works_for
              FROM person p
              JOIN LATERAL (SELECT affiliate_id FROM membership
                             WHERE person_id = p.id AND revoked_at IS NULL
                             ORDER BY affiliate_id IS NOT NULL, affiliate_id LIMIT 1) AS m ON true
              LEFT JOIN affiliate a ON a.id = m.affiliate_id
             WHERE found_by(p.name, p.phone_key, NULL, NULL, p.email_key) {search_terms.MATCHES}
             ORDER BY p.name, p.id LIMIT %(most)s""",
        found=search_terms.terms(text),
        most=FOUND_MAX,
    )


def codes(work: Work, text: str) -> list[referrals.Code]:
    """Codes in force that begin so, however they are typed."""
    return referrals.codes(work, text=text, most=FOUND_MAX)
