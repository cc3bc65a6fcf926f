"""The company's profile: its name in law and in the shop, where it is, and what it speaks and takes."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, ClassVar, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator, model_validator
from sqlalchemy import Column
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field as SqlField
from sqlmodel import SQLModel

from mainstem.kit.documents import (
    Currency,
    Document,
    Email,
    Fold,
    KnownCountry,
    Line,
    Locale,
    LongTexts,
    Name,
    Picture,
    Refers,
    Texts,
)
from mainstem.kit.errors import Refused
from mainstem.kit.nearest import UnknownName
from mainstem.kit.validation import shaped
from mainstem.kit.work import Work
from mainstem.payments import TAKEN

Colour = Annotated[
    str,
    shaped(
        "^(#[0-9a-f]{6})?$",
        "Write a colour as # and six digits or letters a to f, such as #8a3324.",
        to_lower=True,
    ),
]


CONTRAST_MIN = 4.5
"""What text must stand out by to be read (WCAG 2.2, 1.4.3)."""


def contrast_with_white(colour: str) -> float:
    """How much white stands out from a colour written as #8a3324: 1 for white, 21 for black."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


class Profile(Document):
    """Who the company is. Its name and address stand in every shop, on every mail and invoice."""

    folds: ClassVar[tuple[Fold, ...]] = (
        Fold("Telephone and website", ("phone", "website")),
        Fold("Logo and colour", ("logo", "accent")),
        Fold("What you say of yourselves", ("promise", "about")),
        Fold("Storefronts of affiliates", ("storefront_approval",)),
    )

    name: Name = Field(title="Name", description="As clients know the company.")
    legal_name: Name = Field(title="Legal name", description="As it is registered.")
    number: Line = Field("", title="Company number")
    country: KnownCountry = Field(title="Country")
    line1: Line = Field("", title="Street address")
    postal_code: Line = Field("", title="Postcode")
    city: Line = Field("", title="Town")
    email: Email = Field(title="E-mail", description="Where clients reach you.")
    phone: Line = Field("", title="Telephone")
    website: Line = Field("", title="Website")
    languages: list[Locale] = Field(
        min_length=1, title="Languages", description="The first is the one to fall back on."
    )
    currencies: Annotated[list[Currency], Refers("currencies", in_order=True)] = Field(
        min_length=1,
        title="Currencies",
        description="Codes such as SEK or EUR. The first one is the company's own.",
    )
    zone: Annotated[Line, Refers("time-zones")] = Field(
        "Europe/Stockholm",
        title="Time zone",
        description="Business days are days there, from the next start on. It stays once there are orders.",
    )
    accent: Colour = Field(
        "", title="Colour", description="Such as #8a3324, in mails and on pages of your own."
    )
    logo: Picture = Field("", title="Logo")
    promise: Texts = Field(default_factory=dict, title="Promise", description="One line.")
    about: LongTexts = Field(default_factory=dict, title="About the company")

    storefront_approval: bool = Field(
        True,
        title="Approve storefronts",
        description="What affiliates change in theirs is published when you have approved it.",
    )

    @field_validator("accent")
    @classmethod
    def _readable(cls, accent: str) -> str:
        if accent and contrast_with_white(accent) < CONTRAST_MIN:
            raise ValueError("White text cannot be read on this colour: choose a darker one.")
        return accent

    @field_validator("currencies")
    @classmethod
    def _known(cls, currencies: list[str]) -> list[str]:
        if not TAKEN.issuperset(currencies):
            raise ValueError("Give currencies by their three letters, such as EUR.")
        return list(dict.fromkeys(currencies))

    @field_validator("zone")
    @classmethod
    def _a_zone(cls, zone: str) -> str:
        if zone not in _zones():
            message = "Give a time zone by its name, such as Europe/Stockholm."
            raise UnknownName(message, zone, _zones())
        return zone

    @model_validator(mode="after")
    def _spoken(self) -> Profile:
        if set(self.promise) - set(self.languages) or set(self.about) - set(self.languages):
            raise ValueError("A text is in a language that the company does not speak.")
        return self


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


class CompanyProfile(SQLModel, table=True):
    """The one row of it."""

    __tablename__: ClassVar[Any] = "company_profile"

    one: bool = SqlField(default=True, primary_key=True)
    name: str
    legal_name: str
    number: str
    country: str
    line1: str
    postal_code: str
    city: str
    email: str
    phone: str
    website: str
    languages: list[str] = SqlField(sa_column=Column(ARRAY(SqlText), nullable=False))
    currencies: list[str] = SqlField(sa_column=Column(ARRAY(SqlText), nullable=False))
    zone: str
    accent: str
    logo: str
    promise: dict[str, str] = SqlField(sa_column=Column(JSONB, nullable=False))
    about: dict[str, str] = SqlField(sa_column=Column(JSONB, nullable=False))
    storefront_approval: bool = True


class ZoneInUse(Refused):
    """The books name their days in the zone of now."""

    code = "zone_in_use"
    message = (
        "There are orders, and their business days are days in {zone}: the zone stays as it is."
    )


def profile(work: Work) -> Profile | None:
    """Who the company is; None until somebody has said it."""
    row = work.session.get(CompanyProfile, True)
    if row is None:
        return None
    return Profile.model_validate(row.model_dump(exclude={"one"}))


def save_profile(work: Work, said: Profile) -> None:
    """Say who the company is. Raises ZoneInUse for another zone once there are orders."""
    before = work.session.get(CompanyProfile, True, with_for_update=True)
    zone = before.zone if before else str(work.tools.zone)
    if said.zone != zone and work.value("SELECT EXISTS (SELECT 1 FROM orders)"):
        raise ZoneInUse(zone=zone)
    row = before or CompanyProfile.model_validate({"one": True, **said.written()})
    for name, value in said.written().items():
        setattr(row, name, value)
    work.add(row)


def accent(work: Work) -> str:
    """The company's colour; empty where it has none of its own."""
    return work.value("SELECT accent FROM company_profile") or ""


class Logo(NamedTuple):
    """The company's logo: an uploaded picture, and how large that was."""

    hash: str
    width: int
    height: int

    def fitted(self, width: int, height: int) -> tuple[int, int]:
        """How large it is shown where there is so much room: never larger than it is."""
        scale = min(width / self.width, height / self.height, 1)
        return max(round(self.width * scale), 1), max(round(self.height * scale), 1)


class Face(NamedTuple):
    """What people know the company by."""

    name: str
    logo: Logo | None


def face(work: Work) -> Face:
    """Its name and its logo; no name until somebody has said one."""
    row = work.row(
        """SELECT c.name, p.hash, p.width, p.height
             FROM company_profile c LEFT JOIN picture p ON p.hash = c.logo"""
    )
    if row is None:
        return Face("", None)
    return Face(row.name, Logo(row.hash, row.width, row.height) if row.hash else None)


SELLER = """
SELECT jsonb_build_object(
         'name', legal_name, 'number', number, 'email', email,
         'address', concat_ws(', ', nullif(line1, ''),
                              nullif(trim(concat_ws(' ', postal_code, city)), '')))
  FROM company_profile"""
"""The query for who a client buys from, as the law wants it said: name, number, address, email."""


def seller(work: Work) -> dict[str, str] | None:
    """Who a client buys from; None until the company has said who it is."""
    found: dict[str, str] | None = work.value(SELLER)
    return found


def zone_of(work: Work) -> ZoneInfo | None:
    """The company's zone; None until somebody has said it."""
    name = work.value("SELECT zone FROM company_profile")
    return ZoneInfo(name) if name else None
