"""What clients are told, fact by fact: read for many orders at once, in the words of their shop.

What came in with an imported history was told by whoever sold it then. A fact that comes late says
what holds now: a parcel that has arrived is no longer on its way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from mainstem.calendar import place_of, withdrawal_ends
from mainstem.kit.bulk import ASKED, ASKED_ORDERS, RowKey, asked
from mainstem.kit.events import Fact
from mainstem.kit.work import Work
from mainstem.leads import net_of_quote
from mainstem.mail import contexts, outbox
from mainstem.mail.days import midnight
from mainstem.mail.outbox import Outgoing, Recipient
from mainstem.money import Money
from mainstem.orders import net_of_order

# The seller is the company, as its shop says it, or else as it says itself.
SELLS = """
       s.name AS shop, s.slug, s.prices_include_tax,
       (SELECT a.is_house FROM affiliate a WHERE a.id = s.home_id) AS own,
       coalesce(s.texts->'seller',
                (SELECT jsonb_build_object('name', c.legal_name, 'number', c.number, 'email', c.email,
                        'address', concat_ws(', ', nullif(c.line1, ''),
                                             nullif(trim(c.postal_code || ' ' || c.city), '')))
                   FROM company_profile c)) AS seller"""
_SHOP = f"o.locale, o.client, o.currency, {SELLS}"
_FROM_SHOP = "JOIN storefront s ON s.home_id = o.home_id AND s.id = o.storefront_id"

_CONFIRMED = f"""
SELECT o.home_id, o.id AS order_id, o.number, o.placed_at, o.address, o.shipping_minor,
       o.items_minor, o.total_minor, o.tax_minor, o.taxes, o.promised_on, {_SHOP},
       (SELECT tax_bp FROM shipping_rate r WHERE r.currency = o.currency) AS shipping_tax_bp,
       (SELECT jsonb_agg(jsonb_build_object('name', l.name, 'kind', l.kind, 'quantity', l.quantity,
                         'total_minor', l.total_minor, 'tax_minor', l.tax_minor, 'tax_bp', l.tax_bp,
                         'tax_country', l.tax_country, 'tax_treatment', l.tax_treatment,
                         'tax_reason', l.tax_reason, 'withdrawal', l.withdrawal)
                         ORDER BY l.line_no)
          FROM order_line l WHERE l.home_id = o.home_id AND l.order_id = o.id) AS lines,
       (SELECT jsonb_agg(jsonb_build_object('name', l.name, 'sku', l.sku, 'months', p.guarantee_months,
                         'producer', coalesce(p.maker ->> 'name', ''))
                         ORDER BY l.line_no)
          FROM order_line l JOIN variant v ON v.id = l.variant_id JOIN product p ON p.id = v.product_id
         WHERE l.home_id = o.home_id AND l.order_id = o.id AND l.kind = 'goods'
           AND p.guarantee_months > 0) AS guarantees
  FROM orders o JOIN {ASKED} USING (home_id, id) {_FROM_SHOP}
 WHERE o.channel <> 'import'"""
_RECEIPT = f"""
SELECT o.home_id, o.id AS order_id, o.number, o.placed_at, o.address, o.shipping_minor,
       o.items_minor, o.total_minor, o.tax_minor, o.taxes, o.paid_at, o.refunded_minor, {_SHOP},
       (SELECT tax_bp FROM shipping_rate r WHERE r.currency = o.currency) AS shipping_tax_bp,
       (SELECT p.provider FROM payment p WHERE p.home_id = o.home_id AND p.order_id = o.id
           AND p.state = 'captured' ORDER BY p.attempt LIMIT 1) AS provider,
       (SELECT jsonb_agg(jsonb_build_object('name', l.name, 'kind', l.kind, 'quantity', l.quantity,
                         'total_minor', l.total_minor, 'tax_minor', l.tax_minor, 'tax_bp', l.tax_bp,
                         'tax_country', l.tax_country, 'tax_treatment', l.tax_treatment,
                         'tax_reason', l.tax_reason, 'withdrawal', l.withdrawal)
                         ORDER BY l.line_no)
          FROM order_line l WHERE l.home_id = o.home_id AND l.order_id = o.id) AS lines
  FROM orders o JOIN {ASKED} USING (home_id, id) {_FROM_SHOP}
 WHERE o.paid_at IS NOT NULL"""
_UNPAID = f"""
SELECT o.home_id, o.id AS order_id, o.number, o.total_minor, o.pay_by, p.id AS payment_id, {_SHOP}
  FROM payment p JOIN {ASKED} USING (home_id, id)
  JOIN orders o ON o.home_id = p.home_id AND o.id = p.order_id {_FROM_SHOP}
 WHERE p.state = 'failed' AND o.state = 'pending' AND o.channel <> 'import'"""
_PARCELS = f"""
SELECT o.home_id, o.id AS order_id, o.number, o.address, o.promised_on, p.no, p.carrier, p.tracking,
       p.delivered_at, {_SHOP},
       (SELECT jsonb_agg(jsonb_build_object('name', l.name, 'quantity', r.quantity) ORDER BY l.line_no)
          FROM reservation r JOIN order_line l USING (home_id, order_id, line_no)
         WHERE r.home_id = p.home_id AND r.order_id = p.order_id AND r.released_at IS NULL
           AND r.fulfilment_no = p.fulfilment_no) AS contents
  FROM parcel p JOIN {ASKED_ORDERS} USING (home_id, order_id)
  JOIN orders o ON o.home_id = p.home_id AND o.id = p.order_id {_FROM_SHOP}
 WHERE p.state = %(state)s AND o.channel <> 'import'"""
_REFUNDS = f"""
SELECT o.home_id, o.id AS order_id, o.number, r.id AS about, r.amount_minor, {_SHOP}
  FROM refund r JOIN {ASKED} USING (home_id, id)
  JOIN orders o ON o.home_id = r.home_id AND o.id = r.order_id {_FROM_SHOP}
 WHERE r.state = 'succeeded' AND o.channel <> 'import'"""
_RETURNED = f"""
SELECT o.home_id, o.id AS order_id, o.number, p.id AS about, p.captured_minor AS amount_minor, {_SHOP}
  FROM payment p JOIN {ASKED} USING (home_id, id)
  JOIN orders o ON o.home_id = p.home_id AND o.id = p.order_id {_FROM_SHOP}
 WHERE p.state = 'returned' AND o.channel <> 'import'"""
_CANCELED = f"""
SELECT o.home_id, o.id AS order_id, o.number, o.paid_minor, {_SHOP}
  FROM orders o JOIN {ASKED} USING (home_id, id) {_FROM_SHOP}
 WHERE o.state = 'canceled' AND o.channel <> 'import'"""

_QUOTE = f"""
SELECT o.home_id, o.id AS lead_id, o.number, q.no, q.amount_minor, q.scope, q.valid_until, {_SHOP},
       o.product_id, o.address,
       coalesce(t.name, pr.slug) AS service
  FROM quote q JOIN lead o ON o.home_id = q.home_id AND o.id = q.lead_id {_FROM_SHOP}
  JOIN product pr ON pr.id = o.product_id
  LEFT JOIN product_text t ON t.product_id = pr.id AND t.locale = o.locale"""
_QUOTED = f"""{_QUOTE} JOIN {ASKED} ON asked.home_id = o.home_id AND asked.id = o.id
 WHERE q.state IN ('sent', 'viewed') AND o.channel <> 'import'"""
# By the index of the quotes that still run; one that was short from the beginning needs no reminder.
_RUNNING_OUT = f"""{_QUOTE}
 WHERE q.state IN ('sent', 'viewed') AND q.valid_until >= %(since)s AND q.valid_until < %(until)s
   AND q.sent_at < %(since)s - interval '4 days' AND o.channel <> 'import'"""

_VISIT = f"""
SELECT o.home_id, o.id AS order_id, o.number, o.address, j.line_no, j.starts_at, j.ends_at, j.done_at,
       j.report, l.name AS service, t.name AS team, {_SHOP}
  FROM job j JOIN orders o ON o.home_id = j.home_id AND o.id = j.order_id {_FROM_SHOP}
  JOIN order_line l ON l.home_id = j.home_id AND l.order_id = j.order_id AND l.line_no = j.line_no
  JOIN team t ON t.id = j.team_id"""
_VISITS = f"""{_VISIT} JOIN {ASKED} ON asked.home_id = j.home_id AND asked.id = j.order_id
 WHERE j.state = %(state)s AND o.channel <> 'import'"""
_TOMORROW = f"""{_VISIT}
 WHERE j.state = 'scheduled' AND j.starts_at >= %(since)s AND j.starts_at < %(until)s
   AND o.channel <> 'import'"""


def paid(work: Work, facts: Sequence[Fact]) -> None:
    """Orders that are paid are confirmed."""
    rows = work.rows(_CONFIRMED, **asked(_keys(facts)))
    outbox.queue_all(
        work, "order_confirmed", [_to(row, row.order_id, _confirmed(row)) for row in rows]
    )


def receipts(work: Work, facts: Sequence[Fact]) -> None:
    """Orders whose receipt somebody asked for: once a day each, however often the button is pressed."""
    day = work.now().astimezone(work.tools.zone).date()
    rows = work.rows(_RECEIPT, **asked(set(_keys(facts))))
    outbox.queue_all(
        work,
        "order_receipt",
        [
            _to(
                row,
                f"{row.order_id}@{day}",
                contexts.OrderReceipt(
                    **_bought(row),
                    paid_at=row.paid_at,
                    by_bank=row.provider == "external",
                    refunded=Money(row.refunded_minor, row.currency),
                ),
            )
            for row in rows
        ],
    )


def payment_failed(work: Work, facts: Sequence[Fact]) -> None:
    """The bank said no afterwards: the order waits for another payment."""
    rows = work.rows(_UNPAID, **asked(_keys(facts)))
    outbox.queue_all(
        work,
        "payment_failed",
        [
            _to(
                row,
                row.payment_id,
                contexts.PaymentFailed(
                    **_order(row), total=Money(row.total_minor, row.currency), pay_by=row.pay_by
                ),
            )
            for row in rows
        ],
    )


def shipped(work: Work, facts: Sequence[Fact]) -> None:
    """Parcels that are under way."""
    _parcels(work, facts, "in_transit", "parcel_sent")


def delivered(work: Work, facts: Sequence[Fact]) -> None:
    """Parcels that have arrived."""
    _parcels(work, facts, "delivered", "parcel_delivered")


def refunded(work: Work, facts: Sequence[Fact]) -> None:
    """Money that has gone back."""
    _refunds(work, facts, _REFUNDS)


def returned(work: Work, facts: Sequence[Fact]) -> None:
    """A second payment of one order, which has gone back."""
    _refunds(work, facts, _RETURNED)


def canceled(work: Work, facts: Sequence[Fact]) -> None:
    """Orders that were canceled."""
    rows = work.rows(_CANCELED, **asked(_keys(facts)))
    outbox.queue_all(
        work,
        "order_canceled",
        [
            _to(
                row,
                row.order_id,
                contexts.OrderCanceled(**_order(row), paid=Money(row.paid_minor, row.currency)),
            )
            for row in rows
        ],
    )


def quoted(work: Work, facts: Sequence[Fact]) -> None:
    """Quotes that stand; each version is told once."""
    rows = work.rows(_QUOTED, **asked(_keys(facts)))
    outbox.queue_all(work, "quote_sent", [_quote(work, row) for row in rows])


def remind(work: Work, day: date) -> None:
    """Quotes whose last days these are, and the visits of tomorrow."""
    tomorrow, later, last = (midnight(work, day + timedelta(days=n)) for n in (1, 2, 3))
    ending = work.rows(_RUNNING_OUT, since=later, until=last)
    outbox.queue_all(work, "quote_reminder", [_quote(work, row) for row in ending])
    coming = work.rows(_TOMORROW, since=tomorrow, until=later)
    outbox.queue_all(work, "visit_reminder", [_visit(row, row.starts_at) for row in coming])


def visit(state: str, reason: str) -> Callable[[Work, Sequence[Fact]], None]:
    """What tells of jobs that are in a state, once for the time for which that is so."""

    def tell(work: Work, facts: Sequence[Fact]) -> None:
        keys = {(fact.home_id, UUID(fact.subject.partition("/")[0])) for fact in facts}
        named = {(fact.home_id, fact.subject) for fact in facts}
        rows = [
            row
            for row in work.rows(_VISITS, state=state, **asked(keys))
            if (row.home_id, f"{row.order_id}/{row.line_no}") in named
        ]
        outbox.queue_all(
            work,
            reason,
            [_visit(row, row.done_at if state == "done" else row.starts_at) for row in rows],
        )

    return tell


# ---------------------------------------------------------------- what each is made of


def _keys(facts: Iterable[Fact]) -> list[RowKey]:
    return [(fact.home_id, fact.uuid) for fact in facts]


def _to(row: Any, subject: object, context: contexts.ClientMail) -> Outgoing:
    """A message to the client of an order or lead."""
    to = Recipient(row.client["email"], row.client["name"], row.locale)
    return Outgoing(row.home_id, str(subject), to, context)


def _client(row: Any) -> dict[str, Any]:
    return {"name": row.client["name"], "shop": shop_of(row)}


def shop_of(row: Any) -> contexts.Shop:
    """Where it was, and who sells there, of a row that has the columns of `SELLS`."""
    seller = row.seller or {}
    told = {key: str(seller.get(key, "")) for key in ("number", "address", "email")}
    return contexts.Shop(
        name=row.shop, slug=row.slug, seller=str(seller.get("name", "")), own=row.own, **told
    )


def _order(row: Any) -> dict[str, Any]:
    order = contexts.OrderRef(home_id=row.home_id, id=row.order_id, number=row.number)
    return {**_client(row), "order": order}


def _address(row: Any) -> list[str]:
    told = row.address
    place = f"{told.get('postal_code', '')} {told.get('city', '')}".strip()
    return [line for line in (told.get("line1"), told.get("line2"), place) if line]


def _bought(row: Any) -> dict[str, Any]:
    """What was bought and what it cost, as a confirmation and a receipt have it."""
    lines = row.lines or []
    net = net_of_order(row, lines)
    return {
        **_order(row),
        "placed_at": row.placed_at,
        "lines": [
            contexts.Line(
                name=line["name"],
                quantity=line["quantity"],
                total=Money(line["total_minor"], row.currency),
                withdrawal=line["withdrawal"],
            )
            for line in lines
        ],
        "shipping": Money(row.shipping_minor, row.currency),
        "total": Money(row.total_minor, row.currency),
        "taxes": [contexts.Tax(rate_bp=one.rate_bp, amount=one.amount) for one in net.taxes],
        "net": None if row.prices_include_tax else net,
        "address": _address(row),
        "country": row.address.get("country", ""),
        "has_goods": any(line["kind"] == "goods" for line in lines),
    }


def _confirmed(row: Any) -> contexts.OrderConfirmed:
    lines = row.lines or []
    return contexts.OrderConfirmed(
        **_bought(row),
        phone=row.client.get("phone", ""),
        promised_on=row.promised_on,
        has_services=any(line["kind"] == "service" for line in lines),
        guarantees=_guarantees(row),
    )


def _guarantees(row: Any) -> list[contexts.ProducerGuarantee]:
    """What producers promised beside the law. Goods whose maker nobody has named are the seller's."""
    seller = str((row.seller or {}).get("name", ""))
    by_sku = {one["sku"]: one for one in row.guarantees or []}
    return [
        contexts.ProducerGuarantee(**{**one, "producer": one["producer"] or seller})
        for one in by_sku.values()
    ]


