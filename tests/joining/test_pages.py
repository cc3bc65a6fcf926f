"""Joining on its pages: a stranger applies, staff decide, and each role sees what is theirs."""

from __future__ import annotations

import html
import re
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.company import KETTLE, PLAN, a_lead, a_paid_order
from tests.joining.applicants import PDF, SAID, an_application, open_programme, references, token_of
from tests.joining.clamd import BAD, a_clamd
from tests.surfaces.conftest import PASSWORD, Open, Reader, words_of
from tests.surfaces.programs import a_program
from tests.surfaces.staff import Staff, staffed

from mainstem import identity, income, joining, network, worker
from mainstem.identity import passwords
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput
from mainstem.kit.malware import Scanner
from mainstem.kit.settings import Settings
from mainstem.kit.work import Actor
from mainstem.plan import book, examples
from mainstem_affiliates import portal

FORM = SAID | {"agreed": "yes", "agreement": "en:1", "locale": "en"}


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    staff = staffed(database, open_app)
    with database.work() as work:
        open_programme(work)
    return staff


def token_in(page: httpx.Response, name: str = "csrf_token") -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return html.unescape(found[1])


def send(reader: Reader, **changes: str) -> httpx.Response:
    page = reader.get("/programme/apply")
    token = {"csrf_token": token_in(page)}
    return reader.client.post(
        "/programme/apply", data=FORM | token | changes, headers={"accept": "text/html"}
    )


def confirm(reader: Reader, database: Database, settings: Settings, no: int = -1) -> str:
    """Follow the link of the newest mail; the address of the applicant's own page."""
    with database.work() as work:
        reference = references(work)[no]
    token = identity.derived_secret(
        settings.secret, "mainstem.application", reference, prefix="app_"
    )
    page = reader.get(f"/programme/confirm?token={token}")
    assert page.status_code == 200, page.text
    answer = reader.post("/programme/confirm", {"token": token, "csrf_token": token_in(page)})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


@pytest.fixture
def with_secret(database: Database, settings: Settings) -> None:
    """Works sign links with the secret that the pages read them by, as in a company that runs."""
    database.tools = replace(database.tools, secret=settings.secret)


# ------------------------------------------------------------------------- the programme's page


def test_the_page_says_what_is_paid_for_what_from_the_plan_in_force(staff: Staff) -> None:
    page = staff.open_app().get("/programme")
    words = words_of(page).replace("\N{NO-BREAK SPACE}", " ")
    assert page.status_code == 200
    for said in (
        "To whoever won the client: 10 %", "To whoever brought them in: 3 %",
        "To the sponsor 2 levels up: 1 %", "Held for 30 days", "Held for 14 days",
        "It costs nothing to join", "We pay out from", "An income. What you earn depends",
    ):  # fmt: skip
        assert said in words, said
    assert "x-robots-tag" not in page.headers
    assert staff.open_app().get("/programme/apply").headers["x-robots-tag"]


def test_what_the_page_works_out_is_what_a_sale_pays(staff: Staff) -> None:
    with staff.database.work() as work:
        plan = book.now(work)
    assert plan is not None
    words = words_of(staff.open_app().get("/programme"))
    for one in examples(plan, "SEK"):
        assert sum(share.amount.minor for share in one.shares) == one.paid.minor
        for share in one.shares:
            assert f"{share.amount.minor / 100:,.2f}" in words


def test_where_a_cap_cuts_the_levels_the_page_says_so(staff: Staff) -> None:
    capped: dict[str, Any] = deepcopy(PLAN) | {"name": "Capped"}
    capped["rules"]["goods"]["cap_bp"] = 1000
    stranger = staff.open_app()
    assert "not out of the share of whoever sold" in words_of(stranger.get("/programme"))
    with staff.database.work() as work:
        book.publish(work, capped, effective_from=work.now(), confirmed=True)
    words = words_of(stranger.get("/programme"))
    assert "not out of the share of whoever sold" not in words
    assert "All of them together get 10" in words
    # 10 % of a thousand, of which level 0 has 1000 / 1400.
    assert "71.43" in words


