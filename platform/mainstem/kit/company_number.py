"""The number under which a company is registered, by the shape and check digit of its country's register."""

from __future__ import annotations

import re
from collections.abc import Callable

import stdnum.dk.cvr
import stdnum.fi.ytunnus
import stdnum.no.orgnr
import stdnum.se.orgnr
import stdnum.se.personnummer
from stdnum.exceptions import ValidationError

from mainstem.kit.errors import Problem

SIGNS_MIN = 4
SIGNS_MAX = 32
"""How many letters and digits a number has where we do not know the register: "HRB 7" is one."""

_CENTURY = re.compile(r"\s*16(?=[0-9]{6}-?[0-9]{4}\s*$)")
"""What Swedish authorities write before a company's number where a person's has its century."""


def _swedish(text: str) -> str:
    """A company's ten digits; a sole trader has those of the person, in whom no century is asked for."""
    bare = _CENTURY.sub("", text)
    try:
        return str(stdnum.se.orgnr.format(stdnum.se.orgnr.validate(bare)))
    except ValidationError:
        digits = re.sub(r"[^0-9]", "", stdnum.se.personnummer.validate(bare))
        return str(stdnum.se.orgnr.format(digits[-10:]))


def _norwegian(text: str) -> str:
    bare = re.sub(r"^NO|MVA$", "", re.sub(r"\s", "", text.upper()))
    return str(stdnum.no.orgnr.format(stdnum.no.orgnr.validate(bare)))


def _danish(text: str) -> str:
    return str(stdnum.dk.cvr.validate(text))


def _finnish(text: str) -> str:
    return str(stdnum.fi.ytunnus.format(stdnum.fi.ytunnus.validate(text)))


_REGISTERS: dict[str, tuple[Callable[[str], str], str]] = {
    "SE": (_swedish, "559123-4561"),
    "NO": (_norwegian, "912 345 610"),
    "DK": (_danish, "10000009"),
    "FI": (_finnish, "1234567-1"),
}
"""How a country's register writes a number that it can have given, and one as an example."""


def company_number(text: str, country: str) -> str | None:
    """The number as the country's register writes it; None where it cannot have given it.

    Of a country whose register we do not know it is kept as it is, where it has a digit and a sensible
    length. That a company has the number is not said by this.
    """
    if country not in _REGISTERS:
        signs = sum(sign.isalnum() for sign in text)
        fits = SIGNS_MIN <= signs <= SIGNS_MAX and any(sign.isdigit() for sign in text)
        return text if fits else None
    validated, _ = _REGISTERS[country]
    try:
        return validated(text)
    except ValidationError:
        return None


def not_a_company_number(pointer: str, country: str) -> Problem:
    """What is said of a number that the country's register cannot have given."""
    if country not in _REGISTERS:
        message = "Write the whole number, as it is registered."
        return Problem(pointer, "invalid_company_number", message)
    _, example = _REGISTERS[country]
    message = "No company can have this number. Write it as it is registered, such as {example}."
    return Problem(pointer, "invalid_company_number", message, {"example": example})
