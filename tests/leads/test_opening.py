"""A client asks for a service: what is kept, what is refused, and who introduced them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from tests.company import (
    ADA,
    BO,
    HOME,
    Company,
    a_company,
    a_lead,
    a_quoted_lead,
    a_request,
    a_shop,
)
from tests.waits import PATIENCE

from mainstem import leads
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput, NotFound
from mainstem.kit.idempotency import IdempotencyMismatch
from mainstem.leads import (
    AskedTooOften,
    ConsentGiven,
    ExternalIdTaken,
    Lead,
    NotTheSameRequest,
    Opened,
)
from mainstem.money import Money
from mainstem.orders import Address, ClientDetails


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


def test_a_request_becomes_a_new_lead_with_its_consent_and_its_introducer(
    database: Database, company: Company
) -> None:
    wanted = a_request(
        company.shop,
        client=ClientDetails(name=" Ada Lind ", email=" Ada@Example.COM ", phone="070-174 06 05"),
        address=Address(line1="Storgatan 1", postal_code="11455", city="Stockholm", country="se"),
        message="It hums.",
        wanted_on=date(2026, 3, 9),
    )
    with database.work() as work:
        opened = leads.open(work, wanted)

    with database.work() as work:
        lead = work.get(Lead, (company.cedar, opened.lead_id))
        consent = work.row("SELECT * FROM consent WHERE lead_id = %(id)s", id=lead.id)
        facts = work.rows("SELECT name, home_id FROM fact WHERE subject = %(id)s", id=str(lead.id))
    assert opened == Opened(company.cedar, lead.id, lead.number, "new", replayed=False)
    assert lead.client == {"name": "Ada Lind", "email": "Ada@Example.COM", "phone": "070-174 06 05"}
    assert (lead.client_key, lead.phone_key) == ("ada@example.com", "+46701740605")
    assert lead.address["postal_code"] == "114 55"
    assert lead.address["country"] == "SE"
    assert (lead.message, lead.wanted_on) == ("It hums.", date(2026, 3, 9))
    assert (lead.seller_id, lead.attributed_by) == (company.cedar, "storefront")
    assert consent is not None
    assert (consent.text_version, consent.words, consent.address) == (
        "2026-01",
        "You may contact me about this.",
        "192.0.2.7",
    )
    assert [tuple(fact) for fact in facts] == [("lead.opened", company.cedar)]


def test_everything_wrong_with_a_request_is_named_at_once(
    database: Database, company: Company
) -> None:
    wanted = a_request(
        company.shop,
        key="short",
        product="teleportation",
        client=ClientDetails(name=" ", email="ada@example", phone="12"),
        address=Address(line1="", postal_code="1145", city="", country="SE"),
        consent=ConsentGiven(given=False, text_version="", words=""),
        locale="fi",
        currency="USD",
        wanted_on=date(2026, 3, 1),
        message="x" * 4001,
    )
    with pytest.raises(InvalidInput) as refused, database.work() as work:
        leads.open(work, wanted)
    assert [(problem.pointer, problem.code) for problem in refused.value.problems] == [
        ("/key", "invalid_field"),
        ("/product", "unknown_service"),
        ("/currency", "currency_not_supported"),
        ("/locale", "invalid_field"),
        ("/message", "too_long"),
        ("/wanted_on", "in_the_past"),
        ("/client/name", "missing"),
        ("/client/email", "email_invalid"),
        ("/address/line1", "missing"),
        ("/address/city", "missing"),
        ("/address/postal_code", "postal_code_invalid"),
        ("/consent/given", "consent_required"),
        ("/consent/words", "consent_required"),
    ]
    assert all("{" not in problem.text() for problem in refused.value.problems)


BAD_CODE = Address("Gatan 1", "1", "Lund", "SE")


def ada(**changes: str) -> dict[str, Any]:
    return {"client": ClientDetails(**({"name": "Ada", "email": "ada@example.com"} | changes))}


def consent(*, given: bool = True, words: str = "Yes") -> dict[str, Any]:
    return {"consent": ConsentGiven(given=given, text_version="1", words=words)}


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"product": "kettle"}, "/product", "unknown_service"),
        (ada(email="a b@example.com"), "/client/email", "email_invalid"),
        (ada(email=f"{'a' * 65}@example.com"), "/client/email", "email_invalid"),
        (ada(name="A" * 201), "/client/name", "too_long"),
        (ada(name="Ada\nLind"), "/client/name", "invalid_field"),
        (ada(name="Ada\u202ednil"), "/client/name", "invalid_field"),
        (ada(email="\u200bada@example.com"), "/client/email", "email_invalid"),
        ({"address": Address("Gatan 1", "1", "Lund", "XX")}, "/address/country", "invalid_field"),
        ({"address": BAD_CODE}, "/address/postal_code", "postal_code_invalid"),
        (consent(words=" "), "/consent/words", "consent_required"),
        (consent(given=False), "/consent/given", "consent_required"),
        ({"external_id": ""}, "/external_id", "invalid_field"),
    ],
)  # fmt: skip
def test_a_request_with_one_fault_is_refused_for_it(
    database: Database, company: Company, changes: dict[str, Any], pointer: str, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused, database.work() as work:
        leads.open(work, a_request(company.shop, **changes))
    assert [(p.pointer, p.code) for p in refused.value.problems] == [(pointer, code)]


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(1, 1, 1), "in_the_past"),
        (date(2026, 3, 1), "in_the_past"),
        (date(2026, 3, 2), None),
        (date(2028, 3, 2), None),
        (date(2028, 3, 3), "too_far_ahead"),
        (date(9999, 12, 31), "too_far_ahead"),
    ],
)
def test_a_wanted_day_lies_between_today_and_two_years_from_now(
    database: Database, company: Company, day: date, code: str | None
) -> None:
    said = []
    try:
        with database.work() as work:
            leads.open(work, a_request(company.shop, wanted_on=day))
    except InvalidInput as no:
        said = [(problem.pointer, problem.code, problem.text()) for problem in no.problems]
    bounds = "Choose a day from 2026-03-02 to 2028-03-02."
    assert said == ([("/wanted_on", code, bounds)] if code else [])


def test_a_service_outside_the_assortment_is_not_sold_here(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        narrow = a_shop(work, company.cedar, products=[company.installation])
    with pytest.raises(InvalidInput) as refused, database.work() as work:
        leads.open(work, a_request(narrow))
    assert [problem.code for problem in refused.value.problems] == ["not_sold_here"]
    with database.work() as work:
        assert leads.open(work, a_request(narrow, product="installation")).state == "new"


def test_a_storefront_of_another_home_is_not_found_and_a_closed_one_takes_nothing(
    database: Database, company: Company
) -> None:
    with pytest.raises(NotFound), database.work() as work:
        leads.open(work, a_request(company.shop, home_id=company.birch))
    with database.work() as work:
        work.run("UPDATE affiliate SET state = 'suspended' WHERE id = %(id)s", id=company.cedar)
    with pytest.raises(InvalidInput) as refused, database.work() as work:
        leads.open(work, a_request(company.shop))
    assert [problem.code for problem in refused.value.problems] == ["affiliate_suspended"]


# ------------------------------------------------------------------------- the same request twice


def test_the_same_request_again_is_the_same_lead(
    database: Database, company: Company, clock: FixedClock
) -> None:
    wanted = a_request(company.shop, wanted_on=date(2026, 3, 3))
    with database.work() as work:
        first = leads.open(work, wanted)
    clock.move(timedelta(days=2))  # by now the day that was wished for has passed
    with database.work() as work:
        again = leads.open(work, wanted)
        count = work.value("SELECT count(*) FROM lead")
    assert (again.lead_id, again.number, again.replayed) == (first.lead_id, first.number, True)
    assert count == 1


def test_a_key_is_refused_for_another_request_and_free_after_a_refusal(
    database: Database, company: Company
) -> None:
    wanted = a_request(company.shop)
    faulty = a_request(company.shop, key=wanted.key, fingerprint=b"faulty", locale="fi")
    with pytest.raises(InvalidInput), database.work() as work:
        leads.open(work, faulty)
    with database.work() as work:
        leads.open(work, wanted)
    with pytest.raises(IdempotencyMismatch), database.work() as work:
        leads.open(work, a_request(company.shop, key=wanted.key, fingerprint=b"other"))


def test_an_external_id_names_one_lead(database: Database, company: Company) -> None:
    with database.work() as work:
        first = leads.open(work, a_request(company.shop, external_id="crm-7"))
    with pytest.raises(ExternalIdTaken) as refused, database.work() as work:
        leads.open(work, a_request(company.shop, external_id="crm-7", client=BO))
    assert first.number in refused.value.text()
    with database.work() as work:  # another storefront has numbers of its own
        assert leads.open(work, a_request(company.birch_shop, external_id="crm-7", client=BO))


# ------------------------------------------------------------------------- one person, one service


BY_EMAIL = ClientDetails(name="A. Lind", email="ADA@example.com")
BY_PHONE = ClientDetails(name="Ada at work", email="ada@work.example", phone="+46 70 174 06 05")


@pytest.mark.parametrize("client", [BY_EMAIL, BY_PHONE], ids=["by e-mail", "by phone"])
def test_requests_of_two_storefronts_under_one_contact_both_stand(
    database: Database, company: Company, client: ClientDetails
) -> None:
    """The first may be a stranger's: only the client knows which is theirs."""
    with database.work() as work:
        strangers = leads.open(work, a_request(company.shop))
        genuine = leads.open(work, a_request(company.birch_shop, client=client))
    with database.work() as work:
        found = [work.get(Lead, (one.home_id, one.lead_id)) for one in (strangers, genuine)]
        assert [lead.state for lead in found] == ["new", "new"]
        assert [lead.seller_id for lead in found] == [company.cedar, company.birch]
        facts = work.rows("SELECT home_id, name FROM fact WHERE name LIKE 'lead.%%' ORDER BY id")
        assert [tuple(fact) for fact in facts] == [
            (company.cedar, "lead.opened"),
            (company.birch, "lead.opened"),
        ]
        shown = leads.queries.possible_duplicates(work, company.birch, genuine.lead_id)
        assert [(one.number, one.same_email, one.same_phone) for one in shown] == [
            (genuine.number, True, bool(client.phone)),
            (strangers.number, client is BY_EMAIL, client is BY_PHONE),
        ]
        board = leads.queries.pipeline(work, locale="en")
        assert [card.others for card in board.columns["new"]] == [1, 1]