def test_a_closed_programme_is_linked_from_nowhere_and_shows_no_page(staff: Staff) -> None:
    stranger = staff.open_app()
    with staff.database.work() as work:
        slug = work.value("SELECT slug FROM storefront ORDER BY id LIMIT 1")
    assert 'href="/programme"' in stranger.get("/").text
    assert 'href="/programme"' in stranger.get(f"/s/{slug}").text
    with staff.database.work() as work:
        open_programme(work, is_open=False)
        work.run("UPDATE catalogue_version SET version = version + 1")
    assert 'href="/programme"' not in stranger.get("/").text
    assert stranger.get("/programme").status_code == 404
    assert stranger.get("/programme/apply").status_code == 404
    assert stranger.post("/programme/apply", FORM).status_code == 404


def test_the_programme_opens_only_with_a_plan_terms_and_a_sender(database: Database) -> None:
    with database.work() as work, pytest.raises(InvalidInput) as no:
        joining.save_programme(work, None, joining.Programme.model_validate({"is_open": True}))
    assert [one.code for one in no.value.problems] == ["no_plan", "no_terms", "no_sender"]


@pytest.mark.parametrize(
    "claim",
    [
        "A passive income for everybody", "Unlimited earnings!", "quit your job", "Ekonomisk frihet",
        "Garanterad inkomst", "earn while  you\nsleep",
    ],
)  # fmt: skip
def test_a_text_that_promises_an_income_is_refused(database: Database, claim: str) -> None:
    with database.work() as work, pytest.raises(InvalidInput) as no:
        joining.save_programme(
            work, None, joining.Programme.model_validate({"intro": {"en": claim}})
        )
    assert no.value.problems[0].pointer == "/intro/en"


# ------------------------------------------------------------------------- applying


def test_what_is_missing_is_said_beside_its_field_and_kept(staff: Staff) -> None:
    stranger = staff.open_app()
    answer = send(stranger, company_name="", agreed="", phone="070-174 06 05", how="In town.")
    assert answer.status_code == 422
    assert 'id="field-company_name-error"' in answer.text
    assert 'id="field-agreed-error"' in answer.text
    assert 'value="070-174 06 05"' in answer.text and "In town." in answer.text


def test_terms_that_changed_meanwhile_are_read_again(staff: Staff) -> None:
    answer = send(staff.open_app(), agreement="en:7")
    assert answer.status_code == 422
    assert "The terms have changed since you opened this page." in words_of(answer)
    with staff.database.work() as work:
        assert work.value("SELECT count(*) FROM application") == 0


def test_nothing_tells_a_stranger_whether_an_e_mail_is_known(
    staff: Staff, settings: Settings, with_secret: None
) -> None:
    an_application(staff.database, email="known@example.com")
    answers = [
        send(staff.open_app(), email=email)
        for email in (
            "known@example.com",
            "new@example.com",
            "ada@example.com",
            "alder@affiliates.example",
        )
    ]
    kinds = {(one.status_code, one.headers["location"], one.text) for one in answers}
    assert kinds == {(303, "/programme/sent", "")}
    with staff.database.work() as work:
        assert (
            work.value("SELECT count(*) FROM application WHERE mailbox_key = 'known@example.com'")
            == 1
        )


def test_too_many_from_one_place_are_told_to_wait(staff: Staff) -> None:
    stranger = staff.open_app()
    for no in range(joining.PER_ORIGIN):
        assert send(stranger, email=f"x{no}@example.com").status_code == 303
    answer = send(stranger, email="one-more@example.com")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3600")
    assert "Try again in an hour" in words_of(answer)


def test_to_open_the_link_confirms_nothing(
    staff: Staff, settings: Settings, with_secret: None
) -> None:
    stranger = staff.open_app()
    assert send(stranger).status_code == 303
    with staff.database.work() as work:
        token = token_of(work, references(work)[0])
    page = stranger.get(f"/programme/confirm?token={token}")
    assert "Fjällglöd AB" in words_of(page)
    with staff.database.work() as work:
        assert work.value("SELECT state FROM application") == "unconfirmed"
    assert confirm(stranger, staff.database, settings).startswith("/programme/application/")
    assert stranger.get(f"/programme/confirm?token={token}").status_code == 403


