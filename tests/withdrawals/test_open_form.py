"""The open form: it takes every statement, tells nobody what orders there are, and drowns in none."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from tests.company import KETTLE, a_company, a_paid_order
from tests.surfaces.conftest import (
    Open,
    Reader,
    bare_surfaces,
    light_hashes,
    open_app,
    settings,
    words_of,
)
from tests.surfaces.shopping import a_shop_with_texts, errors_of, hidden, order_link
from tests.withdrawals.stories import state_of

from mainstem import flow, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.orders import Placed
from mainstem.withdrawals import Submitted
from mainstem_affiliates.storefront import withdrawing

__all__ = ["bare_surfaces", "light_hashes", "open_app", "settings"]

ADA = {"name": "Ada Lind", "contact": "ada@example.com", "parts": ""}


class Guest:
    """Somebody without an account in a shop."""

    def __init__(self, reader: Reader, slug: str) -> None:
        self.reader, self.url = reader, f"/s/{slug}/withdraw"
        reader.client.headers["accept-language"] = "en"

    def states(self, **said: str) -> httpx.Response:
        return self.reader.post(self.url, ADA | said)

    def confirms(self, **said: str) -> httpx.Response:
        return self.reader.post(f"{self.url}/confirmation", ADA | said)

    def receipt(self, answer: httpx.Response) -> httpx.Response:
        assert answer.status_code == 303, answer.text
        return self.reader.get(answer.headers["location"])


@pytest.fixture
def shop(database: Database, open_app: Open) -> tuple[Guest, Placed]:
    database.tools = flow.tools()
    with database.work() as work:
        company = a_company(work)
        placed = a_paid_order(work, company.shop, (KETTLE, 1))
    worker.drain(database)
    return Guest(open_app(), a_shop_with_texts(database, company)), placed


def newest(database: Database) -> Submitted:
    with database.work() as work:
        row = work.one("SELECT home_id, id FROM withdrawal ORDER BY recorded_at DESC, id DESC")
    return Submitted(row.home_id, row.id, repeated=False)


def test_a_guest_withdraws_in_two_steps_and_has_a_receipt_with_day_and_time(
    shop: tuple[Guest, Placed], database: Database
) -> None:
    guest, placed = shop
    page = guest.reader.get(guest.url)
    assert page.status_code == 200
    assert "Withdraw from contract" in words_of(page)
    asked = guest.states(number=placed.number)
    assert "Is this what you mean?" in words_of(asked)
    assert ">Confirm withdrawal<" in asked.text.replace("<span>", ">").replace("</span>", "<")
    assert hidden(asked)["number"] == placed.number
    with database.work() as work:
        assert work.value("SELECT count(*) FROM withdrawal") == 0, "nothing is said by one step"
    receipt = guest.receipt(guest.confirms(number=placed.number))
    told = words_of(receipt)
    for words in (
        "2 Mar 2026 10:00",
        "Ada Lind",
        placed.number,
        "ada@example.com",
        "All of",
    ):
        assert words in told, words
    assert receipt.headers["cache-control"] == "no-store"
    worker.drain(database)
    assert state_of(database, newest(database)) == ("accepted", "")


@pytest.mark.parametrize("language", ["en", "sv"])
def test_every_page_of_the_shop_leads_to_it_by_the_words_of_the_law(
    shop: tuple[Guest, Placed], language: str
) -> None:
    guest, placed = shop
    label = {"en": "Withdraw from contract here", "sv": "Ångra avtalet här"}[language]
    button = {"en": "Confirm withdrawal", "sv": "Bekräfta"}[language]
    guest.reader.client.headers["accept-language"] = language
    at = guest.url.removesuffix("/withdraw")
    for page in ("", "/terms", "/withdrawal", "/track", "/basket", "/p/kettle", "/withdraw"):
        text = guest.reader.get(at + page).text
        assert re.search(rf'href="{guest.url}[^"]*">{label}</a>', text), page
    assert (
        f'href="{order_link(placed)}/withdrawal"><span>{label}</span>'
        in guest.reader.get(order_link(placed)).text
    )
    assert f"<span>{button}</span>" in guest.states(number=placed.number).text
    assert "mailto:hello@foundry.example?subject" not in guest.reader.get(f"{at}/withdrawal").text


def test_what_is_missing_is_told_beside_its_field_and_nothing_else_is(
    shop: tuple[Guest, Placed],
) -> None:
    guest, _ = shop
    refused = guest.states(name=" ", number="", contact="")
    assert refused.status_code == 422
    assert errors_of(refused) == {
        "name": "Write your name.",
        "number": "Write the number of your order.",
        "contact": "Write where we send the receipt.",
    }
    # No address is wrong: the statement counts, whatever becomes of its receipt.
    assert guest.confirms(number="none", contact="no address at all").status_code == 303


# ------------------------------------------------------------------------- nothing is told


def seen(answer: httpx.Response, *words: str) -> tuple[int, Any, str]:
    """An answer without what differs by itself: tokens, and what was typed."""
    text = answer.text
    for word in words:
        text = text.replace(word, "_")
    text = re.sub(r'(name="csrf_token" value=")[^"]*', r"\1_", text)
    text = re.sub(r"nonce(?:=\"|-)[\w+/=-]+", "nonce", text)
    headers = {
        name: re.sub(r"(/withdrawal/)[\w.-]+|nonce-[\w+/=-]+", r"\1_", value)
        for name, value in answer.headers.items()
        if name not in ("x-request-id", "set-cookie", "content-length", "etag", "server-timing")
    }
    return answer.status_code, headers, text


def test_no_answer_tells_whether_there_is_such_an_order(
    shop: tuple[Guest, Placed], database: Database
) -> None:
    guest, placed = shop
    others = ["00000-00000", "not a number at all", placed.number]
    answers = []
    for number, contact in [
        (placed.number, "ada@example.com"),
        *((one, "eve@example.com") for one in others),
    ]:
        said = {"number": number, "contact": contact}
        first, second = guest.states(**said), guest.confirms(**said)
        third = guest.receipt(second)
        answers.append([seen(one, number, contact) for one in (first, second, third)])
        worker.drain(database)
        # Also later, when the order was looked for.
        again = guest.confirms(**said)
        answers[-1] += [seen(one, number, contact) for one in (again, guest.receipt(again))]
    for other in answers[1:]:
        assert other == answers[0]


def test_the_same_work_is_done_whether_there_is_such_an_order_or_not(
    shop: tuple[Guest, Placed], database: Database
) -> None:
    """Equal time by equal work: the same statements of SQL, but for their values."""
    guest, placed = shop
    done: list[list[str]] = []
    for number in (placed.number, "00000-00000"):
        with database.work() as work:
            before = work.value("SELECT count(*) FROM fact")
        guest.confirms(number=number)
        with database.work() as work:
            rows = work.rows("SELECT name FROM fact ORDER BY id OFFSET %(n)s", n=before)
        done.append([row.name for row in rows])
    assert done == [["withdrawal.received"]] * 2, "who has an order is looked for by the worker"


# ------------------------------------------------------------------------- matching


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({}, "accepted"),
        ({"contact": "ADA@Example.com"}, "accepted"),
        ({"contact": "new@example.com"}, "accepted"),  # the name agrees
        ({"name": "A. Lind"}, "accepted"),  # the address agrees
        ({"name": "  ada   lind ", "contact": "070"}, "accepted"),
        ({"name": "Eve", "contact": "eve@example.com"}, "received"),
        ({"number": "00000-00000"}, "received"),
        ({"parts": "One of the two"}, "received"),  # in words: the desk reads it
    ],
)
def test_an_order_is_found_by_its_number_and_the_address_or_the_name(
    shop: tuple[Guest, Placed], database: Database, said: dict[str, str], state: str
) -> None:
    guest, placed = shop
    typed = f"#{placed.number.replace('-', ' ').lower()}"
    assert guest.confirms(**({"number": typed} | said)).status_code == 303
    worker.drain(database)
    assert state_of(database, newest(database))[0] == state


def test_the_number_of_another_affiliates_order_is_no_order_here(
    shop: tuple[Guest, Placed], database: Database
) -> None:
    guest, placed = shop
    with database.work() as work:
        slug = work.value("SELECT slug FROM storefront WHERE home_id <> %(h)s", h=placed.home_id)
    Guest(guest.reader, slug).confirms(number=placed.number)
    worker.drain(database)
    made = newest(database)
    assert made.home_id != placed.home_id
    assert state_of(database, made)[0] == "received"


# ------------------------------------------------------------------------- a flood


def test_a_flood_is_slowed_down_and_nobodys_own_statement_is_locked_out(
    shop: tuple[Guest, Placed], database: Database, clock: FixedClock
) -> None:
    guest, placed = shop
    answers = [guest.confirms(number=placed.number, contact=f"e{n}@example.com") for n in range(13)]
    assert [one.status_code for one in answers] == [303] * 10 + [429] * 3
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60, "nobody waits more than a minute"
    told = words_of(answers[-1])
    assert "hello@foundry.example" in told, "another way that counts as well"
    assert hidden(answers[-1], "withdraw/confirmation")["number"] == placed.number, (
        "nothing typed is lost"
    )
    # On the order's own page it goes on, from the same address.
    link = order_link(placed)
    page = guest.reader.get(f"{link}/withdrawal")
    fields = {"name": "Ada Lind", "contact": "ada@example.com", "pieces-1": "1"}
    fields["seen"] = hidden(page)["seen"]
    assert guest.reader.post(f"{link}/withdrawal/confirmation", fields).status_code == 303
    worker.drain(database)
    assert state_of(database, newest(database))[0] == "accepted"


def test_statements_by_thousands_write_to_nobodys_mailbox(
    shop: tuple[Guest, Placed], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mainstem import mail

    guest, placed = shop
    with database.work() as work:
        mail.save_settings(
            work, mail.MailSettings(sender_name="Foundry", sender_address="a@foundry.example")
        )
    monkeypatch.setattr(withdrawing.StatementTries, "wait", lambda self, address: 0)
    for n in range(20):
        guest.confirms(number=f"none {n}", contact="victim@example.com", name="Eve")
    guest.confirms(number=placed.number, contact="victim@example.com")
    worker.drain(database)
    with database.work() as work:
        rows = work.rows(
            """SELECT count(*) AS n FROM mail WHERE recipient = 'victim@example.com'
                  AND reason = 'withdrawal_received'"""
        )
        own = work.value(
            """SELECT count(*) FROM mail WHERE recipient = 'ada@example.com'
                  AND reason = 'withdrawal_received'"""
        )
    assert rows[0].n <= 6, "five for what fits no order, one for what does"
    assert own == 1, "whose order it is gets the receipt, whoever wrote"


def test_a_receipt_opens_by_its_own_link_only(shop: tuple[Guest, Placed]) -> None:
    guest, placed = shop
    token = guest.confirms(number=placed.number).headers["location"].removeprefix("/withdrawal/")
    assert guest.reader.get(f"/order/{token}").status_code == 404
    assert guest.reader.get(f"/withdrawal/{token[:-3]}abc").status_code == 404
    of_order = order_link(placed).removeprefix("/order/")
    assert guest.reader.get(f"/withdrawal/{of_order}").status_code == 404
