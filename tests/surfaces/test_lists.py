"""Lists: narrowed, sorted and turned page by page, and read by an index however long they are."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from tests.company import BO, Company, a_company, a_lead, a_paid_order, an_order
from tests.surfaces.conftest import Open, words_of
from tests.surfaces.staff import KETTLE, SKILLET, Staff, staffed

from mainstem import leads
from mainstem.api import queries as api
from mainstem.console import lists, queries, search
from mainstem.kit import paging
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import COMPANY, Work
from mainstem.web.pages import front
from mainstem_affiliates.portal import reads
from mainstem_fulfillment import jobs, shipments


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


def next_url(page: Any) -> str | None:
    found = re.search(r'href="([^"]*)" rel="next"', page.text)
    return html.unescape(found[1]) if found else None


def previous_url(page: Any) -> str | None:
    found = re.search(r'href="([^"]*)" rel="prev"', page.text)
    return html.unescape(found[1]) if found else None


def test_orders_are_turned_forth_and_back_while_new_ones_arrive(
    staff: Staff, monkeypatch: pytest.MonkeyPatch, clock: FixedClock
) -> None:
    monkeypatch.setattr(
        lists.orders, "__kwdefaults__", {**(lists.orders.__kwdefaults__ or {}), "most": 2}
    )
    with staff.database.work() as work:
        # Four of the five share one instant.
        numbers = [an_order(work, staff.company.shop, (KETTLE, 1)).number for _ in range(4)]
        clock.move(timedelta(minutes=1))
        numbers.append(an_order(work, staff.company.shop, (KETTLE, 1)).number)
    fia = staff.reader("fia")

    def shown(page: Any) -> list[str]:
        return re.findall(r">(\w{5}-\w{5})</a>", page.text)

    first = fia.get("/console/orders")
    second = fia.get(next_url(first) or "")
    with staff.database.work() as work:
        clock.move(timedelta(minutes=1))
        newest = an_order(work, staff.company.shop, (SKILLET, 1)).number
    third = fia.get(next_url(second) or "")
    assert sorted(shown(first) + shown(second) + shown(third)) == sorted(numbers)
    assert next_url(third) is None
    assert shown(fia.get(previous_url(third) or "")) == shown(second)
    assert shown(fia.get(previous_url(second) or ""))[0] in (newest, shown(first)[0])
    assert shown(fia.get("/console/orders"))[0] == newest
    oldest = fia.get("/console/orders?sort=oldest")
    assert shown(oldest)[0] in numbers[:4]


def test_the_front_page_shows_every_storefront_some_at_a_time(
    staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "SHOPS_MAX", 2)
    with staff.database.work() as work:
        slugs = [
            row.slug for row in work.rows("SELECT slug FROM storefront WHERE active ORDER BY id")
        ]
    assert len(slugs) > 2
    stranger, seen = staff.open_app(), []
    url: str | None = "/"
    while url:
        page = stranger.get(url)
        found = re.findall(r'<a href="/s/([^"]+)">', page.text)
        assert 0 < len(found) <= 2
        seen += found
        url = next_url(page)
    assert seen == slugs


# what the address says → which of the three orders stand there
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "paid waiting euro"),
        ("state=placed", "paid"),
        ("state=pending", "waiting euro"),
        ("state=nonsense", "paid waiting euro"),
        ("currency=EUR", "euro"),
        ("storefront={alder}", "euro"),
        ("q=Bo+Ek", "waiting"),
        ("q=nobody+at+all", ""),
        ("from=2026-03-03", ""),
        ("to=2026-03-01", ""),
        ("from=2026-03-02&to=2026-03-02", "paid waiting euro"),
        ("from=0001-01-01&to=9999-12-31", "paid waiting euro"),
        ("from=x&page=nonsense&sort=up", "paid waiting euro"),
        ("payment=refunded", ""),
        ("state=pending&currency=SEK&q=Bo", "waiting"),
    ],
)
def test_orders_are_narrowed_by_what_people_ask(staff: Staff, query: str, expected: str) -> None:
    company = staff.company
    with staff.database.work() as work:
        orders = {
            "paid": a_paid_order(work, company.shop, (KETTLE, 1)),
            "waiting": an_order(work, company.shop, (KETTLE, 1), client=BO),
            "euro": an_order(work, company.alder_shop, (KETTLE, 1)),
        }
    page = staff.reader("fia").get(f"/console/orders?{query.format(alder=company.alder_shop.id)}")
    assert page.status_code == 200
    words = words_of(page)
    assert {name for name, one in orders.items() if one.number in words} == set(expected.split())
    if not expected:
        assert "No orders match" in words


LISTS = [
    "/console/orders", "/console/payouts", "/console/payouts?view=all", "/console/refunds",
    "/console/ledger", "/console/ledger/0/sales/SEK", "/console/affiliates", "/console/facts",
    "/console/facts?waiting=x", "/desk/ship", "/desk/ship?queue=all", "/desk/ship/transit",
    "/desk/leads", *(f"/desk/leads?view={stage}" for stage in leads.queries.STAGES), "/desk/jobs",
    "/desk/jobs?view=sign-off",
]  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_every_list_of_staff_takes_any_cursor_and_filter(staff: Staff, path: str) -> None:
    with staff.database.work() as work:
        a_lead(work, staff.company.shop)
    ada = staff.reader("ada")
    for value in ("x", "AAAA", "\u2028", "²", "9" * 40, "WyJuZXdlc3QiLDAsMSwyLDNd"):
        params = dict.fromkeys(("page", "from", "to", "q", "state", "sort", "service"), value)
        answer = ada.client.get(path, params=params, headers={"accept": "text/html"})
        assert answer.status_code == 200, (path, value)


# ------------------------------------------------------------------------- many rows

MANY = 12_000


def multiplied(connection: psycopg.Connection[Any], table: str, changed: dict[str, str]) -> None:
    """The one row of a table, `MANY` times more, with what each has of its own."""
    columns = [
        str(name)
        for (name,) in connection.execute(
            """SELECT column_name FROM information_schema.columns
                WHERE table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position""",
            (table,),
        ).fetchall()
    ]
    taken = [changed.get(name, f"o.{name}") for name in columns]
    connection.execute(
        f"""INSERT INTO {table} ({", ".join(columns)}) SELECT {", ".join(taken)}
              FROM {table} o, generate_series(1, {MANY}) n"""
    )


def grown(url: str, company: Company) -> None:
    """The company after a year: rows made of the few that there are, by the thousand."""
    with psycopg.connect(url, autocommit=True) as connection:
        multiplied(connection, "orders", {
            "id": "gen_random_uuid()", "number": "'N' || n", "external_id": "NULL",
            "placed_at": "now() - n * interval '10 minutes'",
            "client_key": "'c' || n || '@example.com'",
            "client": "jsonb_build_object('name', 'Client Number' || n, 'phone', '0701' || n + 100000)",
        })  # fmt: skip
        multiplied(connection, "lead", {
            "id": "gen_random_uuid()", "number": "'L' || n", "external_id": "NULL", "state": "'lost'",
            "created_at": "now() - n * interval '1 hour'", "lost_reason": "'no_answer'",
            "client_key": "'l' || n || '@example.com'", "closed_at": "now()",
            "client": "jsonb_build_object('name', 'Lead Number' || n)",
        })  # fmt: skip
        connection.execute(
            """INSERT INTO fact (home_id, id, name, subject, actor, work_id, happened_at, recorded_at)
               SELECT home_id, gen_random_uuid(), 'order.placed', id::text, 'client', id, placed_at, placed_at
                 FROM orders"""
        )
        # What the clock did is newer than anything that anybody else did, and as much.
        connection.execute(
            """INSERT INTO fact (home_id, id, name, subject, actor, work_id, happened_at)
               SELECT 0, ('ffffffff-ffff-7fff-bfff-' || lpad(to_hex(n), 12, '0'))::uuid,
                      'clock.sweep', n::text, 'system',
                      gen_random_uuid(), now() FROM generate_series(1, %s) n""",
            (MANY,),
        )
        connection.execute(
            """INSERT INTO earning (home_id, source_id, rule, level, no, beneficiary_id, kind,
                 currency, amount_minor, base_minor, returned_minor, rate_bp, plan_version, held_until,
                 explanation, credited_at)
               SELECT home_id, id, 'goods', 0, 1, seller_id, 'credit', currency, 100, 1000, 0, 1000,
                      plan_version, '2027-01-01', '{"message": "m", "facts": {"order": "N"}}', placed_at
                 FROM orders"""
        )
        connection.execute(
            """INSERT INTO payout (home_id, id, number, period, provider, account, currency,
                                   amount_minor, state, reserved_at)
               SELECT %s, gen_random_uuid(), 'P' || n, '2020-01-01'::date + n, 'bank', 'a', 'SEK', 1,
                      'paid', now() - n * interval '1 hour' FROM generate_series(1, %s) n""",
            (company.cedar, MANY // 3),
        )
        connection.execute("VACUUM ANALYZE")


READS: dict[str, Callable[[Work, Company], Any]] = {
    "orders": lambda w, c: lists.orders(w),
    "orders, oldest": lambda w, c: lists.orders(w, sorting=lists.ORDER_SORTINGS["oldest"]),
    "orders canceled": lambda w, c: lists.orders(w, state="canceled"),
    "orders pending": lambda w, c: lists.orders(w, state="pending"),
    "orders refunded": lambda w, c: lists.orders(w, payment="refunded"),
    "orders of a storefront": lambda w, c: lists.orders(w, storefront=c.alder_shop.id),
    "orders in euro": lambda w, c: lists.orders(w, currency="EUR"),
    "orders of a client": lambda w, c: lists.orders(w, text="Number777"),
    "search orders": lambda w, c: search.orders(w, "070 117 77"),
    "search leads": lambda w, c: search.leads(w, "l77@example.com"),
    "search affiliates": lambda w, c: search.affiliates(w, "Cedar"),
    "search payouts": lambda w, c: search.payouts(w, "7KQ2M-94TXD"),
    "search goods": lambda w, c: search.goods(w, "KETTLE", locale="en"),
    "search fulfilments": lambda w, c: search.fulfilments(w, "7KQ2M-94TXD"),
    "payouts": lambda w, c: lists.payouts(w),
    "payouts held": lambda w, c: lists.payouts(w, states=["on_hold", "failed"]),
    "refunds": lambda w, c: lists.owed_back(w),
    "affiliates": lambda w, c: lists.affiliates(w),
    "facts": lambda w, c: lists.facts(w),
    "facts about": lambda w, c: lists.facts(w, subject="x"),
    "facts of the clock": lambda w, c: lists.facts(w, clock=True),
    "facts of a kind that is rare": lambda w, c: lists.facts(w, kind="setup"),
    "facts of a kind that is not": lambda w, c: lists.facts(w, kind="order"),
    "facts by somebody": lambda w, c: lists.facts(w, actor="staff:1"),
    "facts by nobody, of a kind": lambda w, c: lists.facts(w, actor="staff:1", kind="order"),
    "what waits": lambda w, c: queries.what_waits(w, queries.PARTS),
    "a client": lambda w, c: queries.client(w, "c77@example.com"),
    "a client's orders": lambda w, c: lists.orders_of_client(w, "c77@example.com"),
    "a client's leads": lambda w, c: lists.leads_of_client(w, "l77@example.com"),
    "what an affiliate was credited": lambda w, c: queries.orders_credited(w, c.cedar),
    "what an article sold": lambda w, c: queries.sales(w, 1),
    "search clients": lambda w, c: search.clients(w, "c77@example.com"),
    "search people": lambda w, c: search.people(w, "Cedar"),
    "facts in trouble": lambda w, c: lists.in_trouble(w),
    "leads lost": lambda w, c: leads.queries.listed(w, "lost", locale="en"),
    "leads to follow up": lambda w, c: leads.queries.listed(w, "follow_up", locale="en"),
    "lead counts": lambda w, c: leads.queries.stage_counts(w),
    "to do": lambda w, c: shipments.to_do(w),
    "in transit": lambda w, c: shipments.in_transit(w),
    "jobs": lambda w, c: jobs.queries.unscheduled(w),
}
THEIRS: dict[str, Callable[[Work, Company], Any]] = {
    "their orders": lambda w, c: reads.orders(w, reads.me(w)),
    "their movements": lambda w, c: reads.movements(w, reads.me(w)),
    "their leads": lambda w, c: leads.queries.introduced(w, c.cedar, locale="en"),
    "their payouts": lambda w, c: reads.payouts(w, reads.me(w)),
    "their team": lambda w, c: reads.team(w, reads.me(w)),
    "the API's orders": lambda w, c: api.orders(
        w, home=c.cedar, storefront=c.shop.id, cursor=None, most=50
    ),
    "the API's leads": lambda w, c: api.leads(
        w, home=c.cedar, storefront=c.shop.id, cursor=None, most=50
    ),
}
BUFFERS_MAX = 1_500
"""Pages of 8 kB that one list may touch. Reading the history would be several thousand."""


class Watched:
    """Asks how each statement of a Work was carried out, and keeps what it cost."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.buffers: list[tuple[int, str]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.work, name)

    def rows(self, sql: str, **values: Any) -> list[Any]:
        [[told]] = self.work.rows(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", **values)
        plan = told[0]["Plan"]
        self.buffers.append((plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], sql))
        return self.work.rows(sql, **values)

    rows_as = Work.rows_as

    def row(self, sql: str, **values: Any) -> Any:
        rows = self.rows(sql, **values)
        return rows[0] if rows else None

    def value(self, sql: str, **values: Any) -> Any:
        row = self.row(sql, **values)
        return row[0] if row else None


@pytest.fixture
def full(database: Database, database_url: str) -> Iterator[tuple[Database, Company]]:
    with database.work() as work:
        company = a_company(work)
        an_order(work, company.shop, (KETTLE, 1))
        a_lead(work, company.shop)
    grown(database_url, company)
    yield database, company


def test_no_list_reads_the_history(full: tuple[Database, Company]) -> None:
    database, company = full
    for home, asked in ((COMPANY, READS), (company.cedar, THEIRS)):
        for name, read in asked.items():
            with database.work(home=home) as work:
                watched = Watched(work)
                first = read(watched, company)  # type: ignore[arg-type]
                worst, sql = max(watched.buffers)
                assert worst < BUFFERS_MAX, f"{name}: {worst} buffers\n{sql}"
                if isinstance(first, paging.Page) and first.next:
                    assert len(first.rows) >= 20, name