def test_an_application_goes_from_the_form_to_the_portal(
    staff: Staff, settings: Settings, with_secret: None, database: Database
) -> None:
    stranger = staff.open_app()
    assert send(stranger).status_code == 303
    at = confirm(stranger, database, settings)
    page = stranger.get(at)
    assert "Certificate of registration" in words_of(page)

    fia = staff.reader("fia")
    worker.drain(database)
    listed = fia.get("/console/applications")
    [id] = re.findall(r'href="/console/applications/([0-9a-f-]{36})"', listed.text)
    url = f"/console/applications/{id}"
    assert "Fjällglöd AB" in words_of(listed)
    refused = fia.post(f"{url}/approval", {"slug": "fjallglod"})
    assert refused.status_code == 409
    assert "Not all that is needed is given" in words_of(refused)
    assert fia.post(f"{url}/question", {"question": "Where is the paper?"}).status_code == 303

    asked = stranger.get(at)
    assert "Where is the paper?" in words_of(asked)
    answered = stranger.post(
        f"{at}/answer",
        {
            "question": token_in(asked, "question"),
            "answer": "Below.",
            "csrf_token": token_in(asked),
        },
    )
    assert answered.status_code == 303, answered.text
    fields = {"token": at.rpartition("/")[2], "code": "registration", "csrf_token": token_in(asked)}
    for data, status in ((b"", 422), (b"<html>", 422), (PDF, 303)):
        sent = stranger.client.post(
            "/programme/paper",
            data=fields,
            files={"paper": ("bevis.html", data, "text/html")},
            headers={"accept": "text/html"},
        )
        assert sent.status_code == status, sent.text
    page = fia.get(url)
    [paper] = re.findall(r'href="(/console/applications/[^"]+/papers/[^"]+)"', page.text)
    file = fia.get(paper)
    assert file.content == PDF
    assert file.headers["content-type"] == "application/pdf"
    assert file.headers["content-disposition"].startswith("attachment; filename*=UTF-8''bevis.pdf")
    assert "sandbox" in file.headers["content-security-policy"]
    assert file.headers["x-content-type-options"] == "nosniff"
    for nobody in (stranger, staff.reader("per")):
        assert nobody.get(paper).status_code in (303, 401, 403)

    approved = fia.post(f"{url}/approval", {"slug": "fjallglod"})
    assert approved.status_code == 303, approved.text
    worker.drain(database)
    assert "Sign in" in words_of(stranger.get(at))
    with database.work() as work:
        reference = work.value("SELECT person_reference FROM application")
        token = identity.invitation_token(settings.secret, reference)
    page = stranger.get(f"/invitation?token={token}")
    chosen = {"token": token, "password": PASSWORD, "csrf_token": token_in(page)}
    assert stranger.post("/invitation", chosen).status_code == 303
    assert stranger.sign_in(SAID["email"]).headers["location"] == "/portal"
    assert "Fjällglöd AB" in stranger.get("/portal").text


def test_a_paper_that_is_too_large_is_refused(
    staff: Staff, settings: Settings, with_secret: None
) -> None:
    id = an_application(staff.database)
    stranger = staff.open_app()
    token = identity.application_link(settings.secret, id)
    page = stranger.get(f"/programme/application/{token}")
    sent = stranger.client.post(
        "/programme/paper",
        data={"token": token, "code": "registration", "csrf_token": token_in(page)},
        files={"paper": ("x.pdf", PDF + b" " * 5_000_000, "application/pdf")},
        headers={"accept": "text/html"},
    )
    assert sent.status_code == 422
    assert "larger than 5 MB" in sent.text


def test_a_paper_is_kept_and_opened_only_when_a_scanner_has_found_nothing_in_it(
    staff: Staff, settings: Settings, with_secret: None
) -> None:
    id = an_application(staff.database)
    token = identity.application_link(settings.secret, id)
    kept = settings.data / "papers"

    def sent(data: bytes, scanner: Scanner) -> httpx.Response:
        stranger = staff.open_app(scanner=scanner)
        page = stranger.get(f"/programme/application/{token}")
        return stranger.client.post(
            "/programme/paper",
            data={"token": token, "code": "registration", "csrf_token": token_in(page)},
            files={"paper": ("x.pdf", data, "application/pdf")},
            headers={"accept": "text/html"},
        )

    bad = PDF[:9] + BAD + PDF[9:]
    with a_clamd() as clamd:
        refused = sent(bad, clamd.scanner)
        assert (refused.status_code, "Something harmful" in refused.text) == (422, True)
        assert not kept.exists()
        away = sent(PDF, Scanner(host="127.0.0.1", port=9))
        assert (away.status_code, "cannot be searched" in away.text) == (503, True)
        assert not kept.exists()
        assert sent(PDF, clamd.scanner).status_code == 303
        fia = staff.reader("fia", scanner=clamd.scanner)
        page = fia.get(f"/console/applications/{id}")
        [paper] = re.findall(r'href="(/console/applications/[^"]+/papers/[^"]+)"', page.text)
        assert fia.get(paper).content == PDF
        # A scanner that has learned since, or came later, finds it when it is opened.
        [file] = [one for one in kept.rglob("*") if one.is_file()]
        file.write_bytes(bad)
        assert fia.get(paper).status_code == 422
        assert staff.reader("fia").get(paper).content == bad, "without a scanner, as an attachment"


