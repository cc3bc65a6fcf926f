"""What an applicant agrees to: the programme's terms, by their version, language and hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from mainstem.kit.work import Work


@dataclass(frozen=True, slots=True)
class Agreement:
    """A version of the programme's terms, in one language."""

    locale: str
    version: int
    body: str

    @property
    def name(self) -> str:
        """How a form says which one was shown: sv:3."""
        return f"{self.locale}:{self.version}"

    @property
    def hash(self) -> bytes:
        """The SHA-256 of the very text."""
        return hashlib.sha256(self.body.encode()).digest()


def agreement_in_force(work: Work, locale: str) -> Agreement | None:
    """The terms that a reader of this language agrees to: in another one, where there is none in theirs."""
    rows = work.rows_as(
        Agreement,
        """SELECT DISTINCT ON (locale) locale, version, body FROM company_document
            WHERE kind = 'programme' ORDER BY locale, version DESC""",
    )
    return min(rows, key=lambda one: (one.locale != locale, one.locale), default=None)


def agreement_named(work: Work, locale: str, version: int) -> Agreement:
    """The very text that was agreed to."""
    [found] = work.rows_as(
        Agreement,
        """SELECT locale, version, body FROM company_document
            WHERE kind = 'programme' AND locale = %(locale)s AND version = %(version)s""",
        locale=locale,
        version=version,
    )
    return found
