"""In a real browser: a scanner that types, keys that walk, and pages without barriers."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from tests.company import BO, a_lead, a_paid_order, a_quoted_lead
from tests.surfaces.conftest import PASSWORD, Open
from tests.surfaces.staff import KETTLE, REPAIR, SKILLET, Staff, order_url, pick_url, staffed
from tests.waits import PATIENCE

from mainstem import audit, checks, earnings, worker
from mainstem.app import create_app
from mainstem.kit.db import Database
from mainstem.kit.settings import Settings
from mainstem.kit.work import Work
from mainstem.orders import ClientDetails, Placed

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser
AXE = Path(__file__).parents[1] / "browser" / "axe" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


@pytest.fixture
def address(staff: Staff, settings: Settings) -> Iterator[str]:
    """Where the application is served to a browser on this machine."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    app = create_app(replace(settings, public_url=url, port=port), staff.database)
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    end = time.monotonic() + PATIENCE
    while not server.started and time.monotonic() < end:
        time.sleep(0.05)
    yield url
    server.should_exit = True
    thread.join(PATIENCE)


@pytest.fixture
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or None, args=["--no-sandbox"]
        )
        yield chromium
        chromium.close()


def enter(browser: Any, address: str, name: str, **options: Any) -> Any:
    """Somebody signed in, at their browser. Anything it complains of fails the test at its end."""
    page = browser.new_context(**options).new_page()
    page.goto(f"{address}/sign-in")
    page.fill("[name=email]", f"{name}@example.com")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


def scan(page: Any, code: str) -> None:
    """A scanner types faster than a hand, wherever the focus is, and presses Enter."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def test_scans_follow_each_other_and_the_field_keeps_its_focus(
    staff: Staff, address: str, browser: Any
) -> None:
    placed = staff.sold((KETTLE, 3), (SKILLET, 1))
    page = enter(browser, address, "per")
    page.goto(address + pick_url(placed))
    page.click("text=Start picking")
    code = page.locator("#code")
    sync_api.expect(code).to_be_focused()

    scan(page, KETTLE)
    sync_api.expect(page.locator("#said")).to_have_text("KETTLE-1: 1 of 3")
    sync_api.expect(code).to_have_value("")
    sync_api.expect(code).to_be_focused()
    page.locator("#quantity").focus()
    scan(page, "7312345678901")
    sync_api.expect(page.locator("#said")).to_have_text("7312345678901 is not on this pick list.")
    page.locator("#quantity").focus()
    scan(page, KETTLE)
    scan(page, "WRONG-1")
    sync_api.expect(page.locator("#said")).to_have_text("WRONG-1 is not on this pick list.")
    sync_api.expect(page.locator("#said")).to_have_class("scan-said is-bad")
    missed = page.locator("#missed li")
    sync_api.expect(missed).to_have_text(["7312345678901 is not on this pick list."])
    page.click("text=I have seen it")
    sync_api.expect(page.locator("#missed")).to_be_hidden()
    page.fill("#quantity", "0")
    page.fill("#code", KETTLE)
    page.press("#code", "Enter")
    sync_api.expect(page.locator("#said")).to_have_text("Count in whole pieces.")
    sync_api.expect(code).to_have_value("")
    sync_api.expect(page.locator(".now-count strong")).to_have_text("2")
    sync_api.expect(page.locator("#quantity")).to_have_value("1")
    code.focus()
    scan(page, KETTLE)
    sync_api.expect(page.locator(".now-sku")).to_have_text(SKILLET)
    scan(page, KETTLE)
    sync_api.expect(page.locator("#said")).to_have_text("All of KETTLE-1 is picked already.")
    scan(page, SKILLET)
    sync_api.expect(page.locator("#field-tracking")).to_be_focused()
    page.fill("#field-carrier", "PostNord")
    page.locator("h1").click()
    scan(page, "SE0042")
    sync_api.expect(page.locator("#field-tracking")).to_have_value("SE0042")
    page.keyboard.press("Enter")
    sync_api.expect(page.locator("text=The carrier has taken it")).to_be_visible()


def test_the_pages_are_walked_by_keys(staff: Staff, address: str, browser: Any) -> None:
    first, second = staff.sold((KETTLE, 1)), staff.sold((SKILLET, 1))
    numbers = {first.number, second.number}
    page = enter(browser, address, "ada")
    page.goto(f"{address}/desk/ship")
    page.keyboard.press("j")
    page.wait_for_selector("tr.is-current")
    page.keyboard.press("j", delay=60)
    rows = page.locator("[data-rows] > *")
    sync_api.expect(rows.nth(1)).to_have_class("is-current")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/ship/*/*/*")
    assert page.locator("h1").inner_text() in numbers
    page.keyboard.press("?")
    sync_api.expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/", delay=60)
    sync_api.expect(page.locator("#palette-text")).to_be_focused()
    page.keyboard.type(first.number, delay=60)
    sync_api.expect(page.get_by_role("option", name=first.number).first).to_be_visible()
    page.keyboard.press("Enter", delay=60)
    page.wait_for_url("**/console/orders/*/*")


LOOKS = [
    ({"viewport": {"width": 390, "height": 844}, "color_scheme": "light"}, "en"),
    ({"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"}, "sv"),
]


def a_held_order(work: Work, staff: Staff) -> Placed:
    """An order to the address of an own purchase of Cedar's."""
    cedar = ClientDetails("Cedar", "cedar@affiliates.example")
    for client in (cedar, BO):
        placed = a_paid_order(work, staff.company.shop, (KETTLE, 1), client=client)
        earnings.hold_for_review(work, [(placed.home_id, placed.order_id)])
    return placed