def _parcels(work: Work, facts: Sequence[Fact], state: str, reason: str) -> None:
    rows = work.rows(_PARCELS, state=state, **asked(set(_keys(facts))))
    outbox.queue_all(
        work, reason, [_to(row, f"{row.order_id}/{row.no}", _parcel(row)) for row in rows]
    )


def _parcel(row: Any) -> contexts.ParcelMail:
    return contexts.ParcelMail(
        **_order(row),
        carrier=row.carrier,
        tracking=row.tracking,
        contents=[contexts.Content(**one) for one in row.contents or []],
        promised_on=row.promised_on,
        withdraw_until=_withdraw_until(row) if row.delivered_at else None,
    )


def _withdraw_until(row: Any) -> date:
    """The last day on which the client may withdraw from what this parcel brought."""
    place = place_of(row.address["country"], row.address["postal_code"])
    return withdrawal_ends(row.delivered_at, place).last_day


def _refunds(work: Work, facts: Sequence[Fact], sql: str) -> None:
    rows = work.rows(sql, **asked(_keys(facts)))
    outbox.queue_all(
        work,
        "refund_sent",
        [
            _to(
                row,
                row.about,
                contexts.RefundSent(**_order(row), amount=Money(row.amount_minor, row.currency)),
            )
            for row in rows
        ],
    )


def _quote(work: Work, row: Any) -> Outgoing:
    amount = Money(row.amount_minor, row.currency)
    net = None
    if not row.prices_include_tax:
        net = net_of_quote(work, row.product_id, row.address, amount, at=work.now())
    context = contexts.QuoteMail(
        **_client(row),
        home_id=row.home_id,
        lead_id=row.lead_id,
        number=f"{row.number}-{row.no}",
        service=row.service,
        amount=amount,
        net=net,
        scope=row.scope,
        valid_until=row.valid_until,
    )
    return _to(row, f"{row.lead_id}/{row.no}", context)


def _visit(row: Any, at: datetime) -> Outgoing:
    """`at` tells two appointments, and two endings, of one job apart."""
    context = contexts.VisitMail(
        **_order(row),
        service=row.service,
        team=row.team,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        address=_address(row),
        report=row.report,
    )
    return _to(row, f"{row.order_id}/{row.line_no}@{at.isoformat()}", context)
