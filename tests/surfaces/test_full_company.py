"""A company whose tables are full: nothing that a page or a check reads grows faster than its rows.

The rows are written straight into the tables, some thousands of each, with statistics; then it is
counted how many the database touches, which is the same on a busy machine and an idle one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from tests.company import Company, a_company
from tests.conftest import TEMPLATE

import mainstem_postgres as postgres
from mainstem import invariants, ledger
from mainstem.api import queries as api
from mainstem.console import lists, search
from mainstem.console import queries as console
from mainstem.kit.bulk import given
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem_affiliates.portal import reads as portal
from mainstem_affiliates.portal.reads import ORDERS_MAX
from mainstem_fulfillment.shipments import leaving

ORDERS = 4000
PAGE = 400
"""Blocks that a page of fifty rows may touch, each with a look or two at other tables."""

_FILL = """
SET session_replication_role = replica;
CREATE TEMP TABLE made AS
SELECT n, gen_random_uuid() AS id, gen_random_uuid() AS payment, gen_random_uuid() AS refund,
       CASE WHEN n %% 50 = 0 THEN %(birch)s ELSE %(cedar)s END AS seller,
       timestamptz '2026-01-01 00:00Z' + n * interval '1 minute' AS at
  FROM generate_series(1, %(orders)s) AS n;
INSERT INTO orders (home_id, id, number, storefront_id, channel, state, payment_status,
       fulfillment_status, currency, locale, client_key, client, address, items_minor,
       shipping_minor, total_minor, tax_minor, paid_minor, refunded_minor, unallocated_minor,
       seller_id, attributed_by, attribution, upline, earns, earns_reason, plan_version,
       placed_at, pay_by, paid_at, delivered_at)
SELECT %(cedar)s, id, 'N' || n, %(shop)s, 'api', 'placed', 'partially_refunded', 'delivered', 'SEK',
       'sv', 'c' || n || '@example.com', '{"name": "C"}', '{"city": "Umeå"}', 1000, 0, 1000, 200,
       1000, 100, 100, seller, 'storefront', '[]', ARRAY[seller], true, '', 1, at, at, at, at
  FROM made;
INSERT INTO order_line (home_id, order_id, line_no, variant_id, sku, name, kind, quantity, unit_minor,
       total_minor, tax_bp, tax_minor, commissionable_minor, shipped, delivered,
       commissionable_bp, rule, hold_days, delivered_at)
SELECT %(cedar)s, id, 1, (SELECT min(id) FROM variant), 'K', 'Kettle', 'goods', 1, 1000, 1000, 2500,
       200, 800, 1, 1, 10000, 'goods', 14, at FROM made;
INSERT INTO fulfilment (home_id, order_id, no, location_id, state)
SELECT %(cedar)s, id, 1, (SELECT min(id) FROM location), 'shipped' FROM made;
INSERT INTO reservation (home_id, order_id, line_no, fulfilment_no, variant_id, location_id, quantity)
SELECT %(cedar)s, id, 1, 1, (SELECT min(id) FROM variant), (SELECT min(id) FROM location), 1 FROM made;
INSERT INTO payment (home_id, id, order_id, provider, state, currency, amount_minor, captured_minor,
       created_at, captured_at)
SELECT %(cedar)s, payment, id, 'stripe', 'captured', 'SEK', 1000, 1000, at, at FROM made;
INSERT INTO refund (home_id, id, order_id, payment_id, state, currency, amount_minor, reason, actor,
       requested_at, succeeded_at, booked)
SELECT %(cedar)s, refund, id, payment, 'succeeded', 'SEK', 100, 'r', 'a', at, at, true FROM made;
INSERT INTO earning
SELECT %(cedar)s, id, 'goods', 0, 1, seller, 'credit', 'SEK', 50, 500, 0, 1000, 1, '2026-03-01',
       '{"message": "m", "facts": {"order": "x"}}', at FROM made;
