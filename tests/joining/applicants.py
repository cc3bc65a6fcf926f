"""A programme that is open, and companies that apply to it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from mainstem import company, joining, mail, worker
from mainstem.identity import derived_secret
from mainstem.joining import ApplicationForm, CameFrom, Programme
from mainstem.kit.db import Database
from mainstem.kit.documents import Locale
from mainstem.kit.work import Actor, Work

STAFF = Actor("staff", "1")
TERMS: dict[Locale, str] = {
    "en": "You sell honestly, and we pay for it.",
    "sv": "Ni säljer ärligt, och vi betalar.",
}
REGISTRATION: dict[str, Any] = {
    "code": "registration",
    "names": {"en": "Certificate of registration", "sv": "Registreringsbevis"},
    "needs": "file",
}
PITCH: dict[str, Any] = {"code": "pitch", "names": {"en": "Your pitch"}, "required": False}
SAID: dict[str, Any] = {
    "company_name": "Fjällglöd AB",
    "company_number": "559123-4561",
    "country": "SE",
    "contact_name": "Maja Ek",
    "email": "maja@fjallglod.example.com",
    "phone": "070-174 06 05",
    "locale": "sv",
    "how": "I know everybody who cooks outdoors in Åre.",
}
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def open_programme(work: Work, **said: Any) -> None:
    """Terms, a sender of mail, and the programme: open, with a paper that is needed."""
    if not work.value("SELECT 1 FROM company_document WHERE kind = 'programme'"):
        company.publish_document(work, None, company.CompanyDocument(kind="programme", texts=TERMS))
    mail.save_settings(
        work, mail.MailSettings(sender_name="Härdvik", sender_address="hej@hardvik.example.com")
    )
    programme = {"is_open": True, "requirements": [REGISTRATION, PITCH]} | said
    joining.save_programme(work, None, Programme.model_validate(programme))


def applied(work: Work, came: CameFrom | None = None, **changes: Any) -> None:
    """A company sends its application in."""
    said = ApplicationForm.model_validate(SAID | changes)
    agreed = joining.agreement_in_force(work, said.locale)
    assert agreed is not None
    joining.apply(work, said, agreed, came or CameFrom("192.0.2.7", "192.0.2.7"))


def references(work: Work) -> list[UUID]:
    """What each link that confirms an e-mail is known by, the oldest first."""
    rows = work.rows(
        "SELECT reference FROM application_confirmation ORDER BY created_at, reference"
    )
    return [row.reference for row in rows]


def token_of(work: Work, reference: UUID) -> str:
    """The token that stands in a mail."""
    return derived_secret(work.tools.secret, "mainstem.application", reference, prefix="app_")


def an_application(database: Database, came: CameFrom | None = None, **changes: Any) -> UUID:
    """An application that was sent in and confirmed."""
    with database.work() as work:
        before = set(references(work))
        applied(work, came, **changes)
        [new] = set(references(work)) - before
        id = joining.confirm(work, token_of(work, new))
    worker.drain(database)
    return id


def with_paper(work: Work, id: UUID, store: joining.PaperStore) -> None:
    """The paper that is needed is given."""
    joining.give_paper(work, id, "registration", joining.take_paper(store, "bevis.pdf", PDF))


def mails(work: Work) -> list[tuple[str, str]]:
    """Every message that was queued: its reason, and to whom."""
    rows = work.rows("SELECT reason, recipient FROM mail ORDER BY created_at, id")
    return [(row.reason, row.recipient) for row in rows]
