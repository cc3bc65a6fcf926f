"""Which codes an affiliate may take, decided from the code and from what others are called.

A code is read aloud, typed from a leaflet and guessed. So two that look or sound alike are one, and
what clients take for the company's, for an article or for another shop is nobody's to take.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.kit.lookalike import as_seen, without_legal_form

CODES_MAX = 10
"""How many codes one affiliate may have in force."""

NAME_MIN = 4
"""A shorter name is taken only by itself or with digits; a longer one by what begins or ends so."""

_SHAPE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,31}")
# What does not come apart into a letter and its mark.
_LETTERS = str.maketrans({"æ": "ae", "ø": "o", "ð": "d", "đ": "d", "ł": "l", "þ": "th", "œ": "oe"})
_ALIKE = str.maketrans("01L", "OII")


class CodeMalformed(InvalidInput):
    """It cannot be typed."""

    def __init__(self) -> None:
        super().__init__(
            Problem("/code", "invalid_field", "Use 2 to 32 letters A to Z, digits and dashes.")
        )


class CodeTaken(Refused):
    """Somebody has, or had, a code that is the same or looks so."""

    code = "code_taken"
    message = "This code is taken. Choose another."


class CodeReserved(Refused):
    """It would be taken for somebody else's."""

    code = "code_reserved"
    message = (
        "This code could be taken for the company's, an article's or another shop's. Choose one of"
        " your own name."
    )


class TooManyCodes(Refused):
    """The affiliate has as many as we let anybody have."""

    code = "too_many_codes"
    message = "You have {most} codes in force, and more cannot be had. Ask us to retire one."

    def __init__(self, most: int = CODES_MAX) -> None:
        super().__init__(most=most)


def as_typed(text: str) -> str:
    """A code in the form in which it is kept. Raises CodeMalformed."""
    code = re.sub(r"\s+", "-", text.strip()).upper()
    if not _SHAPE.fullmatch(code):
        raise CodeMalformed
    return code


def fold(text: str) -> str:
    """A text as one sees and hears it: without case, accents and dashes, 0 as O, 1 and L as I.

    The database folds codes by the same rule, in the column `referral_code.folded`.
    """
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return re.sub(r"[^A-Z0-9]", "", plain.upper()).translate(_ALIKE)


def stem(code: str) -> str:
    """Only its letters, folded: what SUMMER-20 and SUMMER25 have in common."""
    return fold(re.sub(r"[0-9]", "", code))


def stems(code: str) -> set[str]:
    """Its stem, and what would be it if the letters in its numbers were digits: SUMMER of SUMMER2O."""
    return {stem(form) for form in _without_numbers(code)}


# What campaigns are called, in the languages of our shops. A code that is made of nothing else, with
# or without digits, would be typed by clients whom nobody has sent.
_WORDS = frozenset(map(fold, Path(__file__).with_name("campaign_words.txt").read_text().split()))
_LOOSE_WORDS = frozenset(map(as_seen, _WORDS))
_WORD_MAX = max(map(len, _WORDS))


def is_generic(code: str) -> bool:
    """Whether it is made of campaign words and digits alone."""
    return (
        _NUMBER.fullmatch(code) is not None
        or any(_made_of(_WORDS, form) for form in _forms(code))
        or any(_made_of(_LOOSE_WORDS, form) for form in _loose_forms(code))
    )


def _made_of(words: frozenset[str], letters: str) -> bool:
    reached = {0}
    for end in range(1, len(letters) + 1):
        if any(letters[start:end] in words for start in reached if end - start <= _WORD_MAX):
            reached.add(end)
    return len(letters) in reached  # no letter at all is generic too


def _forms(code: str) -> set[str]:
    """The folded code, and what is left of it without digits: at its ends, and anywhere."""
    return {fold(form) for form in _without_numbers(code)} | stems(code)


def _loose_forms(code: str) -> set[str]:
    """As somebody reads it who wants to: H4RDVIK and HAERDVIK as HARDVIK. For names alone: two codes of
    one affiliate may differ by a digit."""
    return {as_seen(form) for form in _without_numbers(code)}


# A number as it looks: 1OO and 2O26 too. One that begins with letters is a word, such as OLIO-1.
_NUMBER = re.compile(r"[0-9][0-9OIL-]*|[OIL][0-9-]+")


def _without_numbers(code: str) -> set[str]:
    """The code, and what is left of it when a number is taken from an end: the PERCENT of 1OPERCENT.

    Where the number stops and the word begins is anybody's guess, as in 2OOFF, so all of them count.
    """
    starts = [at for at in range(1, len(code)) if _NUMBER.fullmatch(code, 0, at)]
    ends = [at for at in range(1, len(code)) if _NUMBER.fullmatch(code.strip("-"), at)]
    cut = {code[start:end] for start in [0, *starts] for end in [len(code), *ends] if start < end}
    return cut | {code.strip("0123456789-")}


@dataclass(frozen=True, slots=True)
class Names:
    """What is called somehow already, folded: whose names a code may not be taken for."""

    company: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    own: set[str] = field(default_factory=set)
    articles: set[str] = field(default_factory=set)
    sku_shapes: set[str] = field(default_factory=set)


def names_in(texts: Iterable[str]) -> set[str]:
    """Names folded, with and without what says which kind of company it is."""
    return {fold(form) for text in texts for form in (text, "".join(without_legal_form(text)))} - {
        ""
    }


def company_names(texts: Iterable[str]) -> set[str]:
    """The company's names, and the first word of each: Acme of Acme Foundry Ltd."""
    given = list(texts)
    return names_in(given) | {fold(text.split()[0]) for text in given if text.split()}


def shape(sku: str) -> str:
    """A SKU with each digit as `9`: HV-304 and HV-999 have one shape. Empty without a digit."""
    found = re.sub(r"[0-9]", "9", re.sub(r"[^A-Z0-9]", "", sku.upper()))
    return found if "9" in found else ""


def check(code: str, names: Names) -> None:
    """Raises CodeReserved where a client would take the code for somebody else's."""
    if is_generic(code) or shape(code) in names.sku_shapes:
        raise CodeReserved
    for forms, read in ((_forms(code), str), (_loose_forms(code), as_seen)):
        own = max((len(name) for name in map(read, names.own) if _bears(forms, name)), default=0)
        if (
            any(_bears(forms, name) or _cut_from(forms, name) for name in map(read, names.company))
            # A shop called Birchwood may say so, although another is called Birch.
            or any(_bears(forms, name) and len(name) > own for name in map(read, names.others))
            or not forms.isdisjoint(map(read, names.articles))
        ):
            raise CodeReserved


def _bears(forms: set[str], name: str) -> bool:
    if name in forms:
        return True
    return len(name) >= NAME_MIN and any(f.startswith(name) or f.endswith(name) for f in forms)


def _cut_from(forms: set[str], name: str) -> bool:
    return any(len(form) >= NAME_MIN and name.startswith(form) for form in forms)