@pytest.mark.parametrize("client", [BY_EMAIL, BY_PHONE], ids=["by e-mail", "by phone"])
def test_a_request_repeated_in_one_storefront_is_a_duplicate(
    database: Database, company: Company, clock: FixedClock, client: ClientDetails
) -> None:
    with database.work() as work:
        first = leads.open(work, a_request(company.shop))
    clock.move(timedelta(days=29))
    with database.work() as work:
        again = leads.open(work, a_request(company.shop, client=client))
    with database.work() as work:
        duplicate = work.get(Lead, (company.cedar, again.lead_id))
        assert (duplicate.state, duplicate.duplicate_of) == ("duplicate", first.lead_id)
        assert duplicate.attribution["duplicate_of"] == first.number
        facts = work.rows("SELECT name, subject FROM fact WHERE name LIKE 'lead.%%' ORDER BY id")
        assert {tuple(fact) for fact in facts} == {
            ("lead.opened", str(first.lead_id)),
            ("lead.duplicated", str(again.lead_id)),
            ("lead.asked_again", str(first.lead_id)),
        }
        claims = work.rows("SELECT lead_id FROM lead_claim")
        assert {claim.lead_id for claim in claims} == {first.lead_id}
        assert leads.queries.possible_duplicates(work, company.cedar, first.lead_id) == []


