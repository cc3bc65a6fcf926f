"""VAT numbers: whether one can be one, and the record of who looked it up, when and with what answer.

Only a number that was looked up lets a business buy without our tax. That it can be one at all, by
its form and its check digits, is known here without asking anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import stdnum.eu.vat
import stdnum.gb.vat
from stdnum.exceptions import ValidationError

from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.text import refuse_unseen
from mainstem.kit.work import Query, Work
from mainstem.tax.territories import EU, NORTHERN_IRELAND

CHECK_HOLDS = timedelta(days=90)
"""How long a look-up is good for. A number that is used again after that is looked up again."""

VIES = "vies"
"""Who looked it up, where it was the European Commission's service."""

NUMBER_MAX = 40
NOT_A_NUMBER = "This is not a VAT number. Check it, and write its country before it."


@dataclass(frozen=True, slots=True)
class VatAnswer:
    """What was found of a number. `request_id` is the proof that VIES gives to who asks by name."""

    is_valid: bool
    name: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class VatCheck:
    """A number that was looked up."""

    number: str
    is_valid: bool
    name: str
    request_id: str
    checked_by: str
    checked_at: datetime


class CheckUnavailable(Exception):
    """Nobody could say now whether a number is valid."""


class VatChecker(Protocol):
    """Who can be asked whether a number is valid."""

    def check(self, number: str, *, requester: str = "") -> VatAnswer:
        """What is known of a number; `requester` is our own. Raises CheckUnavailable."""


def plain_number(text: str) -> str | None:
    """A number without blanks and with its country before it; None where it cannot be one of the EU.

    Greece writes EL, and Northern Ireland XI.
    """
    try:
        number = "".join(text.upper().split())[:NUMBER_MAX].replace("-", "").replace(".", "")
        if number.startswith(NORTHERN_IRELAND):
            return NORTHERN_IRELAND + str(stdnum.gb.vat.validate(number[2:]))
        return str(stdnum.eu.vat.validate(number))
    except ValidationError:
        return None


def country_of(number: str) -> str:
    """Whose number it is, by ISO 3166-1."""
    return "GR" if number.startswith("EL") else number[:2]


def lets_buy_untaxed(check: VatCheck | None, home: str, now: datetime) -> bool:
    """Whether a look-up is good for a purchase without our tax: valid, another country's, and not
    too long ago."""
    if check is None or not check.is_valid:
        return False
    country = country_of(check.number)
    abroad = country != home and (country in EU or country == NORTHERN_IRELAND)
    return abroad and now - check.checked_at <= CHECK_HOLDS


def record_check(work: Work, text: str, answer: VatAnswer, *, checked_by: str) -> VatCheck:
    """Keep what a look-up said. Raises InvalidInput for what cannot be a number."""
    number = plain_number(text)
    if number is None:
        raise InvalidInput(Problem("/vat_number", "invalid_field", NOT_A_NUMBER))
    refuse_unseen("/name", answer.name)
    made = VatCheck(
        number, answer.is_valid, answer.name[:200], answer.request_id[:64], checked_by, work.now()
    )
    work.run(
        """INSERT INTO vat_check (number, is_valid, name, request_id, checked_by, checked_at)
           VALUES (%(number)s, %(valid)s, %(name)s, %(request)s, %(by)s, %(at)s)""",
        number=made.number,
        valid=made.is_valid,
        name=made.name,
        request=made.request_id,
        by=made.checked_by,
        at=made.checked_at,
    )
    return made


def record_check_by_hand(work: Work, text: str, *, is_valid: bool, name: str = "") -> VatCheck:
    """Keep that the actor has looked a number up elsewhere, and what they found."""
    return record_check(work, text, VatAnswer(is_valid, name), checked_by=str(work.actor))


def checks_query(numbers: list[str]) -> Query[dict[str, VatCheck]]:
    """The query for the newest look-up of each number."""
    return Query(
        """SELECT DISTINCT ON (number) number, is_valid, name, request_id, checked_by, checked_at
             FROM vat_check WHERE number = ANY(%(numbers)s::text[])
            ORDER BY number, checked_at DESC, id DESC""",
        {"numbers": numbers},
        _by_number,
    )


def last_checks(work: Work, numbers: list[str]) -> dict[str, VatCheck]:
    """The newest look-up of each number."""
    return work.fetch(checks_query(numbers))


def newest_checks(work: Work, *, most: int = 20) -> list[VatCheck]:
    """What was looked up last, the newest first."""
    rows = work.rows(
        """SELECT number, is_valid, name, request_id, checked_by, checked_at FROM vat_check
            ORDER BY id DESC LIMIT %(most)s""",
        most=most,
    )
    return [VatCheck(*row) for row in rows]


def _by_number(rows: list[Any]) -> dict[str, VatCheck]:
    return {row.number: VatCheck(*row) for row in rows}
