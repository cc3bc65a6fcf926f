"""What clients and affiliates agree to: terms, privacy, accessibility, and the programme's terms.

A version is never changed: who agreed to it agreed to these very words.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mainstem.kit.documents import Document, Lines, Locale
from mainstem.kit.work import Work

Kind = Literal["terms", "privacy", "accessibility", "programme"]
KINDS: tuple[Kind, ...] = ("terms", "privacy", "accessibility", "programme")


class CompanyDocument(Document):
    """What one of the company's documents says, in each of its languages."""

    kind: Kind = Field(title="Document")
    texts: dict[Locale, Lines] = Field(
        title="Text", description="What is changed here is published as a new version."
    )


_IN_FORCE = """
SELECT DISTINCT ON (kind, locale) kind, locale, version, body, published_at
  FROM company_document ORDER BY kind, locale, version DESC"""


def published_documents(work: Work) -> dict[str, CompanyDocument]:
    """Each document as it is in force, by its kind."""
    texts: dict[str, dict[str, str]] = {}
    for row in work.rows(_IN_FORCE):
        texts.setdefault(row.kind, {})[row.locale] = row.body
    return {
        kind: CompanyDocument.model_validate({"kind": kind, "texts": texts[kind]})
        for kind in KINDS
        if kind in texts
    }


def publish_document(work: Work, before: CompanyDocument | None, said: CompanyDocument) -> None:
    """Publish what has changed of a document, each language's text as its next version."""
    for locale, body in said.texts.items():
        if not body or (before and before.texts.get(locale) == body):
            continue
        work.run(
            """INSERT INTO company_document
                 (kind, locale, version, body, published_at, published_by)
               SELECT %(kind)s, %(locale)s, coalesce(max(version), 0) + 1, %(body)s, %(now)s, %(who)s
                 FROM company_document WHERE kind = %(kind)s AND locale = %(locale)s""",
            kind=said.kind,
            locale=locale,
            body=body,
            now=work.now(),
            who=str(work.actor),
        )
