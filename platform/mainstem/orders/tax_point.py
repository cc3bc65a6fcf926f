"""The tax point: whose day fixes the rate of an order, where a rate changes while it waits.

Tax falls due when something is delivered, or when it is paid where that comes first. An order that
was placed before a rate changed and is paid after it carries the rate of the payment: what the
client pays stays as it was, and is parted anew into net and tax before anything is booked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from mainstem import tax
from mainstem.kit.bulk import ASKED, ASKED_ORDERS, Json, asked, given, relation
from mainstem.kit.work import Work
from mainstem.orders.conditions import conditions
from mainstem.orders.model import OrderKey, Taxes, TaxOfDelivery
from mainstem.orders.pricing import commissionable
from mainstem.orders.rounded import Part, together
from mainstem.orders.taxed import shared_by_value

_ORDERS = f"""
SELECT o.home_id, o.id, o.taxes, o.address->>'country' AS country,
       o.address->>'postal_code' AS postal_code
  FROM orders o JOIN {ASKED} USING (home_id, id)"""

_LINES = f"""
SELECT l.home_id, l.order_id, l.line_no, l.kind, l.total_minor, l.tax_bp, l.tax_country, l.tax_class,
       l.tax_treatment, l.tax_reason, l.commissionable_bp
  FROM order_line l JOIN {ASKED_ORDERS} USING (home_id, order_id)
 ORDER BY 1, 2, 3"""


class _LineTaxed(NamedTuple):
    home_id: int
    order_id: UUID
    line_no: int
    tax_bp: int
    tax_minor: int
    commissionable_minor: int


class _OrderTaxed(NamedTuple):
    home_id: int
    id: UUID
    tax_minor: int
    taxes: Json


_TAX_LINES = f"""
UPDATE order_line l SET tax_bp = new.tax_bp, tax_minor = new.tax_minor,
       commissionable_minor = new.commissionable_minor
  FROM {relation(_LineTaxed, "new")}
 WHERE l.home_id = new.home_id AND l.order_id = new.order_id AND l.line_no = new.line_no"""

_TAX_ORDERS = f"""
UPDATE orders o SET tax_minor = new.tax_minor, taxes = new.taxes
  FROM {relation(_OrderTaxed, "new")}
 WHERE o.home_id = new.home_id AND o.id = new.id"""


def settle(work: Work, paid: Sequence[Any]) -> bool:
    """Have these orders, which are locked and being paid for the first time, carry the rates of their tax point;
    whether that changed any. Rows of {home_id, id, placed_at, captured_at, delivered_at}."""
    if not paid:
        return False
    rules = conditions(work).tax
    points: dict[OrderKey, datetime] = {}
    for row in paid:
        if tax.changed_between(rules, row.placed_at, row.captured_at):
            key, at = (row.home_id, row.id), row.delivered_at or row.captured_at
            # Of several payments of one order, the first one counts.
            points[key] = min(points.get(key, at), at, row.captured_at)
    if not points:
        return False
    orders = {(row.home_id, row.id): row for row in work.rows(_ORDERS, **asked(points))}
    lines: dict[OrderKey, list[Any]] = {key: [] for key in points}
    for line in work.rows(_LINES, **asked(points)):
        lines[line.home_id, line.order_id].append(line)
    changed = [
        found
        for key, row in orders.items()
        if (found := _taxed_anew(row, lines[key], rules, points[key]))
    ]
    work.run(_TAX_LINES, **given([one for _, each in changed for one in each], _LineTaxed, "new"))
    work.run(_TAX_ORDERS, **given([order for order, _ in changed], _OrderTaxed, "new"))
    return bool(changed)


def _taxed_anew(
    row: Any, lines: Sequence[Any], rules: tax.Rules, at: datetime
) -> tuple[_OrderTaxed, list[_LineTaxed]] | None:
    """The order at the rates of an instant; None where they are those that it has."""
    before = msgspec.convert(row.taxes, Taxes)
    sale = tax.Sale(tax.territory_of(row.country, row.postal_code), at)
    rates = [_rate(line, rules, sale) for line in lines]
    delivery = _delivery(before.delivery, lines, rates, rules, sale)
    if [line.tax_bp for line in lines] == [rate.bp for rate in rates] and [
        share.bp for share in before.delivery
    ] == [part.rate.bp for part in delivery]:
        return None
    parts = [Part(rate, line.total_minor, 0) for line, rate in zip(lines, rates, strict=True)]
    # What the client pays was agreed: by their sum, amounts are parted so that it stays.
    mode: tax.Rounding = "line" if before.rounding == "line" else "sum_by_net_keep_gross"
    found, sums = together([*parts, *delivery], mode)
    of_lines = found[: len(lines)]
    after = Taxes(
        rounding=before.rounding,
        rates=sums,
        delivery=[part.said for part in found[len(lines) :]],
        vat_number=before.vat_number,
    )
    said = Json(msgspec.json.encode(after).decode())
    order = _OrderTaxed(row.home_id, row.id, sum(part.tax for part in found), said)
    return order, [_line(line, part) for line, part in zip(lines, of_lines, strict=True)]


def _rate(line: Any, rules: tax.Rules, sale: tax.Sale) -> tax.Rate:
    """The rate of a line's class on the day of the sale, treated as it was treated."""
    kept = tax.Rate(
        line.tax_bp, line.tax_country, line.tax_treatment, line.tax_reason, line.tax_class
    )
    return tax.rate_again(rules, sale, kept)


def _delivery(
    shares: Sequence[TaxOfDelivery],
    lines: Sequence[Any],
    rates: Sequence[tax.Rate],
    rules: tax.Rules,
    sale: tax.Sale,
) -> list[Part]:
    """The charge of delivery: what has a class of its own follows that, and what was shared among the
    goods is shared anew by the rates that those have now."""
    goods = [(line, rate) for line, rate in zip(lines, rates, strict=True) if line.kind == "goods"]
    if any(line.tax_bp != rate.bp for line, rate in goods):
        cost = sum(share.gross_minor for share in shares if share.tax_class is None)
        parts = shared_by_value(cost, [(line.total_minor, rate) for line, rate in goods])
    else:
        parts = [_share(share, rules, sale) for share in shares if share.tax_class is None]
    return parts + [_share(share, rules, sale) for share in shares if share.tax_class is not None]


def _share(share: TaxOfDelivery, rules: tax.Rules, sale: tax.Sale) -> Part:
    kept = tax.Rate(share.bp, share.country, share.treatment, share.reason, share.tax_class)
    return Part(tax.rate_again(rules, sale, kept), share.gross_minor, 0)


def _line(line: Any, part: Part) -> _LineTaxed:
    return _LineTaxed(
        line.home_id, line.order_id, line.line_no, part.rate.bp, part.tax,
        commissionable(part.gross - part.tax, line.commissionable_bp),
    )  # fmt: skip
