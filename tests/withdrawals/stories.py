"""What clients and the desk do in the tests of withdrawals, in the trade's words."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.harness import Harness

from mainstem import mail, withdrawals
from mainstem.kit.db import Database
from mainstem.kit.work import CLIENT, Actor
from mainstem.mail import MailSettings
from mainstem.orders import LineQuantity, Placed, record_delivery, record_shipment
from mainstem.withdrawals import Statement, Submitted, TakenBack

DESK = Actor("system", "")


def withdraws(
    database: Database, placed: Placed, pieces: dict[int, int], *, seen: int | None = None
) -> Submitted:
    """The client withdraws from these pieces on the order's own page."""
    with database.work(CLIENT) as work:
        count = work.value(
            "SELECT count(*) FROM withdrawal WHERE order_id = %(id)s", id=placed.order_id
        )
        return withdrawals.submit(
            work,
            Statement(
                home_id=placed.home_id,
                storefront_id=_shop(work, placed),
                channel="order_page",
                locale="sv",
                name="Ada Lind",
                number=placed.number,
                contact="ada@example.com",
                lines=pieces,
                order_id=placed.order_id,
                seen=count if seen is None else seen,
            ),
        )


def says(database: Database, placed: Placed, **changes: str) -> Submitted:
    """Somebody withdraws in the open form."""
    said = {"name": "Ada Lind", "number": placed.number, "contact": "ada@example.com", "parts": ""}
    said |= changes
    with database.work(CLIENT) as work:
        return withdrawals.submit(
            work,
            Statement(
                home_id=placed.home_id,
                storefront_id=_shop(work, placed),
                channel="form",
                locale="sv",
                name=said["name"],
                number=said["number"],
                contact=said["contact"],
                parts=said["parts"],
            ),
        )


def _shop(work: Any, placed: Placed) -> int:
    return int(work.value("SELECT storefront_id FROM orders WHERE id = %(id)s", id=placed.order_id))


def takes_back(
    database: Database, made: Submitted, lines: dict[int, TakenBack] | None = None, **more: Any
) -> None:
    """The desk takes back what came back; without lines everything."""
    with database.work(DESK) as work:
        withdrawals.accept(work, made.home_id, made.id, lines=lines, **more)


def writes_mail(database: Database) -> None:
    """The company has said whom its mail is from."""
    said = MailSettings(sender_name="Foundry", sender_address="foundry@example.com")
    with database.work() as work:
        mail.save_settings(work, said)


def sends(database: Database, placed: Placed, pieces: dict[int, int]) -> None:
    """These pieces leave and arrive."""
    moved = [
        LineQuantity(placed.home_id, placed.order_id, no, count) for no, count in pieces.items()
    ]
    with database.work(DESK) as work:
        record_shipment(work, moved)
        record_delivery(work, moved)


def state_of(database: Database, made: Submitted) -> tuple[str, str]:
    """What became of it, and why."""
    with database.work() as work:
        row = work.one("SELECT state, reason FROM withdrawal WHERE id = %(id)s", id=made.id)
    return row.state, row.reason


def pieces_of(database: Database, made: Submitted) -> list[tuple[int, ...]]:
    """Of each line: withdrawn from, canceled, returned, declined, and the money that went back."""
    with database.work() as work:
        rows = work.rows(
            """SELECT line_no, quantity, canceled, returned, declined, refunded_minor
                 FROM withdrawal_line WHERE withdrawal_id = %(id)s ORDER BY line_no""",
            id=made.id,
        )
    return [tuple(row) for row in rows]


def given_back(database: Database, order_id: UUID) -> int:
    """All that was asked to go back of an order, in minor units."""
    with database.work() as work:
        return int(
            work.value(
                """SELECT coalesce(sum(amount_minor), 0)::bigint FROM refund
                    WHERE order_id = %(id)s AND state <> 'failed'""",
                id=order_id,
            )
        )


def earned(harness: Harness) -> int:
    """What the seller has of all commissions."""
    return int(
        harness.rows(
            "SELECT coalesce(sum(amount_minor), 0)::int AS net FROM earning WHERE level = 0"
        )[0].net
    )
