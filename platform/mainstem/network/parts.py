"""Who has what part of an amount of an order: its seller all of it, or each of several theirs."""

from __future__ import annotations


def parts_of(amount: str) -> str:
    """A FROM clause, `theirs (affiliate_id, minor)`, beside `seller_id` and `also_credited`: an amount of an order,
    an SQL expression, shared out among those to whom it is credited; the parts come to the whole."""
    return f"""CROSS JOIN LATERAL (
         SELECT seller_id AS affiliate_id, {amount} AS minor WHERE also_credited IS NULL
          UNION ALL
         SELECT p.affiliate_id, p.minor FROM credited_parts({amount}, seller_id, also_credited) AS p
          WHERE also_credited IS NOT NULL) AS theirs"""
