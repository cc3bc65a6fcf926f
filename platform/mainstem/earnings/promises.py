"""What an order promises: what it will have earned everybody once all of it is delivered and accepted, by the rules
that are frozen on it. None of it is earned before.

It is read in the company's Work, like `estimates`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mainstem import network
from mainstem.earnings.activity import facts_now
from mainstem.earnings.delivered import parties_of
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.orders import CREDITED_TO, sold_under
from mainstem.plan import LinePart, Milestone, Party, Plan, Portion, book, shared_credits


@dataclass(frozen=True, slots=True)
class PromisedShare:
    """What one level will have for one milestone by one rule. `is_reached`: a request that was qualified or won,
    which earns nothing by itself."""

    milestone: Milestone
    rule: str
    level: int
    rate_bp: int
    beneficiary_id: int
    beneficiary: str
    amount: Money
    is_reached: bool


_ORDER = f"""
SELECT o.home_id, o.id, o.currency, o.plan_version, o.lead_id IS NOT NULL AS from_lead, o.active_as_of,
       credited.upline, credited.groups, credited.upline_facts, credited.also_credited
  FROM orders o {{credited}}
 WHERE o.home_id = %(home)s AND o.id = %(order)s AND o.earns AND o.state = 'placed'
   AND o.refunded_minor = 0 AND o.disputed_minor = 0
   AND NOT EXISTS (SELECT FROM commission_review v WHERE v.home_id = o.home_id AND v.order_id = o.id
                      AND v.state <> 'released')
   -- What has come, and was accepted where that is asked, is earned and no promise any more.
   AND EXISTS (SELECT FROM order_line l {sold_under("l")}
                WHERE l.home_id = o.home_id AND l.order_id = o.id
                  AND (l.delivered < l.quantity - l.canceled OR NOT sold.is_due))""".format(
    credited=CREDITED_TO
)

_SOLD = f"""
SELECT sold.milestone, sold.of_rule AS rule, sum(l.quantity - l.canceled)::bigint AS pieces,
       sum(left_of.counts)::bigint AS counts, sum(left_of.net)::bigint AS net,
       sum(margin.of)::bigint AS margin,
       array_agg(left_of.counts ORDER BY l.line_no) AS line_counts,
       array_agg(left_of.net ORDER BY l.line_no) AS line_net,
       array_agg(margin.of ORDER BY l.line_no) AS line_margin,
       coalesce(sum(left_of.counts) FILTER (WHERE sold.is_counted), 0)::bigint AS worth_counts,
       coalesce(sum(left_of.net) FILTER (WHERE sold.is_counted), 0)::bigint AS worth_net,
       coalesce(sum(margin.of) FILTER (WHERE sold.is_counted), 0)::bigint AS worth_margin
  FROM order_line l
  LEFT JOIN order_line_cost c USING (home_id, order_id, line_no) {sold_under("l")}
 CROSS JOIN LATERAL (
       SELECT part(l.commissionable_minor, l.quantity - l.canceled, l.quantity) AS counts,
              part(l.total_minor, l.quantity - l.canceled, l.quantity)
                - part(l.tax_minor, l.quantity - l.canceled, l.quantity) AS net) AS left_of
 CROSS JOIN LATERAL (
       SELECT CASE WHEN c.cost_minor IS NULL THEN 0 ELSE greatest(left_of.net
                - part(c.cost_minor, l.quantity - l.canceled, l.quantity), 0) END AS of) AS margin
 WHERE l.home_id = %(home)s AND l.order_id = %(order)s
 GROUP BY 1, 2 ORDER BY array_position(ARRAY['qualified', 'won', 'delivered', 'accepted'], sold.milestone), 2"""


def promised(work: Work, home_id: int, order_id: UUID) -> list[PromisedShare]:
    """What a paid order will have earned everybody, by milestone; nothing once all of that is credited, and of
    one whose money goes back."""
    order = work.row(_ORDER, home=home_id, order=order_id)
    if order is None:
        return []
    plan = book.versions(work, [order.plan_version])[order.plan_version]
    sold = work.rows(_SOLD, home=home_id, order=order_id)
    shares = shared_credits(
        plan.sale,
        _parties(work, order, plan),
        order.currency,
        [_portion(plan, row) for row in sold],
    )
    milestones = {row.rule: row.milestone for row in sold}
    names = network.names(work, [one.beneficiary_id for one in shares])
    return [
        PromisedShare(
            milestone=milestones[one.rule],
            rule=one.rule,
            level=one.level,
            rate_bp=one.rate_bp,
            beneficiary_id=one.beneficiary_id,
            beneficiary=names[one.beneficiary_id],
            amount=Money(one.credited_minor, order.currency),
            is_reached=order.from_lead and milestones[one.rule] in ("qualified", "won"),
        )
        for one in shares
    ]


def _parties(work: Work, order: Any, plan: Plan) -> list[Party]:
    if not plan.sale.uplines.asks_at_delivery or order.active_as_of is not None:
        return parties_of(order)
    facts = facts_now(work, (order.home_id, order.id), plan.sale.uplines)
    return parties_of(order._replace(**facts))


def _portion(plan: Plan, row: Any) -> Portion:
    rule = plan.sale.rule(row.rule)
    base = rule.of(row.counts, row.net, row.margin)
    worth = rule.of(row.worth_counts, row.worth_net, row.worth_margin)
    lines = rule.of(row.line_counts, row.line_net, row.line_margin)
    parts = [LinePart(minor) for minor in lines]
    return Portion(row.rule, base, 0, row.pieces, worth_minor=worth, lines=parts)
