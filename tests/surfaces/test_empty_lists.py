"""A company in which nothing has happened yet: every list says what the next step is."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

from tests.setup.test_pages import owner
from tests.surfaces.conftest import Open, Reader, people

from mainstem import setup
from mainstem.kit.db import Database

__all__ = ["owner", "people"]

STAFF_LISTS = [
    "/console", "/console/orders", "/console/payouts", "/console/payouts?tab=paid",
    "/console/payouts?tab=excluded", "/console/affiliates", "/console/ledger", "/console/plan",
    "/console/rates", "/console/refunds", "/console/reviews", "/console/tax", "/console/codes?q=nothing",
    "/console/mail", "/console/search?q=nothing", "/console/audit?kind=rate",
    "/console/network", "/console/network/moves", "/console/network/holding-tank",
    "/desk/ship", "/desk/ship?queue=pack", "/desk/ship/transit", "/desk/ship/holds", "/desk/leads",
    "/desk/jobs", "/desk/jobs?tab=sign-off", "/desk/jobs/board",
    *(f"/console/setup/{one.name}" for one in setup.RESOURCES.values() if not one.single),
]  # fmt: skip
"""Those of the console and the desks."""

PORTAL_LISTS = [
    "/portal/orders", "/portal/leads", "/portal", "/portal/payouts", "/portal/team",
]  # fmt: skip

NEVER_EMPTY = {
    "/console/setup/departments": "every company begins with those of before",
    "/console/setup/staff": "whoever looks is there",
}


def empties(page: Any) -> list[tuple[str, list[str]]]:
    """What a page says where a list is empty, and where each of them leads."""
    found = re.findall(r'<div class="empty">(.*?)</div>', page.text, re.S)
    return [
        (
            " ".join(html.unescape(re.sub(r"<[^>]+>", " ", part)).split()),
            re.findall(r'<a [^>]*href="([^"]+)"', part),
        )
        for part in found
    ]


def without_a_step(reader: Reader, addresses: list[str]) -> list[str]:
    """The addresses whose empty list leads nowhere."""
    lost = []
    for address in addresses:
        page = reader.get(address)
        assert page.status_code == 200, (address, page.status_code)
        found = empties(page)
        if address not in NEVER_EMPTY and not (found and all(to for _, to in found)):
            lost.append(f"{address}: {found or 'says nothing of being empty'}")
        for _, links in found:
            for link in links:
                there = reader.get(html.unescape(link).partition("#")[0] or address)
                assert there.status_code == 200, (address, link, there.status_code)
    return lost


def test_no_list_is_written_without_a_next_step(root: Path) -> None:
    for surface in ("console", "desk", "portal"):
        for path in (root / "templates" / surface).glob("*.html"):
            for said in re.findall(r"ui\.empty\(.*", path.read_text(encoding="utf-8")):
                assert ", (_(" in said or "action=" in said, f"{path.name}: {said[:90]}"


def test_every_empty_list_of_staff_leads_to_the_next_step(
    owner: Reader, database: Database
) -> None:
    assert without_a_step(owner, STAFF_LISTS) == []


def test_every_empty_list_of_an_affiliate_leads_to_the_next_step(
    open_app: Open, people: dict[str, int]
) -> None:
    reader = open_app()
    assert reader.sign_in("elin@example.com").status_code == 303
    assert without_a_step(reader, PORTAL_LISTS) == []
