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
    """What was sold: a row for each rule that a line of an order was sold by. A service has one for each of its
    milestones: `counts_once` is true on one of them, and `is_due` is not where the client is still to accept the
    work."""

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
    counts_once: Bools
    is_due: Bools


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
class Also:
    """To whom else orders are credited: a row each, of which order, with how much of it in basis points."""

    order: Ints
    part_bp: Ints
    upline: Upline


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
    also: Also

    @property
    def shared(self) -> Bools:
        """Which orders are credited to several."""
        found = np.zeros(len(self.version), np.bool_)
        found[self.also.order] = True
        return found


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
       json_agg(json_build_array(n, upline_facts)) FILTER (WHERE upline_facts IS NOT NULL)::text AS o_facts,
       json_agg(json_build_array(n, also_credited)) FILTER (WHERE also_credited IS NOT NULL)::text AS o_also
  FROM (SELECT asked.n, o.number, o.currency, o.plan_version, o.total_minor, o.unallocated_minor,
               taken.minor AS disputed,
               o.refunded_minor - CASE WHEN goodwill.stands THEN (
                 SELECT sum(l.goodwill_minor)::bigint FROM order_line l
                  WHERE l.home_id = o.home_id AND l.order_id = o.id) ELSE 0 END AS refunded_minor,
               -- To whom staff have credited it since, with those above them as at the sale.
               c.upline IS NOT NULL AS moved, coalesce(c.upline, o.upline) AS upline,
               CASE WHEN c.upline IS NULL THEN o.groups ELSE c.groups END AS groups,
               CASE WHEN c.upline IS NULL THEN o.upline_facts ELSE c.upline_facts END AS upline_facts,
               CASE WHEN c.upline IS NULL THEN o.also_credited ELSE c.also_credited END AS also_credited,
               -- Whose purchase it was may be undecided, or was decided against.
               o.earns AND NOT EXISTS (
                 SELECT FROM commission_review v WHERE v.home_id = o.home_id AND v.order_id = o.id
                    AND v.state <> 'released') AS may_earn,
               EXISTS (SELECT FROM fact_waiting w WHERE w.home_id = o.home_id
                          AND w.subject = o.id::text AND w.state = 'waiting') AS waits
          FROM {ASKED}
          JOIN orders o ON o.home_id = asked.home_id AND o.id = asked.order_id {_TAKEN}
          LEFT JOIN LATERAL (
               SELECT upline, groups, upline_facts, also_credited FROM attribution_change
                WHERE home_id = o.home_id AND order_id = o.id AND state = 'approved'
                ORDER BY decided_at DESC, id DESC LIMIT 1) AS c ON true
         ORDER BY asked.n) AS o"""

LINES = f"""
SELECT {numbers("n", "l_n")}, {words("by.rule", "l_rule")}, {numbers("l.total_minor", "l_total")},
       {numbers("l.tax_minor", "l_tax")}, {numbers("l.commissionable_minor", "l_counts")},
       {numbers("l.quantity", "l_quantity")}, {numbers("l.delivered", "l_delivered")},
       {numbers("l.canceled", "l_canceled")},
       {numbers("l.refunded_minor - CASE WHEN goodwill.stands THEN l.goodwill_minor ELSE 0 END", "l_refunded")},
       {numbers("(by.place = 1)::int", "l_once")},
       {numbers("by.is_due::int", "l_due")},
       {numbers("coalesce(c.cost_minor, -1)", "l_cost")}
  FROM {ASKED}
  JOIN orders o ON o.home_id = asked.home_id AND o.id = asked.order_id {_TAKEN}
  JOIN order_line l ON l.home_id = asked.home_id AND l.order_id = asked.order_id
  LEFT JOIN order_line_cost c ON c.home_id = l.home_id AND c.order_id = l.order_id AND c.line_no = l.line_no
 CROSS JOIN LATERAL (
       -- What no rule was for earns nobody anything. A service is worth once what it is worth.
       SELECT rule, row_number() OVER (ORDER BY no) AS place, no < 4 OR l.accepted_at IS NOT NULL AS is_due
         FROM (VALUES (1, l.rule), (2, l.milestone_rules -> 'qualified' ->> 'rule'),
                      (3, l.milestone_rules -> 'won' ->> 'rule'),
                      (4, l.milestone_rules -> 'accepted' ->> 'rule')) AS milestone (no, rule)
        WHERE rule IS NOT NULL) AS by"""


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
        upline=_upline(
            as_lists(as_numbers(found.o_above), found.o_upline),
            json.loads(found.o_facts or "[]"),
            json.loads(found.o_groups or "[]"),
        ),
        lines=_lines(found),
        moved=as_numbers(found.o_moved) == 1,
        waiting=as_numbers(found.o_waits) == 1,
        also=_also(found.o_also),
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
        counts_once=as_numbers(found.l_once) == 1,
        is_due=as_numbers(found.l_due) == 1,
    )


def _also(sent: str | None) -> Also:
    said = [(n, party) for n, parties in json.loads(sent or "[]") for party in parties]
    deepest = max((len(party["upline"]) for _, party in said), default=0)
    ids = np.full((len(said), deepest), -1, np.int64)
    for row, (_, party) in enumerate(said):
        ids[row, : len(party["upline"])] = party["upline"]

    def kept(name: str) -> list[tuple[int, Any]]:
        return [(row, party[name]) for row, (_, party) in enumerate(said) if party.get(name)]

    return Also(
        np.array([n for n, _ in said], np.int64),
        np.array([party["part_bp"] for _, party in said], np.int64),
        _upline(ids, kept("upline_facts"), kept("groups")),
    )


def _upline(ids: Ints, of_facts: Sequence[Any], of_groups: Sequence[Any]) -> Upline:
    # Of earlier orders it is only kept that somebody was not paid, and not why: as if suspended.
    house, suspended = np.zeros(ids.shape, np.bool_), ids == 0
    own_sales, rank = np.zeros(ids.shape, np.int64), np.zeros(ids.shape, np.int64)
    for n, facts in of_facts:
        for step, kept in facts.items():
            at = n, int(step)
            ids[at] = kept.get("id", ids[at])
            house[at] = kept.get("house", False)
            suspended[at] = kept.get("suspended", False) or ids[at] == 0
            own_sales[at] = kept.get("own_sales", 0)
            rank[at] = kept.get("rank", 0)
    return Upline(ids, house, suspended, own_sales, rank, _groups(of_groups))


def _groups(sent: Sequence[Any]) -> dict[int, dict[int, frozenset[str]]]:
    return {
        n: {int(affiliate): frozenset(names) for affiliate, names in groups.items()}
        for n, groups in sent
    }