def test_links_of_others_open_nothing(staff: Staff, settings: Settings) -> None:
    id = an_application(staff.database)
    token = identity.application_link(settings.secret, id)
    stranger = staff.open_app()
    assert stranger.get(f"/programme/application/{token}").status_code == 200
    other = identity.application_link("another secret", id)
    order = identity.client_link(settings.secret, 0, id)
    for wrong in (
        token[:-2],
        other,
        order,
        "x",
        identity.application_link(settings.secret, UUID(int=5)),
    ):
        assert stranger.get(f"/programme/application/{wrong}").status_code == 404


# ------------------------------------------------------------------------- by program


def test_programs_do_and_see_what_staff_do(
    staff: Staff, open_app: Open, settings: Settings
) -> None:
    id = an_application(staff.database)
    sees = a_program(staff.database, open_app, "affiliates:read")
    does = a_program(staff.database, open_app, "affiliates:write")
    [row] = sees.sees("/company/applications")["items"]
    assert (row["id"], row["company"], row["state"]) == (str(id), "Fjällglöd AB", "applied")
    it = sees.sees(f"/company/applications/{id}")
    assert it["missing"] == ["registration"]
    assert len(it["agreement_sha256"]) == 64
    at = f"/company/applications/{id}"
    assert does.says(f"{at}/approval", {"slug": "x"}).json()["code"] == "requirements_missing"
    assert does.does(f"{at}/question", {"question": "Where?"})["outcome"] == "done"
    assert does.does(f"{at}/rejection", {"reason": "Too near."})["outcome"] == "done"
    assert does.says(f"{at}/review").json()["code"] == "invalid_transition"
    body = {"email": "bo@example.com", "name": "Bo", "locale": "en", "sponsor": "nobody-there"}
    assert does.says("/company/invitations", body).status_code == 422
    assert does.does("/company/invitations", body | {"sponsor": "alder"})["outcome"] == "done"
    [asked] = sees.sees("/company/invitations")["items"]
    assert (asked["email"], asked["sponsor"], asked["has_applied"]) == (
        "bo@example.com",
        "Alder",
        False,
    )
    suspended = f"/company/affiliates/{staff.company.alder}/suspension"
    assert does.says(suspended, {"reason": ""}).status_code == 422
    assert (
        does.does(suspended, {"reason": "They promise what we do not keep."})["outcome"] == "done"
    )
    assert does.says(suspended, {"reason": "Again."}).json()["code"] == "invalid_transition"
    assert sees.says(suspended, {"reason": "x"}).status_code == 403


def test_staff_see_that_an_invitation_ran_out_and_that_it_names_nobody_any_more(
    staff: Staff, clock: FixedClock
) -> None:
    ada = staff.reader("ada")
    with staff.database.work(Actor("staff", "1")) as work:
        open_programme(work)
        joining.ask_to_apply(work, email="bo@example.com", name="Bo Ek", locale="en")
    assert "Bo Ek bo@example.com" in words_of(ada.get("/console/applications/invitations"))
    clock.move(timedelta(days=60 + 31))
    with staff.database.work() as work:
        joining.forget_invited(work)
    page = words_of(staff.reader("ada").get("/console/applications/invitations"))
    assert "Forgotten \N{EN DASH}" in page
    assert "Ran out" in page
    assert "Bo Ek" not in page and "bo@example.com" not in page


def test_an_invitation_of_staff_opens_the_application_filled_in_also_while_it_is_closed(
    staff: Staff, settings: Settings, with_secret: None
) -> None:
    with staff.database.work(Actor("staff", "1")) as work:
        open_programme(work, is_open=False)
        id = joining.ask_to_apply(
            work, email="bo@example.com", name="Bo Ek", locale="en", sponsor="alder"
        )
        token = joining.invitation_to_apply_token(settings.secret, id)
    stranger = staff.open_app()
    page = stranger.get(f"/programme/apply?invitation={token}")
    assert 'value="bo@example.com"' in page.text and "Alder has invited you" in words_of(page)
    sent = FORM | {"email": "bo@example.com", "invitation": token, "csrf_token": token_in(page)}
    answer = stranger.client.post("/programme/apply", data=sent, headers={"accept": "text/html"})
    assert answer.status_code == 303
    with staff.database.work() as work:
        row = work.one("SELECT sponsor_id, invitation_id FROM application")
    assert (row.sponsor_id, row.invitation_id) == (staff.company.alder, id)


