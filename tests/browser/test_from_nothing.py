"""From nothing to the first paid commission, for a company that nobody has prepared."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

import mainstem_postgres as postgres
from mainstem import cli_company, identity, running, setup
from mainstem.kit.db import Database
from tests.browser import opening
from tests.browser.conftest import is_told, letting_in, running_company
from tests.browser.guides import Part
from tests.browser.inspector import Inspector
from tests.browser.opening import Says
from tests.browser.people import (
    PATIENCE_SECONDS,
    Company,
    Order,
    Person,
    arrive,
    fill_in_checkout,
    paid_order,
    pay,
)
from tests.setup.rows import Rows, set_up_rows
from tests.setup.test_api import Program
from tests.surfaces.conftest import Open

Enter = Callable[..., Person]
PASSWORD = "ett ljus i varje fönster"


@dataclass(frozen=True)
class Opened:
    """A company that its owner has opened by its pages, and who works there."""

    company: Company
    data: Path
    owner: Person
    colleague: Person
    enter: Enter
    rows: Rows
    folder: Path


@pytest.fixture(scope="module")
def opened(
    browser: Browser, inspector: Inspector, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Opened]:
    """Set up by pages only, from the link that the start has printed."""
    folder = tmp_path_factory.mktemp("nothing")
    with running_company(folder, "--new") as (data, told):
        places = running.addresses(data)
        company = Company(places["web"], places["gateway"], PASSWORD, data)
        with letting_in(browser, company, inspector) as enter:
            owner = enter()
            opening.come_in(owner, is_told(told, r"Set up +(\S+)"), Says(1))
            opening.say_who_you_are(owner, Says(2))
            opening.say_what_you_sell(owner, Says(3))
            opening.say_how_affiliates_are_paid(owner, Says(4))
            colleague = opening.say_the_rest(owner, enter, Says(5))
            mainstem(data, "export", "company", str(folder / "files"))
            rows = set_up_rows(url_of(data))
            yield Opened(company, data, owner, colleague, enter, rows, folder / "files")


def mainstem(data: Path, *command: str) -> str:
    """A command on a company that runs; what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "mainstem", *command],
        env=os.environ | {"MAINSTEM_DATA": str(data)},
        capture_output=True, text=True, timeout=PATIENCE_SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def url_of(data: Path) -> str:
    """The owner's way into the database of a company that runs."""
    server = postgres.find(data / "pg")
    assert server is not None, "its company runs"
    return server.admin_url("mainstem")


def order_and_ship(opened: Opened, says: Part) -> Order:
    client, colleague = opened.enter(phone=True), opened.colleague
    client.go("/s/vinter")
    client.look("new-storefront-home")
    client.page.locator("#goods").get_by_role("link", name=says("Candle"), exact=True).first.click()
    client.look("new-storefront-product")
    client.press(says("Add to basket"))
    client.follow(says("To the checkout"))
    fill_in_checkout(client, "Frida Först")
    client.press(says("Order and pay"))
    assert says("Pays")
    pay(client)
    order = paid_order(client)
    colleague.go("/console")
    colleague.follow(says("Ship"))
    link = colleague.page.get_by_role("link", name=order.number)
    colleague.waits_for(link)
    link.click()
    colleague.press(says("Start picking"))
    expect(colleague.page.locator("[name=code]")).to_be_focused()
    colleague.page.keyboard.type("CANDLE-1")
    colleague.page.keyboard.press("Enter")
    colleague.page.get_by_label("Number on the label").fill("12345")
    colleague.press(says("Close the box"))
    colleague.press(says("The carrier has taken it"))
    assert says("In transit") and says("Mark selected as delivered")
    arrive(colleague, order)
    says.is_done()
    return order


def pay_the_commission(opened: Opened, order: Order, says: Part) -> None:
    owner, affiliate = opened.owner, opened.enter(phone=True)
    assert says("People")
    opening.invite(owner, affiliate, opening.AFFILIATE, button=says("Invite"), link="The link")
    affiliate.go("/portal")
    moved = affiliate.page.locator(".moved", has_text=order.number)
    affiliate.waits_for(moved)
    # SEK 149 with 25 % tax is 119.20 without; 12 % of that, cut to whole öre.
    expect(moved).to_contain_text("+SEK 14.30")
    affiliate.follow(says("My account"))
    affiliate.press(says("Get started"))
    affiliate.page.locator("button[type=submit]").click()
    expect(affiliate.page).to_have_url(re.compile("/portal/account"))
    affiliate.waits_to_see("Ready")
    owner.go("/console")
    owner.page.locator("span", has_text=says("Company time")).get_by_role("link").last.click()
    days = re.search(r"clock (\d+) days", says.text)
    assert days
    owner.fill(days=days[1])
    owner.press("Move the clock forward")
    affiliate.go("/portal/payouts")
    affiliate.waits_for(affiliate.page.locator(".list-row", has_text=says("Paid")))
    affiliate.look("new-portal-payouts")
    says.is_done()


def test_the_first_commission_of_a_new_company_is_paid_out(opened: Opened) -> None:
    order = order_and_ship(opened, Says(6))
    pay_the_commission(opened, order, Says(7))


def test_the_same_company_by_files_only(
    opened: Opened, database: Database, database_url: str, tmp_path: Path
) -> None:
    given = argparse.Namespace(folder=opened.folder, dry_run=False)
    assert cli_company.apply_folder(database, given) == 0
    assert set_up_rows(database_url) == opened.rows
    assert cli_company.export_company(database, argparse.Namespace(folder=tmp_path)) == 0
    files = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert files == {path.name: path.read_text("utf-8") for path in opened.folder.iterdir()}


def test_the_same_company_by_the_api_only(
    opened: Opened,
    database: Database,
    database_url: str,
    open_app: Open,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = argparse.Namespace(label="Our own program", scope=[*identity.SCOPES])
    assert cli_company.issue_key(database, given) == 0
    program = Program(open_app, capsys.readouterr().out.strip())
    for kind, said, _ in setup.read_folder(opened.folder).said:
        path = f"/{kind.name}" if kind.single else f"/{kind.name}/{quote(kind.key_of(said))}"
        answer = program("PUT", path, said.written())
        assert answer.status_code in (200, 201), (path, answer.text)
    assert set_up_rows(database_url) == opened.rows


@pytest.mark.parametrize("no", range(1, 8))
def test_every_part_of_the_guide_names_what_is_on_the_pages(no: int) -> None:
    assert Says(no).left
