"""A client asks for a service: what is kept, what is refused, and who introduced them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from tests.company import ADA, BO, HOME, Company, a_company, a_request, a_shop

from mainstem import leads
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput, NotFound
from mainstem.kit.idempotency import IdempotencyMismatch
from mainstem.leads import ConsentGiven, ExternalIdTaken, Lead, Opened
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
    assert lead.client == {"name": "Ada Lind", "email": "Ada@Example.COM", "phone": "+46701740605"}
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
        ("/client/phone", "phone_invalid"),
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
        (ada(phone="+46 1"), "/client/phone", "phone_invalid"),
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


@pytest.mark.parametrize(
    "client",
    [
        ClientDetails(name="A. Lind", email="ADA@example.com"),
        ClientDetails(name="Ada at work", email="ada@work.example", phone="+46 70 174 06 05"),
    ],
    ids=["by e-mail", "by phone"],
)
def test_the_first_introducer_keeps_a_client_who_asks_elsewhere(
    database: Database, company: Company, clock: FixedClock, client: ClientDetails
) -> None:
    with database.work() as work:
        first = leads.open(work, a_request(company.shop))
    clock.move(timedelta(days=29))
    with database.work() as work:
        second = leads.open(work, a_request(company.birch_shop, client=client))
    with database.work() as work:
        kept = work.get(Lead, (company.cedar, first.lead_id))
        duplicate = work.get(Lead, (company.birch, second.lead_id))
        facts = work.rows(
            "SELECT home_id, name, subject FROM fact WHERE name LIKE 'lead.%%' ORDER BY id"
        )
        claims = work.rows("SELECT lead_id FROM lead_claim")
    assert (kept.state, kept.seller_id) == ("new", company.cedar)
    assert (duplicate.state, duplicate.duplicate_of) == ("duplicate", first.lead_id)
    assert duplicate.attribution["duplicate_of"] == first.number
    assert {tuple(fact) for fact in facts} == {
        (company.cedar, "lead.opened", str(first.lead_id)),
        (company.birch, "lead.duplicated", str(second.lead_id)),
        (company.cedar, "lead.asked_again", str(first.lead_id)),
    }
    assert {claim.lead_id for claim in claims} == {first.lead_id}


def test_a_client_is_free_again_after_thirty_days_or_when_the_lead_is_lost(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        leads.open(work, a_request(company.shop))
        other = leads.open(work, a_request(company.shop, product="installation"))
    assert other.state == "new", "another service is another matter"
    clock.move(timedelta(days=30))
    with database.work() as work:
        second = leads.open(work, a_request(company.birch_shop))
    assert second.state == "new"
    with database.work() as work:
        leads.lose(work, company.birch, second.lead_id, reason="no_answer")
        third = leads.open(work, a_request(company.alder_shop))
    assert third.state == "new"


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
    shops = [company.shop, company.birch_shop, company.alder_shop, company.shop]
    for round_no in range(5):
        client = ClientDetails(
            name="Eva", email=f"eva{round_no}@example.com", phone="070-174 06 25"
        )
        asked = [a_request(shop, client=client) for shop in shops]
        opened = at_once(
            database, [lambda work, wanted=wanted: leads.open(work, wanted) for wanted in asked]
        )
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
        asked = [a_request(company.shop, client=person) for person in people]
        opened = at_once(
            database, [lambda work, wanted=wanted: leads.open(work, wanted) for wanted in asked]
        )
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
            gate.wait(timeout=10)
            return deed(work)

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(one, deeds))