# ------------------------------------------------------------------------- roles of an affiliate


PAGES = {
    "/portal/payouts": network.SEE_MONEY,
    "/portal/orders": network.WORK,
    "/portal/leads": network.WORK,
    "/portal/team": network.WORK,
    "/portal/account": network.ACCOUNT,
    "/portal/company": network.COMPANY_DATA,
    "/portal/people": network.PEOPLE,
    "/portal/mail": network.MAIL,
}


@pytest.fixture
def people(staff: Staff) -> dict[str, int]:
    """An owner, a seller and an accountant of Cedar, who sponsors nobody and has a client."""
    ids = {}
    with staff.database.work() as work:
        for role in identity.AFFILIATE_ROLES:
            ids[role] = identity.create_person(
                work, email=f"{role}@people.example", name=role.title(),
                password_hash=passwords.hash_password(PASSWORD), locale="en",
            )  # fmt: skip
            identity.grant(
                work, ids[role], "affiliate", affiliate_id=staff.company.cedar, affiliate_role=role
            )
        a_lead(work, staff.company.shop)
        a_paid_order(work, staff.company.shop, (KETTLE, 1))
    worker.drain(staff.database)
    return ids


def signed_in(staff: Staff, role: str) -> Reader:
    reader = staff.open_app()
    assert reader.sign_in(f"{role}@people.example").status_code == 303
    return reader


@pytest.mark.parametrize("role", identity.AFFILIATE_ROLES)
@pytest.mark.parametrize("page", PAGES)
def test_a_role_opens_the_pages_that_the_table_says(
    staff: Staff, people: dict[str, int], role: str, page: str
) -> None:
    answer = signed_in(staff, role).get(page)
    assert (answer.status_code == 200) == (PAGES[page] in network.ROLE_MAY[role]), answer.text
    if answer.status_code != 200:
        assert answer.status_code == 403
        assert "Your role at your company does not open this page" in answer.text


@pytest.mark.parametrize("role", identity.AFFILIATE_ROLES)
def test_the_navigation_leads_to_what_a_role_may_open_and_to_nothing_else(
    staff: Staff, people: dict[str, int], role: str
) -> None:
    reader = signed_in(staff, role)
    begin = reader.get("/portal")
    while begin.status_code == 303:
        begin = reader.get(begin.headers["location"])
    links = set(re.findall(r'href="(/portal[^"#?]*)', begin.text))
    assert links, "there is a way on"
    for link in links - {"/portal"}:
        answer = reader.get(link)
        assert answer.status_code == 200, (role, link)
    for page, right in PAGES.items():
        if right not in network.ROLE_MAY[role]:
            assert page not in links, (role, page)


def test_every_route_of_the_portal_names_a_right_that_the_tables_know(open_app: Open) -> None:
    known = set().union(*network.ROLE_MAY.values())
    for handler in portal.routes:
        assert handler.opt.get("right", network.WORK) in known


def test_a_seller_sees_no_money_and_an_accountant_no_client(
    staff: Staff, people: dict[str, int]
) -> None:
    seller = signed_in(staff, "seller")
    assert seller.get("/portal").headers["location"] == "/portal/orders"
    account = words_of(seller.get("/portal/account"))
    assert "My codes" in account and "Where I am paid" not in account
    assert seller.post("/portal/account/bank", {"currency": "SEK"}).status_code == 403
    assert seller.post("/portal/account/onboarding").status_code == 403
    accountant = signed_in(staff, "accountant")
    begin = accountant.get("/portal")
    assert begin.status_code == 200
    account = words_of(accountant.get("/portal/account"))
    assert "Where I am paid" in account and "My codes" not in account
    for page in (
        "/portal",
        "/portal/payouts",
        "/portal/account",
        "/portal/company",
        "/portal/mail",
    ):
        text = accountant.get(page).text
        assert "Ada Lind" not in text and "ada@example.com" not in text
        assert "/portal/orders/" not in text
    assert accountant.post("/portal/account/codes", {"code": "MINE"}).status_code == 403


