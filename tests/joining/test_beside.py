"""Two at one moment: owners who remove each other, colleagues who approve the same, one form sent twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from tests.company import a_company, an_affiliate
from tests.joining.applicants import STAFF, an_application, applied, open_programme, with_paper

from mainstem import identity, joining
from mainstem.joining import CameFrom, PaperStore
from mainstem.kit.db import Database
from mainstem.kit.errors import Refused


def side_by_side(*deeds: Callable[[], object]) -> list[str]:
    """Do all of it at one moment; the code of each refusal, `done` for none."""
    start = Barrier(len(deeds))

    def one(do: Callable[[], object]) -> str:
        start.wait()
        try:
            do()
        except Refused as no:
            return no.code
        return "done"

    with ThreadPoolExecutor(len(deeds)) as pool:
        return sorted(pool.map(one, deeds))


def test_of_two_owners_who_remove_each_other_one_stays(database: Database) -> None:
    with database.work() as work:
        cedar = an_affiliate(work, "cedar")
        owners = []
        for name in ("a", "b"):
            owners.append(identity.create_person(work, email=f"{name}@example.com", name=name))
            identity.grant(work, owners[-1], "affiliate", affiliate_id=cedar)

    def removing(person: int) -> Callable[[], object]:
        def do() -> None:
            with database.work() as work:
                identity.let_go(work, cedar, person)

        return do

    assert side_by_side(*map(removing, owners)) == ["done", "last_owner"]
    with database.work() as work:
        [left] = identity.people_of_affiliate(work, cedar)
    assert left.role == "owner"


def test_two_who_approve_at_one_moment_make_one_affiliate(
    database: Database, tmp_path: Path
) -> None:
    with database.work() as work:
        a_company(work)
        open_programme(work)
    id = an_application(database)
    with database.work() as work:
        with_paper(work, id, PaperStore(tmp_path))

    def approving(slug: str) -> Callable[[], object]:
        def do() -> None:
            with database.work(STAFF) as work:
                joining.approve(work, id, slug=slug)

        return do

    assert side_by_side(approving("one"), approving("two")) == ["done", "invalid_transition"]
    with database.work() as work:
        assert work.value("SELECT count(*) FROM affiliate WHERE name = 'Fjällglöd AB'") == 1
        assert work.value("SELECT count(*) FROM membership WHERE affiliate_role = 'owner'") == 1


def test_one_form_sent_by_four_browsers_is_one_application_and_one_mail(database: Database) -> None:
    with database.work() as work:
        a_company(work)
        open_programme(work)

    def sending(no: int) -> Callable[[], object]:
        def do() -> None:
            with database.work() as work:
                applied(work, CameFrom(f"192.0.2.{no}", ""), company_name=f"Shop {no}")

        return do

    assert side_by_side(*(sending(no) for no in range(4))) == ["done"] * 4
    with database.work() as work:
        assert work.value("SELECT count(*) FROM application") == 1
        assert work.value("SELECT count(*) FROM application_confirmation") == 1
