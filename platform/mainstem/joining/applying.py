"""Applying: a company says who it is and agrees to the terms; its e-mail is confirmed before anybody reads it.

Whoever sends the form is told the same whatever we know of the address. Floods are met where they come in:
so many a network address and in all, one message a mailbox and hour, and what nobody confirms is forgotten.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, Field

from mainstem import company, network
from mainstem.identity import derived_secret, hash_of
from mainstem.joining.agreement import Agreement
from mainstem.joining.programme import is_open
from mainstem.kit.company_number import company_number, not_a_company_number
from mainstem.kit.contact import email_key, mailbox_of, phone_key
from mainstem.kit.documents import Document, Email, KnownCountry, Line, Lines, Locale, Name
from mainstem.kit.errors import InvalidInput, NotFound, Problem, Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.lookalike import skeleton, skeletons
from mainstem.kit.validation import said_error
from mainstem.kit.work import Actor, Work

APPLICANT = Actor("applicant")
"""Whoever applies, before there is an affiliate."""

CONFIRM_WITHIN = timedelta(hours=48)
FORGOTTEN_AFTER = timedelta(days=7)
MAIL_EVERY = timedelta(hours=1)
WINDOW = timedelta(hours=1)
PER_ORIGIN = 10
"""Applications from one network address in an hour."""

IN_ALL = 500
"""Applications in an hour that nobody has confirmed, wherever they come from."""

HOW_MAX = 3000


class ProgrammeClosed(Refused):
    """Nobody may apply now, except whom staff have asked to."""

    code = "programme_closed"
    status = 404
    message = "We are not taking applications now."


class TooManyApplications(Refused):
    """More than we take in an hour, from one place or in all."""

    code = "too_many_applications"
    status = 429
    message = "Too many applications at once. Try again in an hour."
    retry_after = 3600


class ConfirmationRefused(Refused):
    """The link was never made, has been used, or is too old."""

    code = "confirmation_refused"
    status = 403
    message = (
        "This link has been used or is too old. If you have not confirmed yet, send the application again:"
        " you get a new one."
    )


def _how(text: str) -> str:
    if not 0 < len(text) <= HOW_MAX:
        raise said_error(
            "missing", "Say it in your words, in at most {max} characters.", max=HOW_MAX
        )
    return text


def _website(text: str) -> str:
    address = text if "://" in text or not text else f"https://{text}"
    try:
        parts = urlsplit(address)
        fits = not text or (parts.scheme in ("http", "https") and "." in (parts.hostname or ""))
    except ValueError:
        fits = False
    if not fits:
        raise said_error("invalid_field", "Write an address, such as www.example.com.")
    return address


class ApplicationForm(Document):
    """What a company says when it applies."""

    company_name: Name = Field(title="Company")
    company_number: Name = Field(title="Company number")
    country: KnownCountry = Field(title="Country")
    contact_name: Name = Field(title="Contact person")
    email: Email = Field(title="E-mail")
    phone: Name = Field(title="Telephone")
    locale: Locale = Field("en", title="Language")
    how: Annotated[Lines, AfterValidator(_how)] = Field(title="How you will sell")
    website: Annotated[Line, AfterValidator(_website)] = Field("", title="Website")


class CameFrom(NamedTuple):
    """Where an application comes from: the network, whose link led to it, and who was asked to apply."""

    origin: str = ""
    address: str = ""
    sponsor_id: int | None = None
    invitation_id: UUID | None = None


NOWHERE = CameFrom()

_INSERT = """
INSERT INTO application
  (id, state, company_name, skeletons, company_number, country, contact_name, email, mailbox_key, phone,
   phone_key, locale, how, website, sponsor_id, invitation_id, origin, agreement_locale,
   agreement_version, agreement_hash, agreed_at, agreed_from, asked_at)
