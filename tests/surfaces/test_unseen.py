"""What people type and others read holds nothing that cannot be seen, whichever door it comes by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.company import PLAN, a_lead, a_quoted_lead, a_request
from tests.service_jobs.test_jobs import a_finished_job, a_job
from tests.surfaces.conftest import Open, words_of
from tests.surfaces.staff import KETTLE, Staff, order_url, staffed

from mainstem import earnings, identity, leads, network, payouts
from mainstem.kit.db import Database
from mainstem.kit.errors import Refused
from mainstem.kit.work import Work
from mainstem.leads import ConsentGiven
from mainstem.money import Money
from mainstem.plan import book
from mainstem_affiliates.contract import Storefront
from mainstem_affiliates.stores import open_storefront
from mainstem_fulfillment import inventory, jobs, shipments

RIGHT_TO_LEFT, NOTHING, ESCAPE = "\u202e", "\u200b", "\x1b[31m"
TWO_LINES = "The oven.\r\nIt is\tcold: 1\ufe0f\u20e3 ring \u2194\ufe0f none."


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


Door = Callable[[Work, Staff, str], Any]


def _ask(**of: str) -> Door:
    field, how = next(iter(of.items()))
    return lambda work, staff, text: leads.open(
        work, a_request(staff.company.shop, **{field: how.format(text)})
    )


def _consent(field: str) -> Door:
    said = {"text_version": "1", "words": "Yes"}
    return lambda work, staff, text: leads.open(
        work,
        a_request(staff.company.shop, consent=ConsentGiven(given=True, **(said | {field: text}))),
    )


def _of_lead(verb: Callable[..., Any], **named: Any) -> Door:
    def open_door(work: Work, staff: Staff, text: str) -> Any:
        shop = staff.company.shop
        given = {name: text if value is ... else value for name, value in named.items()}
        return verb(work, shop.home_id, a_lead(work, shop), **given)

    return open_door


def _quote(work: Work, staff: Staff, text: str) -> Any:
    shop = staff.company.shop
    lead = a_lead(work, shop)
    leads.qualify(work, shop.home_id, lead)
    return leads.draft_quote(
        work, shop.home_id, lead, amount=Money(100, "SEK"), scope=text, valid_days=9
    )


def _decline(work: Work, staff: Staff, text: str) -> Any:
    shop = staff.company.shop
    lead = a_quoted_lead(work, shop)
    return leads.decline_quote(work, shop.home_id, lead, 1, name="Bo Ek", words=text)


def _object(work: Work, staff: Staff, text: str) -> Any:
    return jobs.dispute(work, a_finished_job(work, staff.company), objection=text)


def _report(work: Work, staff: Staff, text: str) -> Any:
    key = a_job(work, staff.company.shop)
    at = work.now().replace(hour=9) + timedelta(days=1)
    jobs.schedule(work, key, team_id=staff.company.north, starts_at=at, duration=timedelta(hours=1))
    jobs.depart(work, key)
    jobs.arrive(work, key)
    return jobs.finish(work, key, report=text)


MANY_LINES: dict[str, tuple[str, Door]] = {
    "a client's question": ("/message", _ask(message="{}")),
    "the words of a consent": ("/consent/words", _consent("words")),
    "a note on a lead": ("/words", _of_lead(leads.note, words=...)),
    "why a lead was lost": ("/why", _of_lead(leads.lose, reason="not_needed", words=...)),
    "what a price covers": ("/scope", _quote),
    "why a quote was declined": ("/words", _decline),
    "a report": ("/report", _report),
    "an objection": ("/objection", _object),
}


def _pack(field: str) -> Door:
    def open_door(work: Work, staff: Staff, text: str) -> Any:
        [row] = work.rows("SELECT home_id, order_id, no FROM fulfilment WHERE state = 'picked'")
        given = {"carrier": "PostNord", "tracking": "SE1"} | {field: text}
        return shipments.pack(work, (row.home_id, row.order_id, row.no), **given)

    return open_door


def _join(work: Work, staff: Staff, text: str) -> Any:
    return network.join(work, slug="elm", name=text, email="elm@example.com", country="SE")


def _storefront(**of: Any) -> Door:
    def open_door(work: Work, staff: Staff, text: str) -> Any:
        said: dict[str, Any] = {
            "slug": "elm", "name": "Elm", "languages": ["en"], "currency": "SEK",
        }  # fmt: skip
        said |= {name: text if value is ... else value(text) for name, value in of.items()}
        return open_storefront(work, staff.company.cedar, Storefront(**said))

    return open_door


def _rate(work: Work, staff: Staff, text: str) -> Any:
    return payouts.set_rate(work, "EUR", "SEK", "11", source=text, published_at=work.now())


def _review(work: Work, staff: Staff, text: str) -> Any:
    [order] = work.rows("SELECT home_id, id FROM orders WHERE state = 'placed'")
    try:
        return earnings.decide(work, order.home_id, order.id, release=True, words=text)
    except earnings.NothingToReview:
        return None


def _plan(work: Work, staff: Staff, text: str) -> Any:
    return book.publish(work, PLAN | {"name": text}, effective_from=work.now())


def _person(work: Work, staff: Staff, text: str) -> Any:
    return identity.create_person(work, email="elin@example.com", name=text)


def _key(work: Work, staff: Staff, text: str) -> Any:
    shop = staff.company.shop
    return identity.issue_key(work, home_id=shop.home_id, storefront_id=shop.id, label=text)


def _location(work: Work, staff: Staff, text: str) -> Any:
    return inventory.open_location(work, code="UME", name=text, country="SE", position=9)


def _received(work: Work, staff: Staff, text: str) -> Any:
    return inventory.receive(work, staff.company.malmo, [(1, 1)], reference=text)


def _counted(work: Work, staff: Staff, text: str) -> Any:
    return inventory.count(work, staff.company.malmo, 1, 100, reference=text)


ONE_LINE: dict[str, tuple[str, Door]] = {
    "a code beside a question": ("/code", _ask(code="{}")),
    "a link beside a question": ("/link", _ask(link="{}")),
    "the version of a consent": ("/consent/text_version", _consent("text_version")),
    "a carrier": ("/carrier", _pack("carrier")),
    "a label": ("/tracking", _pack("tracking")),
    "an affiliate's name": ("/name", _join),
    "a storefront's name": ("/name", _storefront(name=...)),
    "a rate's source": ("/source", _rate),
    "how somebody knows whose purchase it was": ("/words", _review),
    "a plan's name": ("/name", _plan),
    "a person's name": ("/name", _person),
    "a key's label": ("/label", _key),
    "a location's name": ("/name", _location),
    "a delivery's reference": ("/reference", _received),
    "a stocktake's reference": ("/reference", _counted),
}

STOREFRONT_TEXTS = _storefront(texts=lambda text: {"en": {"about": text}})
DOORS = MANY_LINES | ONE_LINE | {"what a storefront says": ("/texts/en/about", STOREFRONT_TEXTS)}


@pytest.fixture
def picked(staff: Staff) -> Staff:
    """A list of which everything is picked."""
    placed = staff.sold((KETTLE, 1))
    key = (placed.home_id, placed.order_id, 1)
    with staff.database.work() as work:
        shipments.start_pick(work, key)
        shipments.pick(work, key, KETTLE)
    return staff


def _refused(staff: Staff, door: Door, text: str) -> list[tuple[str, str]]:
    with staff.database.work() as work:
        savepoint = work.session.begin_nested()
        try:
            door(work, staff, text)
        except Refused as no:
            return [(one.pointer, str(one.facts.get("character", ""))) for one in no.problems]
        finally:
            savepoint.rollback()
    return []


@pytest.mark.parametrize("name", DOORS)
def test_a_text_that_others_read_holds_nothing_unseen(picked: Staff, name: str) -> None:
    pointer, door = DOORS[name]
    for hidden, character in ((RIGHT_TO_LEFT, "U+202E"), (NOTHING, "U+200B"), (ESCAPE, "U+001B")):
        assert _refused(picked, door, f"Ada{hidden}Lind") == [(pointer, character)]
    lines = [] if name not in ONE_LINE else [(pointer, "U+000A")]
    assert _refused(picked, door, "First line\nsecond line") == lines
    assert _refused(picked, door, "Åsa O'Malley & Co") == []
    if not lines:
        assert _refused(picked, door, TWO_LINES) == []


def _pages(staff: Staff) -> Iterator[tuple[str, str, str]]:
    placed = staff.sold((KETTLE, 1))
    yield "fia", f"{order_url(placed)}/cancellation", "reason"
    with staff.database.work() as work:
        staff.pay_account(staff.company.cedar)
        payout = work.value(
            """INSERT INTO payout (home_id, id, number, period, provider, account, currency,
                                   amount_minor, state, reserved_at)
               VALUES (%(home)s, gen_random_uuid(), 'P1', %(day)s, 'bank', 'a', 'SEK', 100,
                       'reserved', %(now)s) RETURNING id""",
            home=staff.company.cedar,
            day=work.now().date(),
            now=work.now(),
        )
    for step, field in (("confirmation", "reference"), ("cancellation", "reason")):
        yield "fia", f"/console/payouts/{staff.company.cedar}/{payout}/{step}", field


def test_what_staff_write_about_money_can_be_seen_whole(staff: Staff) -> None:
    for name, url, field in _pages(staff):
        reader = staff.reader(name)
        page = reader.post(url, {field: f"Paid{RIGHT_TO_LEFT}back"})
        assert page.status_code == 422, url
        assert "cannot be seen (U+202E)" in words_of(page), url


def test_what_a_client_typed_as_a_code_can_be_seen_by_who_reads_the_order(staff: Staff) -> None:
    with pytest.raises(Refused) as refused:
        staff.sold((KETTLE, 1), code=f"CEDAR{NOTHING}")
    assert [one.pointer for one in refused.value.problems] == ["/code"]
