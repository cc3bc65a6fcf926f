"""An affiliate as a company in law: its name, form, numbers and address, in versions that say who said them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from mainstem import tax
from mainstem.identity import key_of
from mainstem.kit.company_number import company_number, not_a_company_number
from mainstem.kit.contact import phone_key
from mainstem.kit.documents import Document, Email, Line, Locale, Name
from mainstem.kit.errors import InvalidInput, NotFound, Problem
from mainstem.kit.events import record
from mainstem.kit.work import Work

HISTORY_MAX = 20


class AffiliateDetails(Document):
    """What an affiliate says of itself as a company."""

    legal_name: Name = Field(title="Name in law")
    legal_form: Line = Field("", title="Legal form")
    number: Line = Field("", title="Company number")
    vat_number: Line = Field("", title="VAT number")
    line1: Line = Field("", title="Street address")
    postal_code: Line = Field("", title="Postcode")
    city: Line = Field("", title="Town")
    email: Email = Field(title="E-mail")
    phone: Line = Field("", title="Telephone")
    languages: Annotated[list[Locale], Field(min_length=1)] = Field(title="Languages")


@dataclass(frozen=True, slots=True)
class DetailsVersion:
    """A version of an affiliate's details: what it says, who said it, and when."""

    version: int
    legal_name: str
    legal_form: str
    number: str
    vat_number: str
    line1: str
    postal_code: str
    city: str
    phone: str
    languages: list[str]
    said_by: str
    said_at: datetime


def details_history(work: Work, affiliate_id: int) -> list[DetailsVersion]:
    """Every version, the newest first."""
    return work.rows_as(
        DetailsVersion,
        """SELECT version, legal_name, legal_form, number, vat_number, line1, postal_code, city, phone,
                  languages, said_by, said_at
             FROM affiliate_details WHERE affiliate_id = %(id)s ORDER BY version DESC LIMIT %(most)s""",
        id=affiliate_id,
        most=HISTORY_MAX,
    )


def details_of(work: Work, affiliate_id: int) -> AffiliateDetails:
    """What an affiliate says of itself now: its name and language where nobody has said more.

    Raises NotFound.
    """
    row = work.row(
        "SELECT name, email_key, locale, phone_key FROM affiliate WHERE id = %(id)s",
        id=affiliate_id,
    )
    if row is None:
        raise NotFound("affiliate")
    history = details_history(work, affiliate_id)
    if not history:
        return AffiliateDetails.model_validate(
            {
                "legal_name": row.name,
                "email": row.email_key,
                "phone": row.phone_key or "",
                "languages": [row.locale],
            }
        )
    last = history[0]
    return AffiliateDetails.model_validate(
        {name: getattr(last, name) for name in AffiliateDetails.model_fields if name != "email"}
        | {"email": row.email_key, "languages": last.languages or [row.locale]}
    )


def say_details(work: Work, affiliate_id: int, said: AffiliateDetails) -> bool:
    """Say what an affiliate is; whether that is anything new. Raises NotFound, and InvalidInput."""
    country = work.value(
        "SELECT country FROM affiliate WHERE id = %(id)s FOR UPDATE", id=affiliate_id
    )
    if country is None:
        raise NotFound("affiliate")
    before = details_of(work, affiliate_id)
    # One that was kept before numbers were looked at may stay as long as nobody touches it.
    told = said.number if said.number != before.number else ""
    number = company_number(told, country) if told else said.number
    vat_number, phone = _numbers(said, country, number)
    said = said.model_copy(update={"vat_number": vat_number, "number": number})
    if said == before:
        return False
    _keep(work, affiliate_id, said)
    work.run(
        """UPDATE affiliate SET email_key = %(email)s, phone_key = %(phone)s, locale = %(locale)s
            WHERE id = %(id)s""",
        id=affiliate_id,
        email=key_of(said.email),
        phone=phone,
        locale=said.languages[0],
    )
    return True


def first_details(
    work: Work, affiliate_id: int, *, name: str, number: str, email: str, phone: str, locale: str
) -> None:
    """What an affiliate said of itself when it applied, as its first version."""
    said = AffiliateDetails.model_validate(
        {
            "legal_name": name,
            "number": number,
            "email": email,
            "phone": phone,
            "languages": [locale],
        }
    )
    _keep(work, affiliate_id, said)


def _numbers(said: AffiliateDetails, country: str, number: str | None) -> tuple[str, str | None]:
    """The VAT number as it is written, and the phone as it is compared. Raises InvalidInput."""
    problems = []
    if number is None:
        problems.append(not_a_company_number("/number", country))
    vat_number = tax.plain_number(said.vat_number) if said.vat_number else ""
    if vat_number is None:
        problems.append(Problem("/vat_number", "invalid_field", tax.NOT_A_NUMBER))
    elif vat_number and tax.country_of(vat_number) != country:
        message = "This number is of another country than yours, {country}."
        problems.append(Problem("/vat_number", "other_country", message, {"country": country}))
    phone = phone_key(said.phone, country) if said.phone else None
    if said.phone and phone is None:
        message = "Write a telephone number, with its country code if it is from abroad."
        problems.append(Problem("/phone", "invalid_phone", message))
    if problems:
        raise InvalidInput(*problems)
    return vat_number or "", phone


def _keep(work: Work, affiliate_id: int, said: AffiliateDetails) -> None:
    work.run(
        """INSERT INTO affiliate_details
             (affiliate_id, version, legal_name, legal_form, number, vat_number, line1, postal_code, city,
              phone, languages, said_by, said_at)
           SELECT %(affiliate)s, coalesce(max(version), 0) + 1, %(legal_name)s, %(legal_form)s, %(number)s,
                  %(vat_number)s, %(line1)s, %(postal_code)s, %(city)s, %(phone)s, %(languages)s, %(who)s,
                  %(now)s
             FROM affiliate_details WHERE affiliate_id = %(affiliate)s""",
        **said.written(),
        affiliate=affiliate_id,
        who=str(work.actor),
        now=work.now(),
    )
    record(work, "affiliate.details_changed", affiliate_id, home=affiliate_id)