VALUES (%(id)s, 'unconfirmed', %(company_name)s, %(skeletons)s, %(company_number)s, %(country)s,
        %(contact_name)s, %(email)s, %(mailbox)s, %(phone)s, %(phone_key)s, %(locale)s, %(how)s,
        %(website)s, %(sponsor)s, %(invitation)s, %(origin)s, %(agreement_locale)s,
        %(agreement_version)s, %(agreement_hash)s, %(now)s, %(address)s, %(now)s)"""

# Whoever has the mailbox reads before they confirm what was said in their name.
_REPLACE = """
UPDATE application
   SET company_name = %(company_name)s, skeletons = %(skeletons)s, company_number = %(company_number)s,
       country = %(country)s, contact_name = %(contact_name)s, email = %(email)s, phone = %(phone)s,
       phone_key = %(phone_key)s, locale = %(locale)s, how = %(how)s, website = %(website)s,
       sponsor_id = %(sponsor)s, invitation_id = %(invitation)s, origin = %(origin)s,
       agreement_locale = %(agreement_locale)s, agreement_version = %(agreement_version)s,
       agreement_hash = %(agreement_hash)s, agreed_at = %(now)s, agreed_from = %(address)s,
       asked_at = %(now)s
 WHERE id = %(id)s"""


def apply(work: Work, said: ApplicationForm, agreed: Agreement, came: CameFrom = NOWHERE) -> None:
    """Take an application in and write to its e-mail. One that is sent again replaces what nobody has
    confirmed, and changes nothing of what somebody has; there is never a second one beside it.

    Raises ProgrammeClosed, TooManyApplications, and InvalidInput with every problem.
    """
    if came.invitation_id is None and not is_open(work):
        raise ProgrammeClosed
    key = email_key(said.email)
    assert key is not None, "the form has looked at it"
    phone = phone_key(said.phone, said.country)
    number = company_number(said.company_number, said.country)
    if problems := [*_problems(work, said, phone, number)]:
        raise InvalidInput(*problems)
    mailbox = mailbox_of(key)
    _lock(work, mailbox, came.origin)
    _refuse_floods(work, came.origin)
    row = work.row(
        """SELECT id, state, mailed_at FROM application
            WHERE mailbox_key = %(mailbox)s AND state IN ('unconfirmed', 'applied', 'in_review')
              FOR UPDATE""",
        mailbox=mailbox,
    )
    id = row.id if row else new_id()
    if row is None or row.state == "unconfirmed":
        work.run(
            _REPLACE if row else _INSERT,
            **said.written() | {"company_number": number},
            id=id,
            skeletons=skeletons(said.company_name),
            mailbox=mailbox,
            phone_key=phone,
            sponsor=came.sponsor_id,
            invitation=came.invitation_id,
            origin=came.origin,
            address=came.address,
            agreement_locale=agreed.locale,
            agreement_version=agreed.version,
            agreement_hash=agreed.hash,
            now=work.now(),
        )
    _write_to(work, id, row.mailed_at if row else None)


def _problems(
    work: Work, said: ApplicationForm, phone: str | None, number: str | None
) -> list[Problem]:
    problems = []
    if number is None:
        problems.append(not_a_company_number("/company_number", said.country))
    if phone is None:
        message = "Write a telephone number, with its country code if it is from abroad."
        problems.append(Problem("/phone", "invalid_phone", message))
    seen = skeleton(said.company_name)
    if not seen:
        problems.append(Problem("/company_name", "missing", "Write the company's name."))
    profile = company.profile(work)
    if profile and seen in skeletons(profile.name, profile.legal_name):
        message = "This is our own name. Write yours."
        problems.append(Problem("/company_name", "our_name", message))
    return problems


def _lock(work: Work, mailbox: str, origin: str) -> None:
    """Two that are sent at one moment for one mailbox, or from one place, come one after the other."""
    for locked in sorted({f"mailbox {mailbox}", f"origin {origin}"}):
        work.run("SELECT pg_advisory_xact_lock(hashtextextended(%(on)s, 7241))", on=locked)


def _refuse_floods(work: Work, origin: str) -> None:
    counted = work.one(
        """SELECT (SELECT count(*) FROM (
                     SELECT 1 FROM application
                      WHERE origin = %(origin)s AND asked_at > %(since)s AND %(origin)s <> ''
                      LIMIT %(per_origin)s) AS these) AS from_there,
                  (SELECT count(*) FROM (
                     SELECT 1 FROM application WHERE state = 'unconfirmed' AND asked_at > %(since)s
                      LIMIT %(in_all)s) AS those) AS in_all""",
        origin=origin,
        since=work.now() - WINDOW,
        per_origin=PER_ORIGIN,
        in_all=IN_ALL,
    )
    if counted.from_there >= PER_ORIGIN or counted.in_all >= IN_ALL:
        raise TooManyApplications


def _write_to(work: Work, id: UUID, mailed_at: datetime | None) -> None:
    """Have a link sent to the e-mail, unless one was within the hour."""
    now = work.now()
    if mailed_at is not None and now - mailed_at < MAIL_EVERY:
        return
    reference = new_id()
    work.run(
        """INSERT INTO application_confirmation
             (token_hash, reference, application_id, created_at, expires_at)
           VALUES (%(hash)s, %(reference)s, %(id)s, %(now)s, %(until)s)""",
        hash=hash_of(confirmation_token(work.tools.secret, reference)),
        reference=reference,
        id=id,
        now=now,
        until=now + CONFIRM_WITHIN,
    )
    work.run("UPDATE application SET mailed_at = %(now)s WHERE id = %(id)s", now=now, id=id)
    record(work, "application.sent_in", reference)


def confirmation_token(secret: str, reference: UUID) -> str:
    """The token of a confirmation, from the company's secret and what the confirmation is known by."""
    return derived_secret(secret, "mainstem.application", reference, prefix="app_")