# by what the client was reached → which requests of another storefront are duplicates from then on
REACHED = [
    ("nothing", "new", "new"),
    ("email", "duplicate", "new"),
    ("phone", "new", "duplicate"),
    ("link", "duplicate", "new"),
]


@pytest.mark.parametrize(("by", "by_email", "by_phone"), REACHED)
def test_the_first_introducer_is_protected_when_the_client_was_reached_and_not_before(
    database: Database, company: Company, clock: FixedClock, by: str, by_email: str, by_phone: str
) -> None:
    with database.work() as work:
        first = leads.open(work, a_request(company.shop))
    with database.work() as work:
        if by == "link":
            leads.qualify(work, company.cedar, first.lead_id)
            leads.draft_quote(work, company.cedar, first.lead_id, amount=Money(100, "SEK"),
                              scope="Mend it.", valid_days=9)  # fmt: skip
            leads.send_quote(work, company.cedar, first.lead_id)
            leads.view_quote(work, company.cedar, first.lead_id, 1)
        elif by != "nothing":
            leads.reach(work, company.cedar, first.lead_id, by=by)
        lead = work.get(Lead, (company.cedar, first.lead_id))
        assert (lead.reached_by, lead.reached_at) == (
            (None, None) if by == "nothing" else (by, clock.now())
        )
    clock.move(timedelta(days=29))
    with database.work() as work:
        assert leads.open(work, a_request(company.birch_shop, client=BY_EMAIL)).state == by_email
        assert leads.open(work, a_request(company.birch_shop, client=BY_PHONE)).state == by_phone
    clock.move(timedelta(days=1))
    with database.work() as work:
        again = [
            leads.open(work, a_request(company.alder_shop, client=c)) for c in (BY_EMAIL, BY_PHONE)
        ]
    assert [one.state for one in again] == ["new", "new"]


