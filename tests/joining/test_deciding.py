"""Deciding: the affiliate, their first person, their sponsor; and nothing that anybody is paid for it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from tests.company import KETTLE, a_company, a_paid_order, an_affiliate
from tests.joining.applicants import (
    PDF,
    STAFF,
    an_application,
    mails,
    open_programme,
    with_paper,
)

from mainstem import identity, joining, ledger, network, worker
from mainstem.earnings.queries import earned
from mainstem.joining import CameFrom, PaperStore
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput, InvalidTransition, NotFound
from mainstem_fulfillment import shipments

NUMBERS = ["559000-0013", "559000-0021"]
"""Company numbers as the Swedish register gives them."""


@pytest.fixture
def store(tmp_path: Path) -> PaperStore:
    return PaperStore(tmp_path)


@pytest.fixture
def alder(database: Database) -> int:
    with database.work() as work:
        company = a_company(work)
        open_programme(work)
    return company.alder


def approved(
    database: Database, store: PaperStore, id: UUID, slug: str, *, without_sponsor: bool = False
) -> int:
    with database.work(STAFF) as work:
        with_paper(work, id, store)
        made = joining.approve(work, id, slug=slug, without_sponsor=without_sponsor)
    worker.drain(database)
    return made


def through(sponsor: int, no: int = 1) -> CameFrom:
    return CameFrom(f"192.0.2.{no}", "", sponsor)


def test_approval_makes_the_affiliate_its_owner_its_sponsor_and_an_invitation(
    database: Database, alder: int, store: PaperStore
) -> None:
    id = an_application(database, through(alder))
    made = approved(database, store, id, "fjallglod")
    with database.work() as work:
        it = work.get(network.Affiliate, made)
        assert (it.slug, it.name, it.state, it.sponsor_id) == (
            "fjallglod",
            "Fjällglöd AB",
            "active",
            alder,
        )
        assert (it.email_key, it.phone_key, it.upline) == (
            "maja@fjallglod.example.com", "+46701740605", [made, alder],
        )  # fmt: skip
        [owner] = identity.people_of_affiliate(work, made)
        assert (owner.name, owner.role, owner.has_password) == ("Maja Ek", "owner", False)
        details = joining.details_of(work, made)
        assert (details.legal_name, details.number) == ("Fjällglöd AB", "559123-4561")
        told = {reason for reason, _ in mails(work)}
        assert {"application_approved", "staff_invitation"} <= told
        reference = work.value("SELECT person_reference FROM application WHERE id = %(id)s", id=id)
        token = identity.invitation_token(work.tools.secret, reference)
        assert identity.invited(work, token).email == "maja@fjallglod.example.com"
        [step] = [s for s in network.steps_of(work, made) if s.after == "active"]
        assert (step.before, step.actor) == ("applied", "staff:1")


def test_joining_and_bringing_in_posts_nothing_to_the_ledger(
    database: Database, alder: int, store: PaperStore
) -> None:
    approved(database, store, an_application(database, through(alder)), "fjallglod")
    with database.work() as work:
        assert work.value("SELECT count(*) FROM ledger_transfer") == 0
        assert work.value("SELECT count(*) FROM ledger_entry") == 0
        assert work.value("SELECT count(*) FROM earning") == 0
        assert not [one for one in ledger.audit(work) if one.wrong]


def test_without_the_paper_that_is_needed_nobody_is_approved(
    database: Database, alder: int, store: PaperStore
) -> None:
    id = an_application(database)
    with database.work(STAFF) as work, pytest.raises(joining.RequirementsMissing):
        joining.approve(work, id, slug="fjallglod")
    with database.work() as work:
        assert joining.application(work, id).state == "applied"
        assert work.value("SELECT count(*) FROM affiliate WHERE slug = 'fjallglod'") == 0
    approved(database, store, id, "fjallglod")


def test_to_approve_twice_is_to_approve_once(
    database: Database, alder: int, store: PaperStore
) -> None:
    id = an_application(database)
    approved(database, store, id, "fjallglod")
    with database.work(STAFF) as work, pytest.raises(InvalidTransition):
        joining.approve(work, id, slug="fjallglod-2")
    with database.work(STAFF) as work, pytest.raises(InvalidTransition):
        joining.reject(work, id, "Too late.")


def test_a_name_that_is_taken_is_said_at_its_field(
    database: Database, alder: int, store: PaperStore
) -> None:
    id = an_application(database)
    with database.work(STAFF) as work:
        with_paper(work, id, store)
    with database.work(STAFF) as work, pytest.raises(joining.SlugTaken) as no:
        joining.approve(work, id, slug="alder")
    assert no.value.problems[0].pointer == "/slug"


def test_staff_ask_and_the_applicant_answers_until_it_is_decided(
    database: Database, alder: int, store: PaperStore
) -> None:
    id = an_application(database)
    with database.work(STAFF) as work:
        joining.ask(work, id, "Where do you meet your clients?")
    worker.drain(database)
    with database.work() as work:
        assert joining.application(work, id).state == "in_review"
        assert ("application_question", "maja@fjallglod.example.com") in mails(work)
        [question] = joining.questions_of(work, id)
        joining.answer(work, id, question.id, "At the market.")
        joining.answer(work, id, question.id, "At the market, on Saturdays.")
        [question] = joining.questions_of(work, id)
        assert question.answer == "At the market, on Saturdays."
        with pytest.raises(NotFound):
            joining.answer(work, id, UUID(int=7), "x")
        with pytest.raises(InvalidInput):
            joining.answer(work, id, question.id, " ")
    with database.work(STAFF) as work:
        joining.reject(work, id, "We have two shops in your town.")
    worker.drain(database)
    with database.work() as work:
        assert ("application_declined", "maja@fjallglod.example.com") in mails(work)
        with pytest.raises(joining.ApplicationDecided):
            joining.answer(work, id, question.id, "But listen")
        with pytest.raises(joining.ApplicationDecided):
            with_paper(work, id, store)


def test_a_rejection_is_told_with_its_reason_and_one_may_apply_again(
    database: Database, alder: int
) -> None:
    id = an_application(database)
    with database.work(STAFF) as work, pytest.raises(network.WhyMissing):
        joining.reject(work, id, " ")
    with database.work(STAFF) as work:
        joining.reject(work, id, "We have two shops in your town.")
        [*_, last] = joining.history(work, id)
    assert (last.before, last.after, last.why) == (
        "applied", "rejected", "We have two shops in your town.",
    )  # fmt: skip
    again = an_application(database)
    assert again != id


def test_look_alikes_and_shared_phones_numbers_and_networks_are_shown_to_staff(
    database: Database, alder: int
) -> None:
    first = an_application(database, CameFrom("192.0.2.1", ""))
    same_place = [
        an_application(
            database, CameFrom("192.0.2.1", ""), email=f"s{no}@example.com",
            company_name=f"Stove {no}", company_number=NUMBERS[no], phone=f"070-174 06 1{no}",
        )
        for no in range(2)
    ]  # fmt: skip
    twin = an_application(
        database, CameFrom("192.0.2.9", ""), email="twin@example.com",
        company_name="Fj\u0430llglod Ltd", phone="070-174 06 19", company_number="5591234561",
    )  # fmt: skip
    plays_alder = an_application(
        database, CameFrom("192.0.2.8", ""), email="a1der@example.com", company_name="A1der Inc",
        company_number="556000-4615", phone="070-174 06 18",
    )  # fmt: skip
    with database.work() as work:

        def like(id: UUID) -> set[tuple[str, str]]:
            return {
                (row.what, row.name) for row in joining.alike(work, joining.application(work, id))
            }

        assert like(first) == {
            ("origin", "Stove 0"), ("origin", "Stove 1"), ("name", "Fj\u0430llglod Ltd"),
            ("number", "Fj\u0430llglod Ltd"),
        }  # fmt: skip
        assert len(like(same_place[0])) + 1 >= joining.ORIGIN_MANY
        assert ("name", "Fjällglöd AB") in like(twin)
        assert like(plays_alder) == {("name", "Alder")}


# ------------------------------------------------------------------------- who brings in whom


def test_a_sponsors_link_leads_two_levels_down_and_no_deeper_than_the_programme_says(
    database: Database, alder: int, store: PaperStore
) -> None:
    one = approved(database, store, an_application(database, through(alder)), "one")
    two = approved(
        database, store,
        an_application(database, through(one, 2), email="two@example.com", company_name="Two"), "two",
    )  # fmt: skip
    with database.work() as work:
        assert work.get(network.Affiliate, two).upline == [two, one, alder]
    third = an_application(
        database, through(two, 3), email="three@example.com", company_name="Three"
    )
    with database.work(STAFF) as work:
        with_paper(work, third, store)
    with database.work(STAFF) as work, pytest.raises(joining.TooManyLevels):
        joining.approve(work, third, slug="three")
    with database.work(STAFF) as work:
        made = joining.approve(work, third, slug="three", without_sponsor=True)
        assert work.get(network.Affiliate, made).upline == [made]


@pytest.mark.parametrize(
    ("recruiters", "state", "may"),
    [
        ("everybody", "active", True),
        ("everybody", "paused", False),
        ("everybody", "suspended", False),
        ("everybody", "terminated", False),
        ("nobody", "active", False),
        ("proven", "active", False),
    ],
)
def test_who_may_bring_others_in_is_decided_when_they_join(
    database: Database, alder: int, store: PaperStore, recruiters: str, state: str, may: bool
) -> None:
    with database.work() as work:
        sponsor = an_affiliate(work, "sponsor")
    id = an_application(database, through(sponsor))
    with database.work(STAFF) as work:
        open_programme(work, recruiters=recruiters, deliveries_min=1)
        if state != "active":
            action = network.step_to("active", state)
            network.take_step(work, sponsor, action, why="For the test.")
        with_paper(work, id, store)
    with database.work(STAFF) as work:
        if may:
            joining.approve(work, id, slug="fjallglod")
        else:
            with pytest.raises(joining.SponsorMayNotRecruit):
                joining.approve(work, id, slug="fjallglod")


def test_delivered_sales_to_clients_prove_a_sponsor(
    database: Database, store: PaperStore, clock: FixedClock
) -> None:
    with database.work() as work:
        company = a_company(work)
        open_programme(work, recruiters="proven", deliveries_min=1, levels_max=5)
        cedar = joining.sponsor_of(work, company.cedar)
        assert isinstance(joining.why_not_recruit(work, cedar), joining.SponsorMayNotRecruit)
        placed = a_paid_order(work, company.shop, (KETTLE, 1))
    worker.drain(database)
    key = (placed.home_id, placed.order_id, 1)
    with database.work() as work:
        shipments.start_pick(work, key)
        for line in shipments.contents(work, key):
            shipments.pick(work, key, line.sku, quantity=line.quantity)
        shipments.pack(work, key, carrier="PostNord", tracking="UB1")
        shipments.hand_over(work, key)
        shipments.deliver(work, [key])
    worker.drain(database)
    clock.move(timedelta(minutes=1))
    with database.work() as work:
        assert earned(work, company.birch, most=1), "their sponsor earns of it, too"
        assert joining.why_not_recruit(work, joining.sponsor_of(work, company.cedar)) is None
        birch = joining.sponsor_of(work, company.birch)
        assert joining.why_not_recruit(work, birch), "what others have sold proves nobody"


def test_links_of_sponsors_say_who_gave_them_and_nothing_that_is_typed_does() -> None:
    token = joining.sponsor_token("secret", 7)
    assert joining.read_sponsor_token("secret", token) == 7
    for wrong in ("7", "", token[:-1], token + "x", joining.sponsor_token("other", 7)):
        assert joining.read_sponsor_token("secret", wrong) is None


# ------------------------------------------------------------------------- papers


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF, "pdf"),
        (b"%PDF-1.4 cut off", None),
        (b"\xff\xd8\xff\xe0 picture \xff\xd9", "jpg"),
        (b"\xff\xd8\xff<html><script>x</script>\xff\xd9", None),
        (b"\x89PNG\r\n\x1a\n data IEND\xaeB`\x82", "png"),
        (b"\x89PNG\r\n\x1a\n<svg onload=x> IEND\xaeB`\x82", None),
        (b"GIF89a", None),
        (b"PK\x03\x04", None),
        (b"<html></html>", None),
        (b"", None),
    ],
)
def test_a_paper_is_known_by_its_content(data: bytes, kind: str | None) -> None:
    assert joining.kind_of(data) == kind


def test_a_paper_is_kept_once_for_its_owner_alone_and_named_harmlessly(tmp_path: Path) -> None:
    store = PaperStore(tmp_path)
    paper = joining.take_paper(store, '..\\..\\"bevis\r\n: x.exe', PDF)
    assert paper.name.endswith(".pdf")
    assert not set(paper.name) & set('\\/"\r\n:')
    assert store.get(paper.hash) == PDF
    [file] = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(joining.PaperTooLarge):
        joining.take_paper(store, "x.pdf", b"%PDF-" + b" " * joining.BYTES_MAX)