def to_confirm(work: Work, token: str, *, lock: bool = False) -> Any:
    """The application that a link confirms, as it was said. Raises ConfirmationRefused."""
    row = work.row(
        f"""SELECT a.id, a.company_name, a.company_number, a.country, a.contact_name, a.email, a.phone,
                   a.how, a.website, a.locale
              FROM application_confirmation c JOIN application a ON a.id = c.application_id
             WHERE c.token_hash = %(hash)s AND c.used_at IS NULL AND c.expires_at > %(now)s
               AND a.state = 'unconfirmed' {"FOR UPDATE" if lock else ""}""",
        hash=hash_of(token),
        now=work.now(),
    )
    if row is None:
        raise ConfirmationRefused
    return row


def confirm(work: Work, token: str) -> UUID:
    """Confirm the e-mail of an application: from now on staff read it. Its id; the link works once.

    Raises ConfirmationRefused.
    """
    id: UUID = to_confirm(work, token, lock=True).id
    work.run(
        "UPDATE application_confirmation SET used_at = %(now)s WHERE token_hash = %(hash)s",
        now=work.now(),
        hash=hash_of(token),
    )
    work.run(
        "UPDATE application SET state = 'applied', confirmed_at = %(now)s WHERE id = %(id)s",
        now=work.now(),
        id=id,
    )
    network.note_step(work, "unconfirmed", "applied", application_id=id)
    record(work, "application.applied", id)
    return id


def forget_unconfirmed(work: Work, *, most: int = 5000) -> int:
    """Forget the oldest applications whose e-mail nobody has confirmed in time; how many."""
    work.run(
        """DELETE FROM application_confirmation WHERE application_id IN (
             SELECT id FROM application WHERE state = 'unconfirmed' AND asked_at < %(before)s
              ORDER BY asked_at, id LIMIT %(most)s)""",
        before=work.now() - FORGOTTEN_AFTER,
        most=most,
    )
    return work.run(
        """DELETE FROM application WHERE id IN (
             SELECT id FROM application WHERE state = 'unconfirmed' AND asked_at < %(before)s
              ORDER BY asked_at, id LIMIT %(most)s)""",
        before=work.now() - FORGOTTEN_AFTER,
        most=most,
    )


def link_named(work: Work, id: UUID) -> None:
    """Raise NotFound unless this is an application that somebody has confirmed."""
    if not work.value(
        "SELECT 1 FROM application WHERE id = %(id)s AND state <> 'unconfirmed'", id=id
    ):
        raise NotFound("application")
