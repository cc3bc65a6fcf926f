"""What an order must be before anything is looked up: pure checks, every problem at once."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

from mainstem.kit.errors import Problem
from mainstem.money import MINOR_MAX
from mainstem.orders.model import OrderWanted

LINES_MAX = 500
QUANTITY_MAX = 100_000
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_POSTAL = {
    "SE": re.compile(r"\d{3} ?\d{2}"),
    "NO": re.compile(r"\d{4}"),
    "DK": re.compile(r"\d{4}"),
    "FI": re.compile(r"\d{5}"),
    "DE": re.compile(r"\d{5}"),
}


def check(wanted: OrderWanted) -> list[Problem]:
    """Everything wrong with the request that can be seen without the catalogue."""
    problems = check_client(wanted.client.name, wanted.client.email)
    if wanted.client.phone and not phone_key(wanted.client.phone, wanted.address.country):
        problems.append(
            _invalid(
                "/client/phone",
                "Write the phone number with its country code, like +46 70 123 45 67.",
            )
        )
    problems += check_address(wanted)
    if not wanted.lines:
        problems.append(_invalid("/lines", "Order at least one thing."))
    if len(wanted.lines) > LINES_MAX:
        problems.append(
            Problem(
                "/lines",
                "too_many_lines",
                "An order holds at most {most} lines.",
                {"most": LINES_MAX},
            )
        )
    for i, line in enumerate(wanted.lines):
        if not 1 <= line.quantity <= QUANTITY_MAX:
            problems.append(
                Problem(
                    f"/lines/{i}/quantity",
                    "invalid_field",
                    "Order between 1 and {most} of it.",
                    {"most": QUANTITY_MAX},
                )
            )
        if line.agreed_minor is not None and not 0 <= line.agreed_minor <= MINOR_MAX:
            problems.append(
                _invalid(
                    f"/lines/{i}/agreed_minor", "Give a whole amount in minor units, zero or more."
                )
            )
    if wanted.external_id is not None and not 1 <= len(wanted.external_id) <= 64:
        problems.append(_invalid("/external_id", "An external id has 1 to 64 characters."))
    return problems


def check_client(name: str, email: str) -> list[Problem]:
    """What is wrong with a client's name and e-mail address."""
    problems = []
    if not name.strip() or len(name) > 200:
        problems.append(_invalid("/client/name", "Write your name."))
    if len(email) > 254 or not _EMAIL.fullmatch(email.strip()):
        problems.append(
            _invalid("/client/email", "Write an e-mail address, like name@example.com.")
        )
    return problems


def check_address(wanted: OrderWanted) -> list[Problem]:
    """What is wrong with the address, by the country's own rules where we know them."""
    address, problems = wanted.address, []
    for field, sentence in (
        ("line1", "Write the street and number."),
        ("city", "Write the city."),
        ("postal_code", "Write the postal code."),
    ):
        value = getattr(address, field)
        if not value.strip() or len(value) > 200:
            problems.append(_invalid(f"/address/{field}", sentence))
    if not re.fullmatch("[A-Z]{2}", address.country):
        problems.append(_invalid("/address/country", "Give the country as two letters, like SE."))
    pattern = _POSTAL.get(address.country)
    if (
        pattern
        and address.postal_code.strip()
        and not pattern.fullmatch(address.postal_code.strip())
    ):
        problems.append(
            _invalid("/address/postal_code", "This postal code does not fit the country.")
        )
    return problems


def client_key(email: str) -> str:
    """The e-mail address by which a client is recognised."""
    return email.strip().lower()


@lru_cache(maxsize=4096)
def phone_key(phone: str, country: str) -> str | None:
    """The number in E.164, or None when it is not one."""
    if not phone.strip():
        return None
    try:
        number = phonenumbers.parse(phone, country or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _invalid(pointer: str, message: str) -> Problem:
    return Problem(pointer, "invalid_field", message)