def something_differs(work: Work) -> None:
    """A cent more than was earned, for the audit to find."""
    work.run(
        """INSERT INTO earning (home_id, source_id, rule, level, no, beneficiary_id, kind, currency,
                                amount_minor, base_minor, returned_minor, rate_bp, plan_version,
                                held_until, explanation, credited_at)
           SELECT home_id, source_id, rule, level, 9, beneficiary_id, kind, currency, 1, base_minor,
                  returned_minor, rate_bp, plan_version, held_until, explanation, credited_at
             FROM earning WHERE level = 1 AND kind = 'credit'"""
    )


@pytest.mark.parametrize(("options", "lang"), LOOKS, ids=["phone", "desk-dark-swedish"])
def test_no_page_has_a_barrier_or_runs_out_of_the_screen(
    staff: Staff, address: str, browser: Any, options: dict[str, Any], lang: str
) -> None:
    delivered, open_ = staff.delivered((KETTLE, 2)), staff.sold((SKILLET, 1), (REPAIR, 1))
    staff.pay_account(staff.company.cedar)
    with staff.database.work() as work:
        lead = a_lead(work, staff.company.shop)
        quoted = a_quoted_lead(work, staff.company.birch_shop, client=BO)
        job = work.one("SELECT home_id, order_id, line_no FROM job")
        held = a_held_order(work, staff)
        checks.request(work)
        something_differs(work)
        audit.request(work)
    worker.drain(staff.database)
    cedar, birch = staff.company.cedar, staff.company.birch
    paths = [
        "/console", "/console/orders", order_url(delivered), order_url(held),
        "/console/reviews", "/console/search?q=nothing",
        "/console/payouts", "/console/ledger", f"/console/ledger/{cedar}/pending/SEK",
        "/console/affiliates", f"/console/affiliates/{cedar}", "/console/plan", "/console/facts",
        "/console/clock", "/desk/ship", "/desk/ship/transit", pick_url(open_),
        pick_url(delivered), "/desk/leads", "/desk/leads?view=lost", f"/desk/leads/{cedar}/{lead}",
        f"/desk/leads/{birch}/{quoted}", "/desk/jobs", "/desk/jobs/board",
        f"/desk/jobs/{job.home_id}/{job.order_id}/{job.line_no}",
    ]  # fmt: skip
    page = enter(browser, address, "ada", bypass_csp=True, **options)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(f"{page.url} {error}"))
    for path in paths:
        page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={lang}")
        page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            complaints.append(f"{path} is wider than the screen")
        page.evaluate(AXE.read_text())
        found = page.evaluate(
            """rules => axe.run(document, {runOnly: rules}).then(r => r.violations.map(
                 v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 120)).join(' | ')))""",
            RULES,
        )
        complaints += [f"{path} {violation}" for violation in found]
    assert complaints == []
