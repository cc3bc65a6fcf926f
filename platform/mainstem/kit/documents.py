"""Documents: one thing of a company's set-up, as a page, the API and a file say it.

A document holds everything of a thing that somebody may set, and nothing that follows from it. Two
documents that say the same are written the same, so their version can be compared.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from mainstem.kit.contact import email_key
from mainstem.kit.errors import InvalidInput
from mainstem.kit.postal import is_country
from mainstem.kit.text import normalized, unseen, unseen_in_lines
from mainstem.kit.validation import problems_of, shaped, unseen_error

Locale = Literal["en", "sv"]
LINE_MAX = 200
TEXT_MAX = 20_000
COUNTRY_SHAPE = "Give a country by its two letters, such as SE."
SLUG_SHAPE = "Use small letters a to z, digits and hyphens only, such as table-lamps."
CODE_SHAPE = "Use letters a to z, digits, dots and dashes only, at most 32, without blanks."
YEAR_MIN, YEAR_MAX = 1900, 9000
"""So far from the ends of the calendar, a day has one before and one after it in every time zone."""

At = TypeVar("At", bound=date)


@dataclass(frozen=True, slots=True)
class Refers:
    """Marks a field that names a thing of another kind, so that a form can offer those there are.

    `may_be_new` is whether it may also name what there is not yet, `in_order` whether of several the
    order counts: both are typed, and only helped.
    """

    to: str
    may_be_new: bool = False
    in_order: bool = False


def _a_line(text: str) -> str:
    return _seen(text, unseen(text))


def _lines(text: str) -> str:
    return _seen(text.replace("\r\n", "\n"), unseen_in_lines(text))


def _seen(text: str, character: str | None) -> str:
    if character:
        raise unseen_error(character)
    return normalized(text)


def _on_the_map(country: str) -> str:
    if not is_country(country):
        raise ValueError(COUNTRY_SHAPE)
    return country


def _on_the_calendar(at: At) -> At:
    if not YEAR_MIN <= at.year <= YEAR_MAX:
        raise ValueError("Give a day of the years 1900 to 9000.")
    return at


def _reachable(email: str) -> str:
    if email_key(email) is None:
        raise ValueError("Write an e-mail, like name@example.com.")
    return email


_Trimmed = StringConstraints(strip_whitespace=True, max_length=LINE_MAX)
Line = Annotated[str, _Trimmed, AfterValidator(_a_line)]
"""A line of text; may be empty."""

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LINE_MAX),
    AfterValidator(_a_line),
]
"""A line of text that says something."""

Lines = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=TEXT_MAX),
    AfterValidator(_lines),
]
"""Text of several lines; may be empty."""

Slug = Annotated[str, shaped("^[a-z0-9][a-z0-9-]{0,60}$", SLUG_SHAPE)]
"""What a thing is called in addresses and files: small letters, digits and hyphens."""

Code = Annotated[str, shaped("^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$", CODE_SHAPE)]
"""What a thing is called on labels and lists: letters, digits, dots and dashes."""

Country = Annotated[str, shaped("^[A-Z]{2}$", COUNTRY_SHAPE), Refers("countries")]
"""ISO 3166-1 alpha-2."""

KnownCountry = Annotated[Country, AfterValidator(_on_the_map)]
"""A country that there is."""

Email = Annotated[Name, AfterValidator(_reachable)]
"""An address that mail may reach, as it was typed."""

Currency = Annotated[
    str, shaped("^[A-Z]{3}$", "Give a currency by its three letters, such as SEK.")
]
"""ISO 4217."""

BasisPoints = Annotated[int, Field(ge=0, le=10_000)]
"""Hundredths of a per cent: 2500 is 25 %."""

Minor = Annotated[int, Field(ge=0, le=2**53)]
"""An amount in the minor unit of its currency."""

Amounts = dict[Currency, Minor]
"""An amount in each of several currencies."""

Day = Annotated[date, AfterValidator(_on_the_calendar)]
"""A day, on the calendar of wherever it is."""

Instant = Annotated[AwareDatetime, AfterValidator(_on_the_calendar)]
"""An instant, with its offset from UTC."""

Texts = dict[Locale, Line]
"""A line in each language."""

LongTexts = dict[Locale, Lines]
"""Text of several lines in each language."""


@dataclass(frozen=True, slots=True)
class AmountsWhen:
    """Marks rows whose numbers are amounts of money where another field of the document says so. Each is
    in the currency that its row names a price in, so that a form can take it as money is typed."""

    field: str
    says: str


@dataclass(frozen=True, slots=True)
class IsPicture:
    """Marks a field that names a picture."""


Picture = Annotated[
    str, StringConstraints(pattern="^([A-Za-z0-9][A-Za-z0-9._-]{0,200})?$"), IsPicture()
]
"""A picture by the name of its file; empty: none."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Fields of one idea that a form keeps folded: everything that can be said later.

    It opens where one of them says something, or is wrong; and where another field says what
    `opens_with` names: kind, service.
    """

    title: str
    fields: tuple[str, ...]
    opens_with: tuple[str, str] | None = None


class Document(BaseModel):
    """What is set of one thing. Unknown fields are refused; a document is never changed.

    `folds` are the fields that a form does not show at once, by idea; the others come first. `one` is what
    a form calls a row of them, and `first` what it calls the first, where that one is not numbered.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
    folds: ClassVar[tuple[Fold, ...]] = ()
    one: ClassVar[str] = ""
    first: ClassVar[str] = ""

    @classmethod
    def in_full(cls, sent: Any) -> Any:
        """What was sent, where it may be said in short: as it is said in full. Raises InvalidInput."""
        return sent

    def written(self) -> dict[str, Any]:
        """As JSON has it: what `read` takes again."""
        return self.model_dump(mode="json")

    @property
    def version(self) -> str:
        """The same for two documents that say the same: what an ETag carries."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:32]


D = TypeVar("D", bound=Document)


def document(kind: type[D], sent: Any, *, at: str = "") -> D:
    """The document that was sent; InvalidInput with every problem named.

    `at` is where in the whole of what was sent it stands, as a JSON pointer.
    """
    try:
        return kind.model_validate(kind.in_full(sent))
    except ValidationError as error:
        raise InvalidInput(*problems_of(error, at)) from None
