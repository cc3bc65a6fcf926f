"""What was delivered of an order line by line: for rules that pay a level no more than so much for one line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from mainstem.kit.bulk import ASKED, asked
from mainstem.kit.ids import in_key_order
from mainstem.kit.work import Work
from mainstem.money import rdiv
from mainstem.orders import GOODWILL, back_of, sold_under
from mainstem.plan import Basis, LinePart, Plan, SaleRule

OF_LINE = f"""(SELECT *, CASE WHEN cost IS NULL THEN 0 ELSE greatest(price - tax - cost, 0) END AS margin
         FROM (SELECT line_no, of_rule AS rule, is_due, is_counted, milestone, kind, of_hold_days AS hold_days,
                      -- By whatever else it pays, a line has reached the client once: when it was delivered,
                      -- or accepted where it pays nothing for its delivery.
                      milestone = 'delivered' OR milestone = 'accepted' AND still.rule IS NULL AS is_reached,
                      since AS delivered_at, delivered, worth, total_minor, back_minor,
                      commissionable_bp AS share,
                      part(total_minor, delivered, quantity) AS price,
                      part(tax_minor, delivered, quantity) AS tax,
                      part(cost_minor, delivered, quantity) AS cost,
                      -- What was canceled or refunded before it came is not waited for.
                      delivered >= quantity - canceled OR total_minor > 0 AND back_minor
                        >= part(total_minor, quantity - delivered, quantity) AS arrived,
                      part(commissionable_minor, delivered, quantity) AS earned,
                      -- First it went back for the pieces that were canceled.
                      CASE WHEN kept > 0
                           THEN part(worth, greatest(back_minor - (total_minor - kept), 0), kept)
                           ELSE 0 END AS back
                 FROM (SELECT order_line.*, sold.*, c.cost_minor,
                              part(total_minor, quantity - canceled, quantity) AS kept,
                              {back_of("order_line")} AS back_minor,
                              part(commissionable_minor, quantity - canceled, quantity) AS worth
                         FROM order_line
                         LEFT JOIN order_line_cost c USING (home_id, order_id, line_no)
                        -- What no rule of its plan was for earns nobody anything.
                        {sold_under("order_line")}
                        WHERE home_id = o.home_id AND order_id = o.id OFFSET 0) AS still
              OFFSET 0) AS delivered_line OFFSET 0) AS line"""
"""What was delivered of each line of an order `o`, by each of its rules, and what of its money went back: a FROM
clause beside GOODWILL. Each step ends with OFFSET 0: the planner would put what a step works out into every place
that reads it, and work it out anew in each."""

MARGIN_BACK = """CASE WHEN line.price > 0 THEN part(line.margin, least(greatest(
                    line.back_minor - (line.total_minor - line.price), 0), line.price), line.price) ELSE 0 END"""
"""As much of a line's margin as of what was paid for it."""

_LINES = f"""
SELECT o.home_id, o.id, line.rule, line.is_due, line.line_no, line.earned, line.price, line.price - line.tax AS net,
       line.margin, greatest(line.back - (line.worth - line.earned), 0) AS returned,
       greatest(line.back_minor - (line.total_minor - line.price), 0) AS paid_back,
       {MARGIN_BACK} AS margin_back
  FROM orders o
  JOIN {ASKED} USING (home_id, id) {GOODWILL}
 CROSS JOIN LATERAL {OF_LINE}
 ORDER BY o.home_id, o.id, line.rule, line.is_due, line.line_no"""

Lines = Mapping[tuple[Any, ...], Sequence[Any]]
"""The lines of orders, by the order, the rule, and whether it is due."""


def lines_of(work: Work, found: Collection[Any], plans: Mapping[int, Plan]) -> Lines:
    """The lines of those of these orders that fall under a rule which asks for them: nothing is read where
    none does."""
    keys = [(row.home_id, row.id) for row in found if _asks(plans[row.plan_version], row.rule)]
    if not keys:
        return {}
    rows = work.rows(_LINES, **asked(in_key_order(keys)))
    return {key: list(lines) for key, lines in groupby(rows, key=portion_key)}


def portion_key(row: Any) -> tuple[Any, ...]:
    """By what the lines of a row are found."""
    return row.home_id, row.id, row.rule, row.is_due


def parts_of(rule: SaleRule, basis: Basis, lines: Iterable[Any]) -> list[LinePart]:
    """What of a portion each of these lines is, in what the rule's rates are of, and what of it went back.
    `basis` says what names no line: it counts against every line alike."""
    return [_part(rule, basis, line) for line in lines]


def _part(rule: SaleRule, basis: Basis, line: Any) -> LinePart:
    if rule.base == "net_price":
        back = _back(basis, line.price, line.paid_back)
        return LinePart(line.net, rdiv(line.net * back, line.price) if line.net else 0)
    if rule.base == "margin":
        return LinePart(line.margin, _back(basis, line.margin, line.margin_back))
    return LinePart(line.earned, _back(basis, line.earned, line.returned))


def _back(basis: Basis, whole: int, named: int) -> int:
    """What of an amount of a line went back: with the line, and its share of what names none."""
    over = basis.spread_over_minor
    return named + (rdiv((whole - named) * basis.spread_minor, over) if over > 0 else 0)


def _asks(plan: Plan, rule: str) -> bool:
    return bool(plan.sale.rule(rule).at_most_line_minor)
