"""What the database calls a state is told in words, in both languages, wherever a page shows it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import psycopg
import pytest
from tests.catalogs import translations

from mainstem.api.company import money as money_of_company
from mainstem.api.company import orders as orders_of_company
from mainstem.leads.queries import STAGES
from mainstem.leads.rules import LOST_REASONS
from mainstem.paths import TEMPLATES
from mainstem.web.staff import words
from mainstem_affiliates.portal import leads, orders


def badges() -> set[str]:
    """The states that `ui.badge` has words for."""
    text = (TEMPLATES / "components/states.html").read_text()
    return set(re.findall(r'"(\w+)": \(_\(', text))


def labels(template: str, name: str) -> set[str]:
    """The codes that a template tells by a table of its own."""
    found = re.search(rf"set {name} = \{{(.*?)\}} -%\}}", (TEMPLATES / template).read_text(), re.S)
    assert found, (template, name)
    return set(re.findall(r'"(\w+)": ', found[1]))


# table, column, where its codes are told
TOLD = [
    ("orders", "state", badges),
    ("orders", "state", lambda: set(words.ORDER_STATES)),
    ("orders", "payment_status", lambda: set(words.PAYMENT)),
    ("orders", "fulfillment_status", lambda: set(words.FULFILLMENT)),
    ("orders", "attributed_by", lambda: set(words.ATTRIBUTED)),
    ("lead", "attributed_by", lambda: set(words.ATTRIBUTED)),
    ("lead", "state", badges),
    ("lead", "state", lambda: set(words.LEAD_STATES)),
    ("lead", "state", lambda: labels("portal/leads.html", "told")),
    ("quote", "state", badges),
    ("job", "state", badges),
    ("fulfilment", "state", badges),
    ("parcel", "state", badges),
    ("affiliate", "state", badges),
    ("affiliate", "state", lambda: set(words.AFFILIATE_STATES)),
    ("payout", "state", badges),
    ("payout", "provider", lambda: set(words.PROVIDERS)),
    ("payment", "state", lambda: set(words.PAYMENT_STATES)),
    ("payment", "provider", lambda: set(words.PROVIDERS)),
    ("refund", "state", lambda: set(words.REFUND_STATES)),
    ("pay_account", "state", lambda: set(words.ACCOUNT_STATES)),
]


def codes(database_url: str, table: str, column: str) -> set[str]:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            """SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c
                 JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
                WHERE c.contype = 'c' AND c.conrelid = %s::regclass AND a.attname = %s""",
            (table, column),
        ).fetchall()
    found = {code for (text,) in rows for code in re.findall(r"'(\w+)'::text", text)}
    assert found, (table, column)
    return found


def test_every_code_of_the_schema_that_a_page_shows_has_words(database_url: str) -> None:
    for table, column, told in TOLD:
        missing = codes(database_url, table, column) - told()
        assert not missing, (table, column, missing)
    assert set(STAGES) <= badges()
    assert set(STAGES) <= labels("portal/leads.html", "told")
    assert set(LOST_REASONS) <= set(words.LOST)
    assert set(LOST_REASONS) <= labels("portal/leads.html", "why")


@pytest.mark.parametrize(
    ("table", "kind"),
    [("orders", orders_of_company.State), ("payout", money_of_company.State)],
)
def test_a_program_can_narrow_a_list_to_every_state(
    database_url: str, table: str, kind: object
) -> None:
    [choices, _nothing] = get_args(get_args(kind)[0])
    assert set(get_args(choices)) == codes(database_url, table, "state")


# As the gateway's own description lists them (tests/contract/stripe holds it).
DISPUTED = {
    "lost", "needs_response", "prevented", "under_review", "warning_closed", "warning_needs_response",
    "warning_under_review", "won",
}  # fmt: skip
FAILED = {"account_closed", "could_not_process", "declined", "insufficient_funds", "no_account"}


def test_what_the_gateway_calls_it_has_words() -> None:
    assert set(words.DISPUTES) == DISPUTED
    assert set(words.REASONS) >= FAILED


def test_why_the_company_refunds_by_itself_has_words(root: Path) -> None:
    asking = r"(?:give_rest_back|refund_rest|request_refund|Refund\w*)\([^()]*(?:\([^()]*\)[^()]*)*reason=\"(\w+)\""
    found: set[str] = set()
    for folder in ("platform/mainstem/orders", "platform/mainstem/importing", "fulfillment"):
        for path in (root / folder).rglob("*.py"):
            found |= set(re.findall(asking, path.read_text()))
    assert found >= {"canceled", "dispute_lost", "paid_too_late"}, found
    assert found <= set(words.REFUND_REASONS)


def test_the_words_are_there_in_swedish() -> None:
    tables = (
        words.ORDER_STATES, words.PAYMENT, words.FULFILLMENT, words.ATTRIBUTED, words.LEAD_STATES,
        words.PROVIDERS, words.PAYMENT_STATES, words.REFUND_STATES, words.ACCOUNT_STATES,
        words.AFFILIATE_STATES, words.LOST, words.DISPUTES, words.REASONS, words.REFUND_REASONS,
        dict(leads._LEAD_STAGES), dict(orders._ORDER_STATES), orders._EARNS_NOBODY,
    )  # fmt: skip
    said = {one if isinstance(one, str) else one[0] for table in tables for one in table.values()}
    assert sorted(said - {"Stripe", "Bank"} - set(translations())) == []


def test_swedish_has_one_noun_for_an_order(root: Path) -> None:
    texts = [
        *(TEMPLATES / "locale/sv/LC_MESSAGES").glob("*.po"),
        *(root / "platform/mainstem/companies/demo").glob("*.toml"),
        root / "platform/mainstem_gateway/pages/texts.py",
    ]
    assert len(texts) > 8
    for text in texts:
        assert not re.findall(r"[Bb]eställning\w*", text.read_text()), text.name
