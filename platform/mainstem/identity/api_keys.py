"""Keys by which the company's own programs speak to the API, each for what its scopes name."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mainstem.identity.secrets import hash_of, new_secret
from mainstem.kit.errors import InvalidInput, NotFound, Problem
from mainstem.kit.events import record
from mainstem.kit.text import refuse_unseen
from mainstem.kit.work import Work

API_PREFIX = "mik_"
SCOPES = (
    "setup:read", "setup:write", "staff:read", "staff:write", "orders:read", "orders:write",
    "fulfillment:read", "fulfillment:write", "leads:read", "leads:write", "jobs:read", "jobs:write",
    "money:read", "money:write", "activity:read", "activity:write", "mail:write",
)  # fmt: skip
"""What a key may be for. To write is not to read: who needs both says both. Whoever may say who works here
may make themselves an admin, so that is apart; the others are what a role does on its pages."""

LABEL_MAX = 80
ANSWERS_KEPT = timedelta(days=30)
"""How long a repeat is answered the same."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A program of the company's own, and what it may do."""

    id: int
    key_hash: bytes
    scopes: frozenset[str]


def issue_api_key(work: Work, *, label: str, scopes: Sequence[str]) -> str:
    """A new key, shown this once: only its hash is kept. Raises InvalidInput."""
    problems = []
    if not 0 < len(label.strip()) <= LABEL_MAX:
        problems.append(
            Problem("/label", "missing", "Say what the key is for, in at most {max} characters.",
                    {"max": LABEL_MAX})
        )  # fmt: skip
    if not scopes or not set(scopes) <= set(SCOPES):
        problems.append(Problem("/scopes", "not_offered", "Choose what the key may do."))
    if problems:
        raise InvalidInput(*problems)
    refuse_unseen("/label", label)
    key = new_secret(API_PREFIX)
    id = work.value(
        """INSERT INTO api_key (key_hash, label, scopes, created_by, created_at)
           VALUES (%(hash)s, %(label)s, %(scopes)s, %(who)s, %(now)s) RETURNING id""",
        hash=hash_of(key),
        label=label.strip(),
        scopes=sorted(set(scopes)),
        who=str(work.actor),
        now=work.now(),
    )
    record(work, "api_key.issued", id)
    return key


def read_api_key(work: Work, key: str) -> ApiKey | None:
    """The program of a key in force; None for any other text."""
    if not key.startswith(API_PREFIX):
        return None
    wanted = hash_of(key)
    row = work.row(
        """SELECT id, key_hash, scopes FROM api_key
            WHERE key_hash = %(hash)s AND revoked_at IS NULL""",
        hash=wanted,
    )
    if row is None or not hmac.compare_digest(bytes(row.key_hash), wanted):
        return None
    return ApiKey(row.id, wanted, frozenset(row.scopes))


def revoke_api_key(work: Work, id: int) -> None:
    """Take a key out of force, at once."""
    if not work.run(
        "UPDATE api_key SET revoked_at = coalesce(revoked_at, %(now)s) WHERE id = %(id)s",
        id=id,
        now=work.now(),
    ):
        raise NotFound("key")
    record(work, "api_key.revoked", id)


def roll_api_key(work: Work, id: int) -> str:
    """A new key for the same program, that may do the same; shown this once. The old one stays in force
    until it is revoked, so that the program misses nothing."""
    row = work.row(
        "SELECT label, scopes FROM api_key WHERE id = %(id)s AND revoked_at IS NULL", id=id
    )
    if row is None:
        raise NotFound("key")
    return issue_api_key(work, label=row.label, scopes=row.scopes)


def issuer_of(work: Work, actor: str) -> str | None:
    """Who issued the key by which a program acted, such as `integration:7`; None for anybody else."""
    kind, _, id = actor.partition(":")
    if kind != "integration" or not (id.isascii() and id.isdecimal()):
        return None
    found = work.value("SELECT created_by FROM api_key WHERE id = %(id)s", id=int(id))
    return str(found) if found else None


@dataclass(frozen=True, slots=True)
class ApiKeyRow:
    """A key as a list of them shows it."""

    id: int
    label: str
    scopes: list[str]
    created_by: str
    created_at: datetime


def api_keys(work: Work) -> list[ApiKeyRow]:
    """Every key in force."""
    return work.rows_as(
        ApiKeyRow,
        """SELECT id, label, scopes, created_by, created_at FROM api_key
            WHERE revoked_at IS NULL ORDER BY id""",
    )


def forget_answers(work: Work, *, most: int = 5000) -> int:
    """Forget the oldest answers that have been kept long enough; how many."""
    return work.run(
        """DELETE FROM api_answer WHERE (api_key_id, idempotency_key) IN (
             SELECT api_key_id, idempotency_key FROM api_answer WHERE created_at < %(before)s
              ORDER BY created_at LIMIT %(most)s)""",
        before=work.now() - ANSWERS_KEPT,
        most=most,
    )
