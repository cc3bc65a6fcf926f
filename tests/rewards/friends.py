"""A company whose plan rewards whoever sends a friend, and clients who do."""

from __future__ import annotations

from typing import Any

from tests.company import KETTLE, Company, a_paid_order
from tests.earnings.test_rules_of_a_plan import a_rule, publish
from tests.earnings.test_settling import deliver

from mainstem import referrals, store_credit, worker
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.orders import Address, ClientDetails, Placed

ADA_KEY = "ada@example.com"


def a_programme(work: Work, **more: Any) -> None:
    """Whoever sends a friend gets 10 %, 150.00 at most; the friend 5 %; commission stands beside it."""
    said = {
        "referrer": {"rate_bp": 1000, "most_minor": {"SEK": 15_000}},
        "friend": {"rate_bp": 500},
        "hold_days": 30,
        "friends_a_year": 10,
        "commission": "stands_beside",
        "spent": "company_bears",
    } | more.pop("programme", {})
    rules = more.pop("rules", None) or [a_rule("all", *more.pop("rates", (1000,)))]
    publish(work, *rules, refer_a_friend=said, **more)


def a_friend(name: str) -> tuple[ClientDetails, Address]:
    """Somebody with an e-mail, a telephone and a door of their own."""
    number = sum(map(ord, name)) % 90 + 10
    return (
        ClientDetails(name=name.title(), email=f"{name}@friends.example", phone=f"070-174 07 {number}"),
        Address(line1=f"{name.title()}gatan {number}", postal_code="114 55", city="Stockholm", country="SE"),
    )  # fmt: skip


def code_of_ada(database: Database) -> str:
    with database.work() as work:
        return referrals.client_code(work, ADA_KEY)


def a_friends_order(
    database: Database, company: Company, code: str, name: str = "bo", *, many: int = 1, **more: Any
) -> Placed:
    """A friend's order of kettles, paid, and delivered unless it is said otherwise."""
    client, address = a_friend(name)
    with database.work() as work:
        placed = a_paid_order(
            work, company.shop, (KETTLE, many), client=more.pop("client", client),
            address=more.pop("address", address), code=code,
        )  # fmt: skip
        if more.get("delivered", True):
            deliver(work, placed, (1, many))
    worker.drain(database)
    return placed


def stands(database: Database, placed: Placed) -> dict[str, int]:
    """What stands of the rewards of an order, by side."""
    with database.work() as work:
        rows = work.rows(
            """SELECT side, sum(amount_minor)::bigint AS minor FROM reward
                WHERE order_id = %(order)s GROUP BY 1 HAVING sum(amount_minor) <> 0""",
            order=placed.order_id,
        )
    return {row.side: row.minor for row in rows}


def credit_of(database: Database, key: str = ADA_KEY) -> tuple[int, int, int]:
    """What a client has in kronor: (usable, held, owed)."""
    with database.work() as work:
        for one in store_credit.balances_of(work, key):
            if one.currency == "SEK":
                return one.usable_minor, one.held_minor, one.owed_minor
    return 0, 0, 0