def test_an_owner_lets_people_in_says_what_they_do_and_lets_them_go(
    staff: Staff, people: dict[str, int]
) -> None:
    owner = signed_in(staff, "owner")
    sent = {"name": "Nora", "email": "nora@people.example", "role": "seller", "locale": "sv"}
    assert owner.post("/portal/people", sent).status_code == 303
    assert owner.post("/portal/people", sent).status_code == 303, "again is the same"
    with staff.database.work() as work:
        nora = identity.person_of(work, "nora@people.example")
        assert nora is not None
        rows = work.rows("SELECT recipient, context FROM mail WHERE reason = 'staff_invitation'")
    assert {row.recipient for row in rows} == {"nora@people.example"}
    assert rows[0].context["invited_by"] == "Owner"
    page = owner.get("/portal/people")
    assert "Nora" in words_of(page)
    changed = {"person": str(nora), "role": "accountant"}
    assert owner.post("/portal/people/role", changed).status_code == 303
    assert owner.post("/portal/people/removal", {"person": str(nora)}).status_code == 303
    assert "Nora" not in words_of(owner.get("/portal/people"))
    assert owner.post("/portal/people/removal", {"person": str(nora)}).status_code == 404
    bad = owner.post("/portal/people", sent | {"email": "no", "role": "boss"})
    assert bad.status_code == 422
    for role in ("seller", "accountant"):
        assert signed_in(staff, role).post("/portal/people", sent).status_code == 403


def test_the_last_owner_stays(staff: Staff, people: dict[str, int]) -> None:
    owner = signed_in(staff, "owner")
    for path, more in (("role", {"role": "seller"}), ("removal", {})):
        answer = owner.post(f"/portal/people/{path}", {"person": str(people["owner"])} | more)
        assert answer.status_code == 409
        assert "This is the only owner" in words_of(answer)
    assert owner.get("/portal/people").status_code == 200


def test_nobody_changes_people_of_another_affiliate(staff: Staff, people: dict[str, int]) -> None:
    with staff.database.work() as work:
        other = identity.create_person(work, email="x@people.example", name="X")
        identity.grant(work, other, "affiliate", affiliate_id=staff.company.birch)
    owner = signed_in(staff, "owner")
    assert owner.post("/portal/people/removal", {"person": str(other)}).status_code == 404
    role = {"person": str(other), "role": "seller"}
    assert owner.post("/portal/people/role", role).status_code == 404


def test_the_company_says_who_it_is_and_each_version_is_kept(
    staff: Staff, people: dict[str, int]
) -> None:
    accountant = signed_in(staff, "accountant")
    said: dict[str, Any] = {
        "legal_name": "Cedar AB", "legal_form": "Aktiebolag", "number": "556188-8404",
        "vat_number": "SE 5561 888404 01", "line1": "Storgatan 1", "postal_code": "114 55",
        "city": "Stockholm", "email": "hej@cedar.example.com", "phone": "070-174 06 05",
        "languages": ["sv", "en"],
    }  # fmt: skip
    assert accountant.post("/portal/company", said).status_code == 303
    assert accountant.post("/portal/company", said | {"city": "Bollnäs"}).status_code == 303
    with staff.database.work() as work:
        first, second = joining.details_history(work, staff.company.cedar)[::-1]
        row = work.one(
            "SELECT email_key, phone_key, locale FROM affiliate WHERE id = %(id)s",
            id=staff.company.cedar,
        )
        facts = work.value("SELECT count(*) FROM fact WHERE name = 'affiliate.details_changed'")
    assert (first.city, second.city, second.vat_number) == (
        "Stockholm",
        "Bollnäs",
        "SE556188840401",
    )
    assert second.said_by == f"person:{people['accountant']}"
    assert (row.email_key, row.phone_key, row.locale, facts) == (
        "hej@cedar.example.com", "+46701740605", "sv", 2,
    )  # fmt: skip
    assert "Accountant" in words_of(accountant.get("/portal/company"))
    for field, wrong in (("vat_number", "SE1"), ("vat_number", "DE811569869"), ("phone", "1")):
        answer = accountant.post("/portal/company", said | {field: wrong})
        assert answer.status_code == 422
        assert f'id="field-{field}-error"' in answer.text


# ------------------------------------------------------------------------- a sponsor's own link


