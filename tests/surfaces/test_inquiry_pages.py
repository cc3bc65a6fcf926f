"""Why was I not paid? Asked in the portal, answered on the console, told by mail; for any order."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.company import BO, KETTLE, SKILLET, a_paid_order, a_shop, an_affiliate
from tests.surfaces.conftest import PASSWORD, Open, Reader, words_of
from tests.surfaces.programs import a_program
from tests.surfaces.staff import Staff, staffed

from mainstem import cli_commission, earnings, identity, inquiries, network, worker
from mainstem.identity import passwords
from mainstem.kit.db import Database
from mainstem.kit.errors import NotFound
from mainstem.orders import ClientDetails

PDF = b"%PDF-1.4\n1 0 obj << >> endobj\n%%EOF\n"


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    staff = staffed(database, open_app)
    with database.work() as work:
        for name in ("alder", "birch", "cedar"):
            person = identity.create_person(
                work,
                email=f"{name}@people.example",
                name=name.title(),
                password_hash=passwords.hash_password(PASSWORD),
            )
            affiliate = work.value("SELECT id FROM affiliate WHERE slug = %(slug)s", slug=name)
            identity.grant(work, person, "affiliate", affiliate_id=affiliate)
    return staff


def portal_of(staff: Staff, name: str, language: str = "en") -> Reader:
    reader = staff.open_app()
    reader.client.headers["accept-language"] = language
    assert reader.sign_in(f"{name}@people.example").status_code == 303
    reader.client.cookies.set("lang", language)
    return reader


def why(staff: Staff, affiliate: int, number: str) -> str:
    with staff.database.work() as work:
        return earnings.why_order_unpaid(work, affiliate, number).reason.code


def test_a_question_goes_from_the_portal_to_the_desk_and_back(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 2))
    birch = portal_of(staff, "birch")
    page = birch.get("/portal")
    assert f"/portal/why?order={placed.number}" in page.text
    page = birch.get(f"/portal/why?order={placed.number}")
    assert "has earned you SEK 60.00" in words_of(page).replace("\N{NO-BREAK SPACE}", " ")
    assert '<option value="goods:1">' in page.text
    assert "no other rule of the plan pays your level more of this sale" in words_of(page)
    sent = {
        "csrf_token": birch.token(),
        "order": placed.number,
        "line": "goods:1",
        "words": "We agreed on five per cent.",
    }
    file = {"evidence": ("mail.pdf", PDF, "application/pdf")}
    answer = birch.client.post("/portal/why", data=sent, files=file)
    assert (answer.status_code, answer.headers["location"]) == (303, "/portal/inquiries")
    asked = words_of(birch.get("/portal/inquiries"))
    assert "We agreed on five per cent." in asked and "5 working days are left." in asked
    assert "mail.pdf" in asked
    again = birch.post("/portal/why", sent)
    assert again.status_code == 409 and "asked about this already" in words_of(again)

    fia = staff.reader("fia")
    listed = fia.get("/console/inquiries")
    url = re.findall(r'"(/console/inquiries/\d+/[0-9a-f-]+)"', listed.text)[0]
    shown = words_of(fia.get(url))
    shown = shown.replace("\N{NO-BREAK SPACE}", " ")
    assert "We agreed on five per cent." in shown and "3 % of that is SEK 60.00." in shown
    evidence = fia.get(f"{url}/evidence")
    assert evidence.content == PDF and "attachment" in evidence.headers["content-disposition"]
    missing = fia.post(f"{url}/answer", {"decision": "", "reason": ""})
    assert missing.status_code == 422
    said = {"decision": "declined", "reason": "The plan of that day gives level 1 three per cent."}
    assert fia.post(f"{url}/answer", said).status_code == 303
    assert fia.post(f"{url}/answer", said).status_code == 409
    assert "three per cent" in words_of(birch.get("/portal/inquiries"))


def test_a_question_is_withdrawn_by_whoever_asked(staff: Staff) -> None:
    cedar = portal_of(staff, "cedar")
    assert "You have asked nothing yet" in words_of(cedar.get("/portal/inquiries"))
    cedar.post("/portal/why", {"order": "some order", "words": "Where is my share?"})
    page = cedar.get("/portal/inquiries")
    [url] = re.findall(r'action="(/portal/inquiries/[0-9a-f-]+/withdrawal)"', page.text)
    assert cedar.post(url).status_code == 303
    assert "Withdrawn" in words_of(cedar.get("/portal/inquiries"))
    birch = portal_of(staff, "birch")
    assert birch.post(url).status_code == 404


def test_a_refused_question_keeps_what_was_written(staff: Staff) -> None:
    cedar = portal_of(staff, "cedar", "sv")
    page = cedar.post("/portal/why", {"order": "7KQ2M-94TXD", "words": ""})
    assert page.status_code == 422 and "Skriv vad ni tycker är fel." in page.text
    wrong = cedar.client.post(
        "/portal/why",
        data={"csrf_token": cedar.token(), "order": "7KQ2M-94TXD", "words": "Var är den?"},
        files={"evidence": ("x.exe", b"MZ", "application/octet-stream")},
    )
    assert wrong.status_code == 422 and "Var är den?" in wrong.text


@pytest.mark.parametrize(
    ("story", "who", "code"),
    [
        ("delivered", "cedar", "held"),
        ("delivered", "alder", "held"),
        ("delivered", "stranger", "another_credited"),
        ("paid", "cedar", "not_delivered"),
        ("in another's shop", "stranger", "another_credited_here"),
        ("own purchase", "cedar", "own_purchase"),
        ("birch suspended", "birch", "suspended"),
        ("four levels", "alder", "beyond_levels"),
        ("later sponsor", "stranger", "not_above_then"),
        ("refunded", "birch", "went_back"),
    ],
)
def test_the_rule_that_excluded_an_affiliate_is_found(
    staff: Staff, story: str, who: str, code: str
) -> None:
    company, database = staff.company, staff.database
    ids = {"alder": company.alder, "birch": company.birch, "cedar": company.cedar}
    with database.work() as work:
        ids["stranger"] = an_affiliate(work, "stranger")
    placed = _told(staff, story, ids)
    assert why(staff, ids[who], placed.number.lower().replace("-", " ")) == code


def _told(staff: Staff, story: str, ids: dict[str, int]) -> Any:
    company, database = staff.company, staff.database
    if story == "paid":
        return staff.sold((KETTLE, 1))
    if story == "in another's shop":
        with database.work() as work:
            work.run(
                "INSERT INTO referral_code VALUES ('CEDAR', %(id)s, 'code', %(now)s)",
                id=company.cedar,
                now=work.now(),
            )
            shop = a_shop(work, ids["stranger"])
            return a_paid_order(work, shop, (SKILLET, 1), client=BO, code="CEDAR")
    if story == "own purchase":
        buyer = ClientDetails(name="Birch", email="birch@affiliates.example", phone="")
        with database.work() as work:
            return a_paid_order(work, company.shop, (KETTLE, 1), client=buyer)
    if story == "birch suspended":
        with database.work() as work:
            network.take_step(work, company.birch, "suspend", why="A complaint.")
    if story == "four levels":
        with database.work() as work:
            below = an_affiliate(work, "dogwood", sponsor_id=company.cedar)
            return a_paid_order(work, a_shop(work, below), (KETTLE, 1))
    if story == "later sponsor":
        placed = staff.sold((KETTLE, 1))
        with database.work() as work:
            work.run(
                """UPDATE affiliate SET upline = upline || %(id)s::bigint, sponsor_id = %(id)s
                    WHERE id = %(alder)s""",
                id=ids["stranger"],
                alder=company.alder,
            )
        return placed
    placed = staff.delivered((KETTLE, 1))
    if story == "refunded":
        from mainstem import payments

        with database.work() as work:
            payments.request_refund(
                work,
                placed.home_id,
                placed.order_id,
                amount_minor=placed.total_minor,
                reason="returned",
            )
        worker.drain(database)
    return placed


def test_no_order_of_ours_is_said_to_be_none(staff: Staff) -> None:
    with staff.database.work() as work, pytest.raises(NotFound):
        earnings.why_order_unpaid(work, staff.company.cedar, "7KQ2M-94TXD")
    page = portal_of(staff, "cedar").get("/portal/why?order=7KQ2M-94TXD")
    assert "We could not find that order." in words_of(page)
    assert "Is that not right?" in words_of(page), "it can be asked about all the same"


def test_what_is_told_of_anothers_sale_names_neither_client_nor_affiliate(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 1))
    with staff.database.work() as work:
        stranger = an_affiliate(work, "stranger")
        person = identity.create_person(
            work,
            email="stranger@people.example",
            name="Stranger",
            password_hash=passwords.hash_password(PASSWORD),
        )
        identity.grant(work, person, "affiliate", affiliate_id=stranger)
    said = words_of(portal_of(staff, "stranger").get(f"/portal/why?order={placed.number}"))
    assert "was credited to another affiliate, in whose shop it was placed" in said
    for secret in ("Ada", "Lind", "Cedar", "Stockholm", "deliver"):
        assert secret not in said


def test_a_member_of_the_team_is_asked_about_from_the_teams_page(staff: Staff) -> None:
    birch = portal_of(staff, "birch")
    assert 'href="/portal/why?member=cedar"' in birch.get("/portal/team").text
    page = words_of(birch.get("/portal/why?member=cedar"))
    assert "Cedar has not sold anything yet." in page
    staff.sold((KETTLE, 1))
    assert "has been delivered yet" in words_of(birch.get("/portal/why?member=cedar"))
    staff.delivered((KETTLE, 1))
    assert "You earn of what Cedar sells, at level 1" in words_of(
        birch.get("/portal/why?member=cedar")
    )
    assert "alder is not in your team" in words_of(birch.get("/portal/why?member=alder"))


def test_staff_find_out_by_the_order_and_the_affiliates_name(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1))
    fia = staff.reader("fia")
    page = fia.get(f"/console/why?order={placed.number}&affiliate=Cedar")
    assert "has not been delivered yet" in words_of(page)
    nobody = fia.get(f"/console/why?order={placed.number}&affiliate=nobody")
    assert "We could not find that affiliate." in words_of(nobody)
    assert fia.get("/console/why").status_code == 200


def test_the_command_line_says_the_same(staff: Staff, capsys: Any) -> None:
    import argparse

    placed = staff.sold((KETTLE, 1))

    def ask(order: str, affiliate: str, language: str = "en") -> tuple[int, str]:
        given = argparse.Namespace(order=order, affiliate=affiliate, language=language)
        code = cli_commission.say_why(staff.database, given)
        return code, capsys.readouterr().out.splitlines()[-1]

    assert ask(placed.number, "cedar") == (
        0,
        f"Order {placed.number} has not been delivered yet. Commission is credited when it is.",
    )
    assert ask(placed.number, "cedar", "sv")[1].startswith(f"Order {placed.number} är inte")
    assert ask("7KQ2M-94TXD", "cedar") == (1, "We could not find that order.")


def test_what_waits_is_read_by_programs_too(staff: Staff, open_app: Open) -> None:
    from tests.surfaces.programs import a_program

    with staff.database.work() as work:
        wanted = inquiries.WantedInquiry(number="one", words="Why?")
        id = inquiries.ask(work, staff.company.cedar, wanted)
    program = a_program(staff.database, open_app)
    [row] = program.sees("/company/inquiries")["items"]
    assert (row["id"], row["number"], row["state"]) == (str(id), "one", "open")
    path = f"/company/inquiries/{staff.company.cedar}/{id}"
    done = program.says(f"{path}/answer", {"decision": "upheld", "reason": "You are right."})
    assert done.json()["outcome"] == "done"
    assert program.sees(path)["answer"] == "You are right."


def test_an_order_is_credited_to_another_by_two_members_of_staff(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 2))
    li, fia = staff.reader("li"), staff.reader("fia")
    url = f"/console/orders/{placed.home_id}/{placed.order_id}"
    assert f"{url}/attribution" in li.get(url).text
    assert "It is credited to Cedar." in words_of(li.get(f"{url}/attribution"))
    missing = li.post(f"{url}/attribution", {"affiliate": "birch", "reason": "", "evidence": ""})
    assert missing.status_code == 422
    said = {"affiliate": "birch", "reason": "Birch brought them.", "evidence": "A mail."}
    assert li.post(f"{url}/attribution", said).status_code == 303
    assert "Somebody else of finance decides." in words_of(li.get(f"{url}/attribution"))
    assert "Birch brought them." in words_of(fia.get("/console/inquiries"))
    page = fia.get(f"{url}/attribution").text
    [answer] = re.findall(rf'action="({url}/attribution/[0-9a-f-]+)/approval"', page)
    assert li.post(f"{answer}/approval").status_code in (403, 303)
    fia.post(f"{answer}/approval")
    assert "It is credited to Birch." in words_of(fia.get(f"{url}/attribution"))
    assert why(staff, staff.company.cedar, placed.number) == "another_credited_here"


def test_staff_share_an_order_by_the_page_and_by_a_program(staff: Staff, open_app: Open) -> None:
    placed = staff.delivered((KETTLE, 2))
    li, fia = staff.reader("li"), staff.reader("fia")
    url = f"/console/orders/{placed.home_id}/{placed.order_id}/attribution"
    said = {"affiliate": "cedar", "reason": "Both brought them.", "evidence": "A mail."}
    for wrong in ({"other-1": "birch", "part-1": "100"}, {"other-1": "cedar", "part-1": "40"}):
        assert li.post(url, said | wrong).status_code == 422
    assert li.post(url, said | {"other-1": "birch", "part-1": "40,5"}).status_code == 303
    page = fia.get(url)
    told = words_of(page).replace("\N{NO-BREAK SPACE}", " ")
    assert "From Cedar to Cedar 59.5 %, Birch 40.5 %" in told
    [answer] = re.findall(rf'action="({url}/[0-9a-f-]+)/approval"', page.text)
    fia.post(f"{answer}/approval")
    told = words_of(fia.get(url)).replace("\N{NO-BREAK SPACE}", " ")
    assert "It is credited to Cedar 59.5 %, Birch 40.5 %." in told
    program = a_program(staff.database, open_app)
    path = f"/company/orders/{placed.home_id}/{placed.order_id}/attribution"
    asked = said | {"others": [{"affiliate": "birch", "part_bp": 1000}]}
    assert program.says(path, asked).json()["outcome"] == "needs_approval"


def test_goodwill_is_given_by_the_orders_form_once_and_reported(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 2))
    fia = staff.reader("fia")
    url = f"/console/orders/{placed.home_id}/{placed.order_id}"
    sent = {
        "asked": "0",
        "still": "0",
        "amount": "200,00",
        "goodwill": "yes",
        "reason": "It came a week late.",
    }
    assert fia.post(f"{url}/refunds", sent).status_code == 303
    # The same form, sent once more by an impatient finger, gives nothing twice.
    assert fia.post(f"{url}/refunds", sent).status_code == 303
    worker.drain(staff.database)
    told = words_of(fia.get("/console/goodwill")).replace("\N{NO-BREAK SPACE}", " ")
    assert "Fia 1 SEK 200.00" in told and "It came a week late." in told
    assert why(staff, staff.company.cedar, placed.number) == "held"
    with staff.database.work() as work:
        stands = work.value("SELECT sum(amount_minor) FROM earning WHERE level = 0")
    assert stands == 20000