INSERT INTO ledger_transfer (home_id, key, reason, currency, entries, effective_on, actor, posted_at)
SELECT %(cedar)s, key, 'r', 'SEK', 2, at::date, 'a', at
  FROM (SELECT at, 'capture:' || payment AS key FROM made
        UNION ALL SELECT at, 'refund:' || refund FROM made
        UNION ALL SELECT at, 'commission:' || id FROM made) AS t ORDER BY t.at, t.key;
INSERT INTO ledger_entry (home_id, transfer_id, seq, owner_id, account, currency, side, amount_minor,
       held_until)
SELECT t.home_id, t.id, s.seq, CASE WHEN s.seq = 1 AND t.key LIKE 'com%%' THEN %(cedar)s ELSE 0 END,
       CASE WHEN t.key LIKE 'com%%' THEN (ARRAY['commission_expense', 'pending'])[s.seq + 1]
            ELSE (ARRAY['gateway_cash', 'sales'])[s.seq + 1] END,
       'SEK', (ARRAY['D', 'C'])[s.seq + 1], 50,
       CASE WHEN s.seq = 1 AND t.key LIKE 'com%%' THEN date '2026-03-01' END
  FROM ledger_transfer t CROSS JOIN generate_series(0, 1) AS s (seq);
INSERT INTO fact (home_id, id, name, subject, actor, work_id, happened_at)
SELECT %(cedar)s, ('019b0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'order.placed',
       id::text, 'a', id, at FROM made;
INSERT INTO lead (home_id, id, number, storefront_id, channel, product_id, state, currency, locale,
       client_key, client, address, seller_id, attributed_by, attribution, created_at)
SELECT %(cedar)s, gen_random_uuid(), 'L' || n, %(shop)s, 'api', (SELECT min(id) FROM product), 'won',
       'SEK', 'sv', 'l' || n || '@example.com', '{}', '{}', seller, 'storefront', '[]', at FROM made;
INSERT INTO job (home_id, order_id, line_no, state, team_id, starts_at, ends_at, created_at)
SELECT %(cedar)s, id, 1, 'scheduled', (SELECT min(id) FROM team), at, at + interval '1 minute', at
  FROM made;
"""


@pytest.fixture(scope="module")
def database(server: postgres.Server) -> Iterator[Database]:
    """One database for all tests here: nothing in them writes."""
    name = f"t_{uuid4().hex[:12]}"
    postgres.create_database(server, name, template=TEMPLATE)
    clock = FixedClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    made = Database(server.admin_url(name), clock=clock, pool=2)
    yield made
    made.close()
    postgres.drop_database(server, name)


@pytest.fixture(scope="module")
def full(database: Database) -> Company:
    """A company with some thousands of everything, most of it one affiliate's."""
    with database.work() as work:
        company = a_company(work)
    given = {
        "orders": ORDERS,
        "cedar": company.cedar,
        "birch": company.birch,
        "shop": company.shop.id,
    }
    # Every value in its place, so that all statements go as one.
    with psycopg.connect(
        database.url, autocommit=True, cursor_factory=psycopg.ClientCursor
    ) as connection:
        connection.execute(_FILL, given)
        connection.execute("VACUUM ANALYZE")
    with database.work() as work:
        ledger.roll_up(work)
    return company


class Looked:
    """What the statements of a read cost: rows looked at in vain, and blocks touched."""

    def __init__(self, work: Work) -> None:
        self.in_vain = 0
        self.blocks = 0
        self._work = work
        self._rows = work.rows

    def __enter__(self) -> Looked:
        def rows(sql: str, **values: Any) -> list[Any]:
            told = self._rows(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", **values)
            plan = told[0][0][0]["Plan"]
            self.blocks += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
            self._count(plan)
            return self._rows(sql, **values)

        patched = pytest.MonkeyPatch()
        patched.setattr(Work, "rows", lambda _work, sql, **values: rows(sql, **values))
        self._undo = patched.undo
        return self

    def __exit__(self, *_: object) -> None:
        self._undo()

    def _count(self, plan: dict[str, Any]) -> None:
        for removed in ("Rows Removed by Filter", "Rows Removed by Join Filter"):
            self.in_vain += plan.get(removed, 0) * plan["Actual Loops"]
        for part in plan.get("Plans", []):
            self._count(part)


def test_no_check_takes_the_square_of_what_one_home_has(full: Company, database: Database) -> None:
    with database.reading() as work, Looked(work) as looked:
        invariants.check(work)
    assert looked.in_vain < 30 * ORDERS


def test_a_page_of_an_accounts_entries_is_found_by_an_index(
    full: Company, database: Database
) -> None:
    for owner, account in ((0, "sales"), (full.cedar, "pending")):
        with database.work() as work, Looked(work) as looked:
            newest = lists.entries(work, owner, account, "SEK")
            older = lists.entries(work, owner, account, "SEK", cursor=newest.next)
        assert (len(newest.rows), len(older.rows)) == (50, 50)
        assert not {row.key for row in newest.rows} & {row.key for row in older.rows}
        assert looked.blocks < 2 * PAGE
        assert looked.in_vain < 100


def test_the_books_are_not_added_up_from_history(full: Company, database: Database) -> None:
    with database.work() as work, Looked(work) as looked:
        assert ledger.trial_balance(work)
        assert lists.balances_of_affiliates(work).rows
        assert console.payable(work) == []
    assert looked.blocks < PAGE


def test_the_portals_orders_are_two_walks_along_an_index(full: Company, database: Database) -> None:
    for home in (full.cedar, full.birch):
        with database.work(home=home) as work:
            me = portal.me(work)
            with Looked(work) as looked:
                page = portal.orders(work, me)
                older = portal.orders(work, me, cursor=page.next).rows
        found = page.rows
        assert len(found) == ORDERS_MAX
        assert found == sorted(found, key=lambda order: (order.placed_at, order.id), reverse=True)
        assert not {order.id for order in found} & {order.id for order in older}
        assert looked.blocks < 2 * PAGE
        assert looked.in_vain < 100


def test_an_order_of_their_shop_that_another_is_credited_for_is_in_both_lists_once(
    full: Company, database: Database
) -> None:
    seen = {}
    for home in (full.cedar, full.birch):
        with database.work(home=home) as work:
            found = portal.orders(work, portal.me(work))
            seen[home] = [order.number for order in found.rows]
    newest = f"N{ORDERS}"
    assert [numbers.count(newest) for numbers in seen.values()] == [1, 1]


def test_the_apis_orders_and_leads_are_found_by_their_key(
    full: Company, database: Database
) -> None:
    with database.work(home=full.cedar) as work, Looked(work) as looked:
        asked: dict[str, Any] = {"home": full.cedar, "storefront": full.shop.id, "most": 51}
        newest = api.orders(work, cursor=None, **asked)
        assert len(api.orders(work, cursor=newest.next, **asked).rows) == 51
        assert len(api.leads(work, cursor=None, **asked).rows) == 51
    assert looked.blocks < PAGE
    assert looked.in_vain < 100


def test_the_feed_of_facts_does_not_read_an_import(full: Company, database: Database) -> None:
    """All of them were recorded at one instant, as an import's are."""
    with database.work() as work, Looked(work) as looked:
        newest = lists.facts(work)
        older = lists.facts(work, cursor=newest.next)
    assert len(newest.rows) == len(older.rows) == 100
    assert newest.rows[-1].id > older.rows[0].id
    assert looked.blocks < PAGE


def test_what_is_called_so_is_found_before_what_begins_so(
    full: Company, database: Database
) -> None:
    for find, text, number in (
        (search.leads, "L17", "L17"),
        (search.leads, "L18@EXAMPLE.com", "L18"),
        (search.orders, "N17", "N17"),
        (search.orders, "c18@example.com", "N18"),
    ):
        with database.work() as work, Looked(work) as looked:
            found = find(work, text)
        assert found[0].number == number
        assert looked.blocks < PAGE


def test_goods_of_many_orders_leave_by_their_keys(full: Company, database: Database) -> None:
    with database.work() as work:
        keys = work.rows("SELECT home_id, order_id, no FROM fulfilment LIMIT 300")
        with Looked(work) as looked:
            work.rows(leaving._GONE, **given(keys, leaving._Named, "asked"))
    assert looked.in_vain < 300
    assert looked.blocks < 5 * 300
