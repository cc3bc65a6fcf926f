"""A company joins: it applies, confirms, gives a paper, is approved and signs in; and brings another one in."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.people import AMINA, INGRID, Person

Enter = Callable[..., Person]

MAJA = "maja@fjallglod.example.com"
OLLE = "olle@torgkok.example.com"
PASSWORD = "sju grytor och en lykta"
PAPER = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """The certificate, as it was saved."""
    path = tmp_path / "registreringsbevis.pdf"
    path.write_bytes(PAPER)
    return path


def link_in_mail(reader: Person, address: str, subject: str) -> str:
    """The first link of a message in the demo's inbox, as its reader would follow it."""
    reader.go(f"/inbox?to={address}")
    row = reader.page.get_by_role("link", name=re.compile(subject))
    reader.waits_for(row)
    row.first.click()
    text = reader.page.locator(".mail-text pre").text_content() or ""
    found = re.search(r"https?://\S+", text)
    assert found, text
    return found[0]


def apply(stranger: Person, company: str, contact: str, email: str) -> None:
    stranger.page.get_by_role("link", name="Apply to sell with us").first.click()
    stranger.heads("Apply to sell with us")
    stranger.look("programme-apply")
    stranger.fill(
        company_name=company,
        company_number="559123-4567",
        contact_name=contact,
        email=email,
        phone="070-174 06 21",
        how="I cook outdoors with half the village, and they ask where the pan is from.",
    )
    stranger.page.locator("[name=country]").select_option("SE")
    stranger.page.get_by_role("checkbox", name=re.compile("agree to them")).check()
    stranger.press("Send the application")
    stranger.heads("Look into your inbox")
    stranger.look("programme-sent")
    stranger.go(link_in_mail(stranger, email, "Confirm the e-mail"))
    stranger.sees(company, contact)
    stranger.look("programme-confirm")
    stranger.press("Confirm and send it to staff")
    stranger.heads(company)


def approve(staff: Person, company: str, slug: str) -> None:
    staff.go("/console/applications")
    row = staff.page.get_by_role("link", name=company)
    staff.waits_for(row)
    row.first.click()
    staff.heads(company)
    staff.fill(slug=slug)
    staff.press("Approve")
    staff.sees(f"{company} is an affiliate now.")


def first_sign_in(newcomer: Person, email: str) -> None:
    newcomer.go(link_in_mail(newcomer, email, "^Invitation$"))
    newcomer.page.locator("[name=password]").fill(PASSWORD)
    newcomer.press("Set the password")
    newcomer.heads("Sign in")
    newcomer.page.locator("[name=email]").fill(email)
    newcomer.page.locator("[name=password]").fill(PASSWORD)
    newcomer.page.locator("main button").click()
    expect(newcomer.page).to_have_url(re.compile("/portal"))


def give_paper(newcomer: Person, paper: Path) -> None:
    newcomer.page.locator("[name=paper]").set_input_files(paper)
    newcomer.press("Send the file")
    newcomer.sees("Thank you. We have it.", "registreringsbevis.pdf")


def invitation_of(sponsor: Person) -> str:
    sponsor.go("/portal/team")
    sponsor.look("portal-team-invitation")
    return sponsor.page.get_by_label("Your link").input_value()


def test_a_company_joins_through_a_sponsor_and_brings_in_another(enter: Enter, paper: Path) -> None:
    ingrid = enter(phone=True)
    ingrid.sign_in(INGRID, to="/portal/team")
    maja = enter(phone=True)
    maja.go(invitation_of(ingrid))
    maja.sees("What is paid for what", "What we do not promise")
    maja.look("programme")
    apply(maja, "Fjällglöd", "Maja Ek", MAJA)
    maja.sees("Certificate of registration")
    maja.look("programme-application")
    own_page = maja.page.url

    amina = enter()
    amina.sign_in(AMINA, to="/console/applications")
    row = amina.page.get_by_role("link", name="Fjällglöd")
    amina.waits_for(row)
    amina.look("console-applications")
    row.first.click()
    amina.sees("Missing", "Kulla Hus")
    amina.look("console-application")
    amina.page.locator("summary", has_text="Ask for something").click()
    amina.page.locator("[name=question]").fill("Please send the certificate of registration.")
    amina.press("Send the question")
    amina.sees("Asked. The answer will stand here.")

    maja.go(link_in_mail(maja, MAJA, "Question about an application"))
    assert maja.page.url.partition("?")[0].rpartition("/")[0] == own_page.rpartition("/")[0]
    maja.sees("Please send the certificate of registration.")
    give_paper(maja, paper)
    maja.page.locator("[name=answer]").fill("It is below.")
    maja.press("Send the answer")
    maja.sees("You have answered")

    approve(amina, "Fjällglöd", "fjallglod")
    amina.look("console-application-approved")
    amina.go("/console/applications/invitations")
    amina.look("console-invitations")
    first_sign_in(maja, MAJA)
    maja.go("/portal/people")
    maja.sees("Maja Ek", "Owner")
    maja.look("portal-people")
    maja.go("/portal/company")
    maja.look("portal-company")

    olle = enter()
    olle.go(invitation_of(maja))
    apply(olle, "Torgkök", "Olle Berg", OLLE)
    give_paper(olle, paper)
    approve(amina, "Torgkök", "torgkok")
    amina.follow("To the affiliate")
    sponsors = amina.page.locator("section", has=amina.page.get_by_role("heading", name="Sponsors"))
    expect(sponsors).to_contain_text("Fjällglöd")
    expect(sponsors).to_contain_text("Kulla Hus")
    amina.look("console-affiliate-joined")
    ingrid.go("/portal/team")
    ingrid.sees("Torgkök")
