"""A database in which clients were bound by whatever was ordered under their addresses."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import psycopg
from tests.company import KETTLE, a_company, a_paid_order, an_order

import mainstem
from mainstem import orders
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import OWNER_ROLE, Database
from mainstem.kit.work import Work
from mainstem.orders import ClientDetails, Placed

MIGRATION = (
    Path(mainstem.__file__).parent / "migrations" / "versions" / "0003_bound_by_delivery.sql"
)


def client(name: str) -> ClientDetails:
    return ClientDetails(name=name, email=f"{name}@example.com")


def delivered(work: Work, placed: Placed) -> None:
    line = orders.LineQuantity(placed.home_id, placed.order_id, 1, 1)
    orders.record_shipment(work, [line])
    orders.record_delivery(work, [line])


def test_only_bindings_that_a_delivered_order_supports_are_kept(
    database: Database, database_url: str, clock: FixedClock
) -> None:
    with database.work() as work:
        company = a_company(work)
        since = work.now()
        sold = a_paid_order(work, company.shop, (KETTLE, 1), client=client("sold"))
        an_order(work, company.shop, (KETTLE, 1), client=client("unpaid"))
        canceled = a_paid_order(work, company.shop, (KETTLE, 1), client=client("canceled"))
        orders.cancel(work, canceled.home_id, canceled.order_id, reason="changed their mind")
        # A stranger's order had bound the client to Birch, who was then credited for what Cedar
        # sold.
        taken = a_paid_order(work, company.shop, (KETTLE, 1), client=client("taken"))
    clock.move(timedelta(days=4))
    with database.work() as work:
        delivered(work, sold)
        delivered(work, taken)
    with psycopg.connect(database_url) as connection:
        connection.execute(f"SET ROLE {OWNER_ROLE}")
        connection.execute(
            "UPDATE orders SET seller_id = %s, upline[1] = %s, attributed_by = 'binding' WHERE id = %s",
            (company.birch, company.birch, taken.order_id),
        )
        connection.execute("DELETE FROM client_binding")
        connection.execute("ALTER TABLE client_binding DROP COLUMN home_id, DROP COLUMN order_id")
        for name, affiliate in (
            ("sold", company.cedar),
            ("unpaid", company.cedar),
            ("canceled", company.cedar),
            ("taken", company.birch),
            ("nobody", company.alder),
        ):
            connection.execute(
                """INSERT INTO client_binding
                   VALUES (%s, %s, %s, %s::timestamptz + interval '365 days', 'storefront')""",
                (f"{name}@example.com", affiliate, since, since),
            )
        connection.execute(MIGRATION.read_text())
    with database.work() as work:
        [kept] = work.rows("SELECT * FROM client_binding")
    assert (kept.client_key, kept.affiliate_id) == ("sold@example.com", company.cedar)
    assert (kept.home_id, kept.order_id, kept.bound_at) == (
        company.cedar,
        sold.order_id,
        clock.now(),
    )
    assert kept.bound_until == clock.now() + timedelta(days=365)
