"""The raw facts of a batch of orders, as columns: what was sold, what came, what went back, who stood above.

Nothing is worked out here: each column is one that the order slice keeps, and was written long before
anybody was credited.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np

from mainstem.audit.columns import Bools, Ints, as_lists, as_numbers, as_words, numbers, words
from mainstem.kit.bulk import RowKey, given, relation


class AskedRow(NamedTuple):
    """An order of the batch, and its place in it."""

    home_id: int
    order_id: UUID
    n: int


ASKED = relation(AskedRow, "asked")
"""The orders of a batch, as a FROM clause reads them: `asked (home_id, order_id, n)`."""


def batch(keys: Sequence[RowKey]) -> dict[str, Any]:
    """The values for `ASKED`."""
    return given([(home, id, n) for n, (home, id) in enumerate(keys)], AskedRow, "asked")


@dataclass(frozen=True, slots=True)
class Lines:
    """What was sold: a row a line of an order."""

    order: Ints
    rule: list[str]
    total: Ints
    tax: Ints
    counts: Ints
    quantity: Ints
    delivered: Ints
    canceled: Ints
    refunded: Ints
    cost: Ints
    """What it costs the company; -1 where that is not known."""


@dataclass(frozen=True, slots=True)
class Upline:
    """Who is credited and everybody above them, as they were at the sale: a row an order, the seller first.

    `id` is 0 where it was not kept who was not eligible, and -1 beyond the end. `groups` are, by order, those of
    whoever was in any.
    """

    id: Ints
    house: Bools
    suspended: Bools
    own_sales: Ints
    rank: Ints
    groups: Mapping[int, Mapping[int, frozenset[str]]]


@dataclass(frozen=True, slots=True)
class Facts:
    """A batch of orders: a row each, in the order in which they were asked for."""

    number: list[str]
    currency: Ints
    currencies: list[str]
    version: Ints
    earns: Bools
    total: Ints
    refunded: Ints
    unallocated: Ints
    disputed: Ints
    upline: Upline
    lines: Lines
    moved: Bools
    """Staff have credited it to another than at its sale."""
    waiting: Bools
    """Something that may change what is earned has happened and is still to be followed up."""


# What banks have taken of an order, and whether what the company bears of its refunds still stands: not once the
# bank has taken all the rest.
_TAKEN = """
  CROSS JOIN LATERAL (
        SELECT coalesce(greatest(sum(d.withdrawn_minor), 0), 0)::bigint AS minor FROM dispute d
         WHERE d.home_id = o.home_id AND d.order_id = o.id) AS taken
  CROSS JOIN LATERAL (
        SELECT o.refunded_minor > 0 AND (taken.minor = 0 OR o.refunded_minor + taken.minor < o.paid_minor)
                 AS stands) AS goodwill"""

ORDERS = f"""
SELECT {numbers("n", "o_n")}, {words("number", "o_number")}, {words("currency::text", "o_currency")},
       {numbers("plan_version", "o_version")}, {numbers("may_earn::int", "o_earns")},
       {numbers("total_minor", "o_total")}, {numbers("refunded_minor", "o_refunded")},
       {numbers("unallocated_minor", "o_unallocated")}, {numbers("disputed", "o_disputed")},
       {numbers("cardinality(upline)", "o_above")}, string_agg(array_send(upline), ''::bytea) AS o_upline,
       {numbers("waits::int", "o_waits")}, {numbers("moved::int", "o_moved")},
       json_agg(json_build_array(n, groups)) FILTER (WHERE groups IS NOT NULL)::text AS o_groups,
       json_agg(json_build_array(n, upline_facts)) FILTER (WHERE upline_facts IS NOT NULL)::text AS o_facts
  FROM (SELECT asked.n, o.number, o.currency, o.plan_version, o.total_minor, o.unallocated_minor,
               taken.minor AS disputed,
               o.refunded_minor - CASE WHEN goodwill.stands THEN (
                 SELECT sum(l.goodwill_minor)::bigint FROM order_line l
                  WHERE l.home_id = o.home_id AND l.order_id = o.id) ELSE 0 END AS refunded_minor,
               -- To whom staff have credited it since, with those above them as at the sale.
               c.upline IS NOT NULL AS moved, coalesce(c.upline, o.upline) AS upline,
               CASE WHEN c.upline IS NULL THEN o.groups ELSE c.groups END AS groups,
               CASE WHEN c.upline IS NULL THEN o.upline_facts ELSE c.upline_facts END AS upline_facts,
               -- Whose purchase it was may be undecided, or was decided against.
               o.earns AND NOT EXISTS (
                 SELECT FROM commission_review v WHERE v.home_id = o.home_id AND v.order_id = o.id
                    AND v.state <> 'released') AS may_earn,
               EXISTS (SELECT FROM fact_waiting w WHERE w.home_id = o.home_id
                          AND w.subject = o.id::text AND w.state = 'waiting') AS waits
          FROM {ASKED}
          JOIN orders o ON o.home_id = asked.home_id AND o.id = asked.order_id {_TAKEN}
          LEFT JOIN LATERAL (
               SELECT upline, groups, upline_facts FROM attribution_change
                WHERE home_id = o.home_id AND order_id = o.id AND state = 'approved'
                ORDER BY decided_at DESC, id DESC LIMIT 1) AS c ON true
         ORDER BY asked.n) AS o"""

LINES = f"""
SELECT {numbers("n", "l_n")}, {words("l.rule", "l_rule")}, {numbers("l.total_minor", "l_total")},
       {numbers("l.tax_minor", "l_tax")}, {numbers("l.commissionable_minor", "l_counts")},
       {numbers("l.quantity", "l_quantity")}, {numbers("l.delivered", "l_delivered")},
       {numbers("l.canceled", "l_canceled")},
       {numbers("l.refunded_minor - CASE WHEN goodwill.stands THEN l.goodwill_minor ELSE 0 END", "l_refunded")},
       {numbers("coalesce(c.cost_minor, -1)", "l_cost")}
  FROM {ASKED}
  JOIN orders o ON o.home_id = asked.home_id AND o.id = asked.order_id {_TAKEN}
  JOIN order_line l ON l.home_id = asked.home_id AND l.order_id = asked.order_id
  LEFT JOIN order_line_cost c ON c.home_id = l.home_id AND c.order_id = l.order_id AND c.line_no = l.line_no
 WHERE l.rule IS NOT NULL"""  # what no rule was for earns nobody anything


def facts_of(found: Any, count: int) -> Facts:
    """The facts of so many orders, from the row of columns that ORDERS and LINES give."""
    assert len(as_numbers(found.o_n)) == count, "every order that is asked for is there"
    codes = as_words(found.o_currency)
    currencies = sorted(set(codes))
    place = {code: at for at, code in enumerate(currencies)}
    return Facts(
        number=as_words(found.o_number),
        currency=np.array([place[code] for code in codes], np.int64),
        currencies=currencies,
        version=as_numbers(found.o_version),
        earns=as_numbers(found.o_earns) == 1,
        total=as_numbers(found.o_total),
        refunded=as_numbers(found.o_refunded),
        unallocated=as_numbers(found.o_unallocated),
        disputed=as_numbers(found.o_disputed),
        upline=_upline(found),
        lines=_lines(found),
        moved=as_numbers(found.o_moved) == 1,
        waiting=as_numbers(found.o_waits) == 1,
    )


def _lines(found: Any) -> Lines:
    return Lines(
        order=as_numbers(found.l_n),
        rule=as_words(found.l_rule),
        total=as_numbers(found.l_total),
        tax=as_numbers(found.l_tax),
        counts=as_numbers(found.l_counts),
        quantity=as_numbers(found.l_quantity),
        delivered=as_numbers(found.l_delivered),
        canceled=as_numbers(found.l_canceled),
        refunded=as_numbers(found.l_refunded),
        cost=as_numbers(found.l_cost),
    )


def _upline(found: Any) -> Upline:
    ids = as_lists(as_numbers(found.o_above), found.o_upline)
    # Of earlier orders it is only kept that somebody was not paid, and not why: as if suspended.
    house, suspended = np.zeros(ids.shape, np.bool_), ids == 0
    own_sales, rank = np.zeros(ids.shape, np.int64), np.zeros(ids.shape, np.int64)
    for n, facts in json.loads(found.o_facts or "[]"):
        for step, kept in facts.items():
            at = n, int(step)
            ids[at] = kept.get("id", ids[at])
            house[at] = kept.get("house", False)
            suspended[at] = kept.get("suspended", False) or ids[at] == 0
            own_sales[at] = kept.get("own_sales", 0)
            rank[at] = kept.get("rank", 0)
    return Upline(ids, house, suspended, own_sales, rank, _groups(found.o_groups))


def _groups(sent: str | None) -> dict[int, dict[int, frozenset[str]]]:
    return {
        n: {int(affiliate): frozenset(names) for affiliate, names in groups.items()}
        for n, groups in json.loads(sent or "[]")
    }
