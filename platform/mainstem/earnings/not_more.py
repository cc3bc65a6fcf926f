"""Why an order has earned an affiliate what it has and no more: what is known, gathered for
`mainstem.plan.not_more` to judge.

It is read in the company's Work, like `unpaid`. Whoever stands above the seller is not told what was bought.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from mainstem.earnings.delivered import parties_of
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.orders import CREDITED_TO, as_sold, sold_under
from mainstem.plan import SoldLine, SoldOrder, book, otherwise, tell_otherwise

_ORDER = f"""
SELECT o.home_id, o.id, o.currency, o.plan_version, credited.seller_id, credited.upline, credited.groups,
       credited.upline_facts, credited.also_credited
  FROM orders o {CREDITED_TO} WHERE o.home_id = %(home)s AND o.id = %(order)s"""

# A service is asked about for each of its milestones; every line for its delivery, also where no rule was for it.
_LINES = f"""
SELECT line_no, name, milestone, of_rule AS rule, is_counted, is_due,
       part(commissionable_minor, delivered, quantity) AS counts,
       part(total_minor, delivered, quantity) - part(tax_minor, delivered, quantity) AS net,
       CASE WHEN cost_minor IS NULL THEN 0
            ELSE greatest(part(total_minor, delivered, quantity) - part(tax_minor, delivered, quantity)
                          - part(cost_minor, delivered, quantity), 0) END AS margin,
       delivered, greatest(quantity - canceled - delivered, 0) AS waits
  FROM (SELECT l.*, sold.* FROM order_line l {sold_under("l")}
         WHERE l.home_id = %(home)s AND l.order_id = %(order)s
         UNION ALL
        SELECT l.*, 'delivered', NULL, NULL, NULL, true, l.milestone_rules IS NULL
          FROM order_line l
         WHERE l.home_id = %(home)s AND l.order_id = %(order)s AND l.rule IS NULL) AS asked
  LEFT JOIN order_line_cost USING (home_id, order_id, line_no)
 ORDER BY line_no, is_counted DESC"""

_CREDITED = """
SELECT coalesce(sum(amount_minor), 0)::bigint FROM earning
 WHERE home_id = %(home)s AND source_id = %(order)s AND beneficiary_id = %(me)s AND kind = 'credit'"""

_REVERSED = """
SELECT coalesce(-sum(amount_minor), 0)::bigint FROM earning
 WHERE home_id = %(home)s AND source_id = %(order)s AND beneficiary_id = %(me)s
   AND kind IN ('reversal', 'restored')"""


def why_not_more(
    work: Work, home_id: int, order_id: UUID, affiliate_id: int, language: Language
) -> list[str]:
    """What kept an order's commission from being more, and what would have changed it, in the reader's
    language; nothing for whoever it is not credited to."""
    order = work.one(_ORDER, home=home_id, order=order_id)
    parties = parties_of(order)
    if affiliate_id not in [member.id for party in parties for member in party.upline]:
        return []
    plan = book.versions(work, [order.plan_version])[order.plan_version]
    is_sellers = affiliate_id in {party.upline[0].id for party in parties}
    asked = as_sold(work, home_id, order_id, plan, order.seller_id, order.groups)
    lines = [
        _sold(row, asked[row.line_no], named=is_sellers)
        for row in work.rows(_LINES, home=home_id, order=order_id)
    ]
    back = work.value(_REVERSED, home=home_id, order=order_id, me=affiliate_id)
    credited = (
        work.value(_CREDITED, home=home_id, order=order_id, me=affiliate_id)
        if plan.sale.limits_clients
        else None
    )
    sold = SoldOrder(
        currency=order.currency,
        parties=parties,
        lines=lines,
        reversed_minor=max(back, 0),
        credited_minor=credited,
    )
    names = book.names_in(work, plan.document, language.locale)
    return [
        tell_otherwise(one, plan.document, language, names)
        for one in otherwise(plan.sale, sold, affiliate_id)
    ]


def _sold(row: Any, line: Any, *, named: bool) -> SoldLine:
    return SoldLine(
        replace(line, milestone=row.milestone), row.name if named else "", row.rule, row.counts, row.net,
        row.delivered, row.waits, row.is_counted, row.is_due, row.margin,
    )  # fmt: skip
