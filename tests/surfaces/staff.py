"""Staff of a small company with work to do: who signs in, and what waits for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.company import INSTALLATION, KETTLE, REPAIR, SKILLET, Company, a_company, a_paid_order
from tests.surfaces.conftest import PASSWORD, Open, Reader

from mainstem import identity, worker
from mainstem.identity import passwords
from mainstem.kit.db import Database
from mainstem.kit.work import Actor
from mainstem.orders import Placed
from mainstem_fulfillment import shipments

ROLES = {"ada": "admin", "fia": "finance", "per": "picker", "li": "lead_desk"}

__all__ = ["INSTALLATION", "KETTLE", "PASSWORD", "REPAIR", "SKILLET", "Staff", "staffed"]


@dataclass
class Staff:
    """The company, its people's ids, and ways to let somebody in."""

    company: Company
    ids: dict[str, int]
    database: Database
    open_app: Open

    def reader(self, name: str, **changes: Any) -> Reader:
        """Ada (admin), Fia (finance), Per (picker) or Li (lead desk), signed in."""
        reader = self.open_app(**changes)
        answer = reader.sign_in(f"{name}@example.com")
        assert answer.status_code == 303, answer.text
        return reader

    def has_second_factor(self, name: str) -> None:
        """From now on; who is signed in stays so. A company that sells asks for one."""
        with self.database.work() as work:
            work.run(
                """INSERT INTO passkey (person_id, credential_id, public_key, sign_count, label, created_at)
                   VALUES (%(id)s, %(key)s, '\\x00', 0, 'Telephone', %(now)s)""",
                id=self.ids[name],
                key=name.encode(),
                now=work.now(),
            )

    def sold(self, *lines: tuple[str, int], **changes: Any) -> Placed:
        """A paid order that has been routed."""
        with self.database.work() as work:
            placed = a_paid_order(work, self.company.shop, *lines, **changes)
        worker.drain(self.database)
        return placed

    def delivered(self, *lines: tuple[str, int]) -> Placed:
        """An order that the client has."""
        placed = self.sold(*lines)
        key = (placed.home_id, placed.order_id, 1)
        with self.database.work(Actor("staff", str(self.ids["per"]))) as work:
            shipments.start_pick(work, key)
            for line in shipments.contents(work, key):
                shipments.pick(work, key, line.sku, quantity=line.quantity)
            shipments.pack(work, key, carrier="PostNord", tracking="SE123")
            shipments.hand_over(work, key)
            shipments.deliver(work, [key])
        worker.drain(self.database)
        return placed

    def pay_account(self, affiliate_id: int, provider: str = "bank") -> None:
        """Where an affiliate is paid."""
        with self.database.work() as work:
            work.run(
                """INSERT INTO pay_account VALUES (%(id)s, %(provider)s, %(account)s, 'SEK',
                                                   'active', %(now)s)""",
                id=affiliate_id,
                provider=provider,
                account=f"account-{affiliate_id}",
                now=work.now(),
            )


def staffed(database: Database, open_app: Open) -> Staff:
    """The small company with four people who can sign in."""
    hashed = passwords.hash_password(PASSWORD)
    with database.work() as work:
        company = a_company(work)
        ids = {}
        for name, role in ROLES.items():
            ids[name] = identity.create_person(
                work, email=f"{name}@example.com", name=name.title(), password_hash=hashed
            )
            identity.grant(work, ids[name], role)
    return Staff(company, ids, database, open_app)


def pick_url(placed: Placed) -> str:
    """The page of an order's first fulfilment."""
    return f"/desk/ship/{placed.home_id}/{placed.order_id}/1"


def order_url(placed: Placed) -> str:
    """The staff's page of an order."""
    return f"/console/orders/{placed.home_id}/{placed.order_id}"


def hidden(page: Any, name: str) -> str:
    """What a hidden field of a page holds."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, name
    return found[1]


def month_passes(clock: Any) -> None:
    """Every hold is over."""
    clock.move(timedelta(days=33))
