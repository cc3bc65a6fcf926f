"""What an order must be before anything is looked up: pure checks, every problem at once."""

from __future__ import annotations

from collections.abc import Iterator

from mainstem.kit.errors import Problem
from mainstem.kit.idempotency import KEY_MAX, KEY_MIN
from mainstem.kit.text import UNSEEN, unseen
from mainstem.money import MINOR_MAX
from mainstem.orders.client import TEXT_MAX, Client, check_client
from mainstem.orders.model import OrderWanted

LINES_MAX = 500
QUANTITY_MAX = 100_000


def check(wanted: OrderWanted) -> Client | list[Problem]:
    """The order's client as they are kept, or everything wrong with the request.

    This is all that can be seen without the catalogue.
    """
    client = check_client(wanted.client, wanted.address)
    problems = [
        *(client if isinstance(client, list) else ()),
        *_line_problems(wanted),
        *_request_problems(wanted),
    ]
    if problems or isinstance(client, list):
        return problems
    return client


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
    elif wanted.external_id is not None and (character := unseen(wanted.external_id)):
        yield Problem("/external_id", "invalid_field", UNSEEN, {"character": character})
    for field, text in (("code", wanted.code), ("link", wanted.link)):
        if text and not _fits(text, TEXT_MAX):
            yield Problem(f"/{field}", "too_long", "Keep this under {max} characters.",
                          {"max": TEXT_MAX})  # fmt: skip
        elif character := unseen(text.strip()):
            yield Problem(f"/{field}", "invalid_field", UNSEEN, {"character": character})


def _fits(text: str, most: int) -> bool:
    """Whether the database can keep the text: not empty, not too long, no zero character."""
    return 1 <= len(text) <= most and "\0" not in text


def _invalid(pointer: str, message: str) -> Problem:
    return Problem(pointer, "invalid_field", message)
