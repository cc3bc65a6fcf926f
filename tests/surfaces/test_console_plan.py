"""The plan's page: what the rates are of, and a new version with its confirmation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.company import PLAN
from tests.setup.test_pages import filled
from tests.surfaces.conftest import Open, words_of
from tests.surfaces.programs import a_program
from tests.surfaces.staff import Staff, staffed

from mainstem import proposals
from mainstem.kit.db import Database
from mainstem.plan import book, from_first_format


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


def a_plan(name: str, cap_bp: int, *levels_bp: int) -> str:
    rules: Any = PLAN["rules"]
    goods = rules["goods"] | {"levels_bp": list(levels_bp), "cap_bp": cap_bp}
    return json.dumps(PLAN | {"name": name, "rules": rules | {"goods": goods}})


def test_the_page_says_of_what_the_rates_are(staff: Staff) -> None:
    with staff.database.work() as work:
        work.run("UPDATE product SET commissionable_bp = 4000 WHERE slug = 'repair'")
    page = words_of(staff.reader("fia").get("/console/plan")).replace("\N{NO-BREAK SPACE}", " ")
    for told in (
        "Whoever made the sale gets 10 % of what counts for commission.",
        "Of Repair, 40 % of it counts.",
        "rounded down together, and made whole by largest remainder",
    ):
        assert told in page, (told, page)


def form_of(staff: Staff, name: str, text: str = "") -> Any:
    """The plan's form as somebody opens it, or with what a text says in it."""
    reader = staff.reader(name)
    page = reader.get("/console/setup/plan")
    if text:
        page = reader.post("/console/setup/plan", {"document": text, "reads": "yes"})
    return reader, page


def test_ada_proposes_fia_reads_what_becomes_different_and_publishes(staff: Staff) -> None:
    ada, page = form_of(staff, "ada", a_plan("For summer", 1400, 1000, 200, 100))
    assert "A second person publishes it" in words_of(page)
    answer = ada.post("/console/setup/plan", filled(page, starts_on="2026-07-01"))
    assert answer.status_code == 303, words_of(answer)
    here = answer.headers["location"]
    own = words_of(ada.get(here))
    assert "Proposed. A colleague has to publish it." in own
    assert "Withdraw the proposal" in own
    assert ada.post(f"{here}/publication", {}).status_code == 403

    fia = staff.reader("fia")
    assert "Plans to publish 1" in words_of(fia.get("/console"))
    assert "For summer was proposed by Ada" in words_of(fia.get("/console/plan"))
    assert "Waits for a second person" in words_of(fia.get("/console/plan/proposals"))
    page = words_of(fia.get(here))
    assert "What becomes different from version 1, in force" in page
    assert "1 Jul 2026" in page
    assert fia.post(f"{here}/publication", {}).status_code == 303
    page = words_of(fia.get("/console/plan"))
    assert "2 For summer" in page
    with staff.database.work() as work:
        start = work.value("SELECT effective_from FROM plan_version WHERE version = 2")
        assert start.isoformat() == "2026-06-30T22:00:00+00:00"
        assert book.in_force(work, work.now()).version == 1
        assert book.in_force(work, start).version == 2


def test_fia_denies_with_a_reason_that_ada_reads_in_her_language(staff: Staff) -> None:
    ada, page = form_of(staff, "ada", a_plan("Dearer", 1400, 1000, 300, 100))
    here = ada.post("/console/setup/plan", filled(page)).headers["location"]
    fia = staff.reader("fia")
    assert fia.post(f"{here}/denial", {"reason": ""}).status_code == 422
    assert fia.post(f"{here}/denial", {"reason": "Not before autumn."}).status_code == 303
    ada.get("/console?lang=sv")
    page = words_of(ada.get(here))
    assert "Not before autumn." in page
    assert "Nekat" in page
    assert fia.post(f"{here}/publication", {}).status_code == 409


def test_a_plan_that_its_cap_cuts_is_proposed_only_once_that_is_meant(staff: Staff) -> None:
    ada, page = form_of(staff, "ada", a_plan("Three under a low cap", 1400, 1000, 800, 700))
    told = words_of(page).replace("\N{NO-BREAK SPACE}", " ")
    assert "The levels add up to 25 %, above their cap of 14 %." in told
    asked = ada.post("/console/setup/plan", filled(page))
    assert asked.status_code == 409
    assert "Three under a low cap" in asked.text, "what was typed stays"
    answer = ada.post("/console/setup/plan", filled(page, confirmed="yes"))
    assert answer.status_code == 303
    page = words_of(staff.reader("fia").get(answer.headers["location"]))
    assert "Whoever proposed it says that what is warned of is meant." in page
    assert "Is it meant?" in page


def test_a_plan_that_pays_more_than_the_whole_is_not_even_proposed(staff: Staff) -> None:
    ada = staff.reader("ada")
    text = a_plan("Too much", 10000, 9000, 5000, 4000)
    page = ada.post("/console/setup/plan", {"document": text, "reads": "yes"})
    answer = ada.post("/console/setup/plan", filled(page, confirmed="yes"))
    assert answer.status_code == 422
    assert "more than the whole of what is sold" in words_of(answer)


def test_what_is_no_plan_is_said_beside_its_field(staff: Staff) -> None:
    ada = staff.reader("ada")
    good = a_plan("Another", 1400, 1000, 300, 100)
    for text, said in (
        ("{\n'", "This is no JSON: look at line 2."),
        ("rules = ", "This is no TOML"),
        ("[]", "A plan is a JSON object, or a TOML file."),
        ("[" * 20_000, "This is no plan that anybody could read."),
        ("", "A plan is a JSON object, or a TOML file."),
        ("name = 'x'", "something is missing, or is not right"),
        (good.replace("Another", "\\u0000"), "At /name"),
    ):
        page = ada.post("/console/setup/plan", {"document": text, "reads": "yes"})
        assert page.status_code == 422, text[:20]
        assert said in words_of(page), said
    with staff.database.work() as work:
        assert work.value("SELECT count(*) FROM plan_proposal") == 0


def test_a_program_is_told_that_its_plan_waits(staff: Staff, open_app: Open) -> None:
    program = a_program(staff.database, open_app)
    document = from_first_format(PLAN) | {"name": "By program"}
    answer = program.ask("PUT", "/plan", document, **{"if-match": "*"})
    assert answer.status_code == 202, answer.text
    assert answer.json()["name"] == PLAN["name"], "what stands until then"
    with staff.database.work() as work:
        waiting = proposals.waiting(work)
        assert waiting is not None
        assert waiting.name == "By program"


def test_who_picks_parcels_publishes_no_plan(staff: Staff) -> None:
    ada, page = form_of(staff, "ada", a_plan("Mine", 1400, 1400))
    here = ada.post("/console/setup/plan", filled(page)).headers["location"]
    assert staff.reader("per").post(f"{here}/publication", {}).status_code == 403
