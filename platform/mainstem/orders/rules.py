"""What an order must be before anything is looked up: pure checks, every problem at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mainstem.kit import contact
from mainstem.kit.errors import Problem
from mainstem.kit.idempotency import KEY_MAX, KEY_MIN
from mainstem.money import MINOR_MAX
from mainstem.orders.model import Address, ClientDetails, OrderWanted

LINES_MAX = 500
QUANTITY_MAX = 100_000
TEXT_MAX = 200


@dataclass(frozen=True, slots=True)
class Checked:
    """Who buys and where it goes, in the form in which they are kept and known again."""

    client_key: str
    phone_key: str | None
    client: ClientDetails
    address: Address


def check(wanted: OrderWanted) -> Checked | list[Problem]:
    """The order's people and places as they are kept, or everything wrong with the request.

    This is all that can be seen without the catalogue.
    """
    country = wanted.address.country.strip().upper()
    email = contact.email_key(wanted.client.email)
    phone = contact.phone_key(wanted.client.phone, country) if wanted.client.phone.strip() else None
    code = contact.postal_code(wanted.address.postal_code, country)
    problems = [
        *_client_problems(wanted.client, email, phone, country),
        *_address_problems(wanted.address, country, code),
        *_line_problems(wanted),
        *_request_problems(wanted),
    ]
    if problems:
        return problems
    assert email is not None
    assert code is not None
    return Checked(
        client_key=email,
        phone_key=phone,
        client=ClientDetails(
            name=wanted.client.name.strip(), email=wanted.client.email.strip(), phone=phone or ""
        ),
        address=Address(
            line1=wanted.address.line1.strip(),
            line2=wanted.address.line2.strip(),
            postal_code=code,
            city=wanted.address.city.strip(),
            country=country,
        ),
    )


def _client_problems(
    client: ClientDetails, email: str | None, phone: str | None, country: str
) -> Iterator[Problem]:
    yield from _text("/client/name", client.name, "Write your name.")
    if email is None or "\0" in email:
        yield Problem(
            "/client/email", "email_invalid", "Write an e-mail address like name@example.com."
        )
    if client.phone.strip() and phone is None and contact.is_country(country):
        yield Problem("/client/phone", "phone_invalid",
                      "Write a phone number of {country}, or one that starts with + and the"
                      " country's number.", {"country": country})  # fmt: skip


def _address_problems(address: Address, country: str, code: str | None) -> Iterator[Problem]:
    yield from _text("/address/line1", address.line1, "Write the street and number.")
    yield from _text("/address/city", address.city, "Write the town.")
    if address.line2.strip():
        yield from _text("/address/line2", address.line2, "")
    if not contact.is_country(country):
        yield _invalid("/address/country", "Choose a country, as two letters.")
    elif code is None or "\0" in code:
        yield Problem("/address/postal_code", "postal_code_invalid",
                      "Write a postal code of {country}.", {"country": country})  # fmt: skip


def _line_problems(wanted: OrderWanted) -> Iterator[Problem]:
    if not wanted.lines:
        yield _invalid("/lines", "Order at least one thing.")
    if len(wanted.lines) > LINES_MAX:
        yield Problem("/lines", "too_many_lines", "An order holds at most {most} lines.",
                      {"most": LINES_MAX})  # fmt: skip
    for i, line in enumerate(wanted.lines):
        if not 1 <= line.quantity <= QUANTITY_MAX:
            yield Problem(f"/lines/{i}/quantity", "invalid_field",
                          "Order between 1 and {most} of it.", {"most": QUANTITY_MAX})  # fmt: skip
        if line.agreed_minor is not None and not 0 <= line.agreed_minor <= MINOR_MAX:
            yield _invalid(
                f"/lines/{i}/agreed_minor", "Give a whole amount in minor units, zero or more."
            )
        if not _fits(line.sku, 64):
            yield Problem(f"/lines/{i}/sku", "unknown_sku", "There is no article {sku}.",
                          {"sku": line.sku[:64].replace("\0", "")})  # fmt: skip


def _request_problems(wanted: OrderWanted) -> Iterator[Problem]:
    if not KEY_MIN <= len(wanted.key) <= KEY_MAX or "\0" in wanted.key:
        yield Problem("/key", "invalid_field", "Send a key of {min} to {max} characters.",
                      {"min": KEY_MIN, "max": KEY_MAX})  # fmt: skip
    if wanted.external_id is not None and not _fits(wanted.external_id, 64):
        yield _invalid("/external_id", "Send an id of 1 to 64 characters.")
    for field, text in (("code", wanted.code), ("link", wanted.link)):
        if text and not _fits(text, TEXT_MAX):
            yield Problem(f"/{field}", "too_long", "Keep this under {max} characters.",
                          {"max": TEXT_MAX})  # fmt: skip


def _text(pointer: str, text: str, missing: str) -> Iterator[Problem]:
    if not text.strip():
        yield _invalid(pointer, missing)
    elif len(text) > TEXT_MAX:
        yield Problem(pointer, "too_long", "Keep this under {max} characters.", {"max": TEXT_MAX})
    elif "\0" in text:
        yield _invalid(pointer, "Write this without control characters.")


def _fits(text: str, most: int) -> bool:
    """Whether the database can keep the text: not empty, not too long, no zero character."""
    return 1 <= len(text) <= most and "\0" not in text


def _invalid(pointer: str, message: str) -> Problem:
    return Problem(pointer, "invalid_field", message)
