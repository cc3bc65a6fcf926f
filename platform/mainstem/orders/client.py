"""Who buys or asks, and where it goes: one check for orders, leads and imported histories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mainstem.kit.contact import email_key, phone_key
from mainstem.kit.errors import Problem
from mainstem.kit.postal import is_country, postal_code
from mainstem.kit.text import UNSEEN, normalized, unseen
from mainstem.orders.model import Address, ClientDetails

TEXT_MAX = 200


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody and their address, in the form in which both are kept, and are known again."""

    key: str
    phone_key: str | None
    details: ClientDetails
    address: Address


def check_client(details: ClientDetails, address: Address) -> Client | list[Problem]:
    """The client as they are kept, or everything that is wrong with what was said of them.

    The telephone number is never wrong: it is kept as it was typed, and matched where it can be
    read. The e-mail address is kept as it was written, beside the key by which it is compared.
    """
    country = address.country.strip().upper()
    key = email_key(details.email)
    code = postal_code(address.postal_code, country)
    problems = [
        *text_problems("/client/name", details.name, missing="Write your name."),
        *_email_problems(details.email, key),
        *text_problems("/address/line1", address.line1, missing="Write the street and number."),
        *text_problems("/address/city", address.city, missing="Write the town."),
        *text_problems("/address/line2", address.line2),
        *_place_problems(address, country, code),
    ]
    if problems:
        return problems
    assert key is not None
    assert code is not None
    phone = _as_typed(details.phone)
    return Client(
        key=key,
        phone_key=phone_key(phone, country) if phone else None,
        details=ClientDetails(
            name=normalized(details.name), email=details.email.strip(), phone=phone
        ),
        address=Address(
            line1=normalized(address.line1),
            line2=normalized(address.line2),
            postal_code=code,
            city=normalized(address.city),
            country=country,
        ),
    )


def text_problems(pointer: str, text: str, *, missing: str = "") -> Iterator[Problem]:
    """What is wrong with one line of text; with `missing` it may not be empty."""
    if not text.strip():
        if missing:
            yield Problem(pointer, "missing", missing)
    elif len(text) > TEXT_MAX:
        yield Problem(pointer, "too_long", "Keep this under {max} characters.", {"max": TEXT_MAX})
    elif character := unseen(text.strip()):
        yield _unseen(pointer, "invalid_field", character)


def _email_problems(email: str, key: str | None) -> Iterator[Problem]:
    if character := unseen(email.strip()):
        yield _unseen("/client/email", "email_invalid", character)
    elif key is None:
        yield Problem(
            "/client/email", "email_invalid", "Write an e-mail address like name@example.com."
        )


def _place_problems(address: Address, country: str, code: str | None) -> Iterator[Problem]:
    if not is_country(country):
        yield Problem("/address/country", "invalid_field", "Choose a country, as two letters.")
    elif character := unseen(address.postal_code.strip()):
        yield _unseen("/address/postal_code", "postal_code_invalid", character)
    elif code is None:
        yield Problem("/address/postal_code", "postal_code_invalid",
                      "Write a postal code of {country}.", {"country": country})  # fmt: skip


def _unseen(pointer: str, code: str, character: str) -> Problem:
    return Problem(pointer, code, UNSEEN, {"character": character})


def _as_typed(phone: str) -> str:
    """What can be seen of it, at most as long as any text."""
    return "".join(c for c in phone if not unseen(c)).strip()[:TEXT_MAX].rstrip()
