"""Both sides are told when an order or a client is another affiliate's: whoever loses it, and whoever gets it.

Neither reads who the other is, nor who the client is: that is between the company and each of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from mainstem.kit.bulk import ASKED_ORDERS, asked
from mainstem.kit.events import Fact
from mainstem.kit.work import Work
from mainstem.mail import contexts
from mainstem.mail.affiliates import tell

# By the newest change of each order. Whoever keeps a part of it has lost nothing to be told of but the rest.
_ORDERS = f"""
WITH change AS (
  SELECT DISTINCT ON (c.home_id, c.order_id) c.home_id, c.order_id, o.number, c.from_seller_id,
         c.to_seller_id, c.also_credited
    FROM {ASKED_ORDERS}
    JOIN attribution_change c USING (home_id, order_id)
    JOIN orders o ON o.home_id = c.home_id AND o.id = c.order_id
   WHERE c.state = 'approved'
   ORDER BY c.home_id, c.order_id, c.decided_at DESC, c.id DESC
), credited AS (
  SELECT home_id, order_id, number, to_seller_id AS id, also_credited IS NOT NULL AS shared FROM change
   UNION ALL
  SELECT home_id, order_id, number, (part -> 'upline' ->> 0)::bigint, true
    FROM change, jsonb_array_elements(coalesce(also_credited, '[]')) AS part
)
SELECT home_id, order_id, number, id AS affiliate_id,
       CASE WHEN shared THEN 'shares' ELSE 'gets' END AS told_as FROM credited
 UNION ALL
SELECT home_id, order_id, number, from_seller_id, 'loses' FROM change
 WHERE NOT EXISTS (SELECT FROM credited c WHERE (c.home_id, c.order_id, c.id)
                                              = (change.home_id, change.order_id, change.from_seller_id))
 ORDER BY home_id, order_id, affiliate_id"""

_CLIENTS = """
SELECT c.id, told.id AS affiliate_id, told.told_as
  FROM binding_change c
 CROSS JOIN LATERAL (VALUES (c.from_affiliate_id, 'loses'), (c.to_affiliate_id, 'gets')) AS told (id, told_as)
 WHERE c.id = ANY(%(changes)s::uuid[]) AND c.state = 'approved' ORDER BY c.id, told.id"""


def orders_credited(work: Work, facts: Sequence[Fact]) -> None:
    """Orders that are credited to another affiliate, or to several."""
    told_by = {(fact.home_id, fact.uuid): fact.id for fact in facts}
    tell(
        work,
        "reattributed",
        work.rows(_ORDERS, **asked(list(told_by))),
        # An order may be credited away and back: each time is told.
        lambda row: f"{row.order_id}@{told_by[row.home_id, row.order_id]}",
        lambda row, who: contexts.Reattributed(**who, told_as=row.told_as, number=row.number),
    )


def clients_tied(work: Work, facts: Sequence[Fact]) -> None:
    """Clients whose coming orders count for another affiliate."""
    tell(
        work,
        "reattributed",
        work.rows(_CLIENTS, changes=[fact.uuid for fact in facts]),
        lambda row: str(row.id),
        lambda row, who: contexts.Reattributed(**who, told_as=row.told_as, number=""),
    )