def test_of_two_who_were_reached_the_first_is_protected(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        asked = [
            leads.open(work, a_request(shop)).lead_id for shop in (company.shop, company.birch_shop)
        ]
        leads.reach(work, company.birch, asked[1], by="phone")
        leads.reach(work, company.cedar, asked[0], by="phone")
        leads.reach(work, company.cedar, asked[0], by="phone")
        third = leads.open(work, a_request(company.alder_shop))
        assert third.state == "duplicate"
        assert work.get(Lead, (company.alder, third.lead_id)).duplicate_of == asked[1]
        leads.lose(work, company.birch, asked[1], reason="not_needed")
        assert leads.open(work, a_request(company.alder_shop)).state == "new"


def test_a_lead_is_protected_whose_client_was_reached_after_its_days_had_passed(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        first = leads.open(work, a_request(company.shop))
    clock.move(timedelta(days=40))
    with database.work() as work:
        leads.forget_claims(work)
        leads.reach(work, company.cedar, first.lead_id, by="email")
        assert leads.open(work, a_request(company.birch_shop)).state == "duplicate"


def test_one_of_two_leads_is_closed_as_the_others_duplicate(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        strangers = a_quoted_lead(work, company.shop)
        genuine = a_lead(work, company.birch_shop)
        other = a_lead(work, company.birch_shop, client=BO)
    for wrong in ((company.birch, other), (company.cedar, strangers)):
        with pytest.raises(NotTheSameRequest), database.work() as work:
            leads.mark_duplicate(work, company.cedar, strangers, of=wrong)
    with database.work() as work:
        leads.mark_duplicate(work, company.cedar, strangers, of=(company.birch, genuine))
        closed = work.get(Lead, (company.cedar, strangers))
        assert (closed.state, closed.duplicate_of) == ("duplicate", genuine)
        assert work.value("SELECT state FROM quote") == "superseded"
        assert leads.queries.possible_duplicates(work, company.birch, genuine) == []
    with pytest.raises(NotTheSameRequest), database.work() as work:
        leads.mark_duplicate(work, company.birch, genuine, of=(company.cedar, strangers))


def test_a_flood_of_requests_from_one_address_is_stopped(
    database: Database, company: Company, clock: FixedClock
) -> None:
    def ask(no: int) -> None:
        client = ClientDetails(name="Eva", email=f"eva{no}@example.com")
        with database.work() as work:
            leads.open(work, a_request(company.shop, client=client, ip_address="198.51.100.4"))

    for no in range(10):
        ask(no)
    with pytest.raises(AskedTooOften):
        ask(10)
    with database.work() as work:
        assert leads.open(work, a_request(company.shop)).state == "new", "from anywhere else"
    clock.move(timedelta(hours=1))
    ask(11)


def test_another_service_is_another_matter(database: Database, company: Company) -> None:
    with database.work() as work:
        lead = a_lead(work, company.shop)
        leads.reach(work, company.cedar, lead, by="email")
        other = leads.open(work, a_request(company.birch_shop, product="installation"))
        assert other.state == "new"
        assert leads.queries.possible_duplicates(work, company.birch, other.lead_id) == []


def test_contacts_are_forgotten_when_their_time_has_passed(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        leads.open(work, a_request(company.shop))
        assert leads.forget_claims(work) == 0
    clock.move(timedelta(days=30))
    with database.work() as work:
        assert leads.forget_claims(work) == 2
        assert work.value("SELECT count(*) FROM lead_claim") == 0


def test_of_parallel_requests_of_one_person_one_is_open_and_the_rest_its_duplicates(
    database: Database, company: Company
) -> None:
    shops = [company.shop] * 4
    for round_no in range(5):
        client = ClientDetails(
            name="Eva", email=f"eva{round_no}@example.com", phone="070-174 06 25"
        )
        asked = [a_request(shop, client=client, ip_address="") for shop in shops]
        opened = at_once(database, [partial(leads.open, wanted=wanted) for wanted in asked])
        assert sorted(answer.state for answer in opened) == ["duplicate"] * 3 + ["new"]
        [first] = [answer for answer in opened if answer.state == "new"]
        with database.work() as work:
            firsts = work.rows(
                "SELECT duplicate_of FROM lead WHERE id = ANY(%(ids)s) AND state = 'duplicate'",
                ids=[answer.lead_id for answer in opened],
            )
            assert {row.duplicate_of for row in firsts} == {first.lead_id}
            leads.lose(work, first.home_id, first.lead_id, reason="not_needed")


def test_parallel_requests_that_share_contacts_crosswise_never_wait_for_each_other(
    database: Database, company: Company
) -> None:
    phones = ["070-174 06 31", "070-174 06 32"]
    for round_no in range(5):
        emails = [f"a{round_no}@example.com", f"b{round_no}@example.com"]
        pairs = [(emails[0], phones[1]), (emails[1], phones[0]), (emails[0], phones[0])]
        people = [ClientDetails(name="Eva", email=email, phone=phone) for email, phone in pairs]
        asked = [a_request(company.shop, client=person, ip_address="") for person in people]
        opened = at_once(database, [partial(leads.open, wanted=wanted) for wanted in asked])
        with database.work() as work:
            claims = work.value("SELECT count(*) FROM lead_claim")
            open_leads = [answer for answer in opened if answer.state == "new"]
            assert claims == 2 * len(open_leads) > 0
            for answer in open_leads:
                leads.lose(work, answer.home_id, answer.lead_id, reason="not_needed")


def test_of_parallel_sendings_of_one_request_there_is_one_lead(
    database: Database, company: Company
) -> None:
    wanted = a_request(company.shop, client=ADA, address=HOME)
    opened = at_once(database, [lambda work: leads.open(work, wanted)] * 4)
    assert len({answer.lead_id for answer in opened}) == 1
    assert sorted(answer.replayed for answer in opened) == [False, True, True, True]


def at_once(database: Database, deeds: list[Callable[[Any], Opened]]) -> list[Opened]:
    """What each deed gives when all begin at the same instant, each in a Work of its own."""
    gate = Barrier(len(deeds))

    def one(deed: Callable[[Any], Opened]) -> Opened:
        with database.work() as work:
            work.value("SELECT 1")
            gate.wait(PATIENCE)
            return deed(work)

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(one, deeds))
