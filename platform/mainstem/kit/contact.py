"""Ways to reach a person, in the one form in which two of them can be compared."""

from __future__ import annotations

import re

import phonenumbers

_EMAIL = re.compile(
    r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@.<>()\[\],;:\\\"]+(\.[^\s@.<>()\[\],;:\\\"]+)+"
)
_EMAIL_MAX = 254  # RFC 5321: a longer one cannot be delivered to

# Where a form is fixed by the country's post: what it looks like, and how it is written.
_POSTAL = {
    "SE": (r"(\d{3}) ?(\d{2})", r"\1 \2"),
    "FI": (r"(?:FI-?)?(\d{5})", r"\1"),
    "DE": (r"(\d{5})", r"\1"),
    "FR": (r"(\d{5})", r"\1"),
    "ES": (r"(\d{5})", r"\1"),
    "IT": (r"(\d{5})", r"\1"),
    "NO": (r"(\d{4})", r"\1"),
    "DK": (r"(?:DK-?)?(\d{4})", r"\1"),
    "AT": (r"(\d{4})", r"\1"),
    "BE": (r"(\d{4})", r"\1"),
    "NL": (r"([1-9]\d{3}) ?([A-Z]{2})", r"\1 \2"),
    "PL": (r"(\d{2})-?(\d{3})", r"\1-\2"),
    "US": (r"(\d{5})(?:-?(\d{4}))?", None),
}


def email_key(email: str) -> str | None:
    """The address in lower case, or None when nothing could be delivered to it."""
    email = email.strip()
    if len(email) > _EMAIL_MAX or not _EMAIL.fullmatch(email):
        return None
    return email.lower()


def phone_key(phone: str, country: str) -> str | None:
    """The number in E.164, read as one dials it in `country`; None when there is no such number."""
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_country(code: str) -> bool:
    """Whether this is a country's two letters (ISO 3166-1)."""
    return code in phonenumbers.SUPPORTED_REGIONS


def postal_code(code: str, country: str) -> str | None:
    """The code as the country's post writes it; None when it is not one of that country."""
    code = " ".join(code.upper().split())
    if country not in _POSTAL:
        return code if 0 < len(code) <= 12 else None
    form, written = _POSTAL[country]
    found = re.fullmatch(form, code)
    if not found:
        return None
    return found.expand(written) if written else code