def test_a_sponsors_link_carries_them_to_the_application(
    staff: Staff, people: dict[str, int], settings: Settings, with_secret: None
) -> None:
    with staff.database.work() as work:
        open_programme(work, levels_max=5)
    page = signed_in(staff, "seller").get("/portal/team")
    found = re.search(r'value="(http://company.example/programme\?by=[^"]+)"', page.text)
    assert found, page.text
    assert "Nobody is paid for joining" in words_of(page)
    assert 'src="data:image/svg+xml' in page.text
    stranger = staff.open_app()
    offer = stranger.get(html.unescape(found[1]).removeprefix("http://company.example"))
    [apply_url] = set(re.findall(r'href="(/programme/apply\?by=[^"]+)"', offer.text))
    form = stranger.get(html.unescape(apply_url))
    assert "Cedar has invited you" in words_of(form)
    sent = FORM | {"by": token_in(form, "by"), "csrf_token": token_in(form)}
    answer = stranger.client.post("/programme/apply", data=sent, headers={"accept": "text/html"})
    assert answer.status_code == 303
    with staff.database.work() as work:
        assert work.value("SELECT sponsor_id FROM application") == staff.company.cedar


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"recruiters": "nobody"}, "who may bring others in is said by the programme"),
        ({"recruiters": "proven"}, "who may bring others in is said by the programme"),
        ({"levels_max": 3}, "as deep as the programme lets it be"),
        ({"is_open": False}, "takes no applications now"),
    ],
)
def test_who_may_bring_nobody_in_has_no_link_and_is_told_why(
    staff: Staff, people: dict[str, int], rules: dict[str, Any], words: str
) -> None:
    with staff.database.work() as work:
        open_programme(work, **({"levels_max": 5} | rules))
    page = signed_in(staff, "owner").get("/portal/team")
    assert "/programme?by=" not in page.text
    assert words in words_of(page)


# ------------------------------------------------------------------------- states of affiliates


def test_staff_suspend_with_a_reason_and_the_affiliate_is_told(
    staff: Staff, people: dict[str, int]
) -> None:
    fia, url = staff.reader("fia"), f"/console/affiliates/{staff.company.cedar}"
    assert "Suspend" in words_of(fia.get(url))
    empty = fia.post(f"{url}/suspension", {"reason": " "})
    assert empty.status_code == 422
    assert fia.post(f"{url}/suspension", {"reason": "They promise too much."}).status_code == 303
    worker.drain(staff.database)
    page = words_of(fia.get(url))
    assert "They promise too much." in page and "Make active again" in page
    with staff.database.work() as work:
        told = work.rows("SELECT recipient, context FROM mail WHERE reason = 'affiliate_state'")
    assert {row.recipient for row in told} == {"owner@people.example", "accountant@people.example"}
    assert {row.context["why"] for row in told} == {"They promise too much."}
    assert signed_in(staff, "owner").get("/portal/team").status_code == 403
    assert signed_in(staff, "owner").get("/portal").status_code == 200
    assert fia.post(f"{url}/resumption", {"reason": "Mended."}).status_code == 303
    assert signed_in(staff, "owner").get("/portal/team").status_code == 200


def test_the_empty_queue_says_what_to_do_next(staff: Staff) -> None:
    fia = staff.reader("fia")
    assert "Ask somebody to apply" in words_of(fia.get("/console/applications"))
    with staff.database.work() as work:
        open_programme(work, is_open=False)
    assert "Open your programme" in words_of(fia.get("/console/applications"))


def test_what_everybody_earned_is_read_before_anybody_applies(staff: Staff) -> None:
    database = staff.database
    staff.delivered((KETTLE, 1))
    with database.work() as work:
        today = work.now().astimezone(work.tools.zone).date()
        until = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        said = income.make_due(work, until)
        assert said is not None
    page = words_of(staff.open_app().get("/programme"))
    assert f"{said.people} affiliates took part for a day or more." in page
    assert f"{said.nothing} of them" in page and "earned nothing" in page
    assert said.hash[:16] in page


def test_nobody_applies_where_what_others_earned_is_not_told(staff: Staff) -> None:
    with staff.database.work() as work:
        work.run("UPDATE affiliate SET joined_at = joined_at - interval '60 days'")
    stranger = staff.open_app()
    assert stranger.get("/programme").status_code == 404
    with staff.database.work() as work:
        income.make_due(work, work.now().astimezone(work.tools.zone).date())
    assert stranger.get("/programme").status_code == 200
