"""Clients' codes: what a client gives a friend to type, and which client sent whoever ordered.

A code of an affiliate comes first; only what is nobody's of them is looked up among the clients'.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from mainstem.kit.bulk import Json, given, insert_many, relation
from mainstem.kit.contact import mailbox_of, phone_key
from mainstem.kit.work import Work

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without what is read as something else: 0 and O, 1, I and L."""
_LENGTH = 8


def client_code(work: Work, client_key: str) -> str:
    """The code that a client gives their friends; made when it is first asked for, and never another."""
    for _ in range(20):
        code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        work.run(
            """INSERT INTO client_code (code, client_key, made_at)
               SELECT %(code)s, %(key)s, %(now)s
                WHERE NOT EXISTS (SELECT 1 FROM referral_code WHERE code = %(code)s)
               ON CONFLICT DO NOTHING""",
            code=code,
            key=client_key,
            now=work.now(),
        )
        kept = work.value("SELECT code FROM client_code WHERE client_key = %(key)s", key=client_key)
        if kept is not None:
            return str(kept)
    raise AssertionError("one of twenty codes is free")


def is_client_code(work: Work, text: str) -> bool:
    """Whether some client's friends may type this."""
    return bool(
        work.value("SELECT 1 FROM client_code WHERE code = %(code)s", code=text.strip().upper())
    )


@dataclass(frozen=True, slots=True)
class FriendAsked:
    """An order that may have been sent by a client: what was typed, or led there, and who ordered."""

    home_id: int
    order_id: UUID
    texts: Sequence[str]
    client_key: str
    phone_key: str | None
    address: Mapping[str, str]
    is_participant: bool
    placed_at: datetime


class _Referral(NamedTuple):
    home_id: int
    order_id: UUID
    code: str
    referrer_key: str
    excluded: str
    placed_at: datetime


def keep_referrals(work: Work, asked: Sequence[FriendAsked]) -> int:
    """Keep which clients sent these orders, and what keeps them from a reward; how many were sent.

    What leads to no client is left: it stands among what the order's attribution found.
    """
    codes = _known(work, {text for one in asked for text in one.texts})
    sent = [
        (one, code, codes[code])
        for one in asked
        if (code := next((text for text in one.texts if text in codes), None))
    ]
    if not sent:
        return 0
    traces = _traces(work, {referrer for _, _, referrer in sent})
    places = _places(work, [one for one, _, _ in sent])
    rows = [
        _Referral(
            one.home_id, one.order_id, code, referrer,
            _excluded(one, traces[referrer], referrer, places[one.order_id]), one.placed_at,
        )
        for one, code, referrer in sent
    ]  # fmt: skip
    return insert_many(work, "client_referral", rows)


def _known(work: Work, texts: Iterable[str]) -> dict[str, str]:
    rows = work.rows(
        "SELECT code, client_key FROM client_code WHERE code = ANY(%(codes)s::text[])",
        codes=sorted(texts),
    )
    return {row.code: row.client_key for row in rows}


class _Who(NamedTuple):
    client_key: str
    mailbox: str


# By what a client is known: where their orders went and the numbers they gave; and whether somebody who
# could be paid has their mailbox.
_TRACES = f"""
SELECT who.client_key, o.client ->> 'phone' AS phone, o.address ->> 'country' AS country,
       place_of(o.address) AS place,
       EXISTS (SELECT 1 FROM affiliate a WHERE a.mailbox = who.mailbox)
         OR EXISTS (SELECT 1 FROM person p JOIN membership m ON m.person_id = p.id AND m.revoked_at IS NULL
                     WHERE p.mailbox = who.mailbox AND m.affiliate_id IS NOT NULL) AS participant
  FROM {relation(_Who, "who")}
  LEFT JOIN LATERAL (SELECT client, address FROM orders WHERE client_key = who.client_key
                      ORDER BY placed_at DESC LIMIT 50) AS o ON true"""


@dataclass(slots=True)
class _Trace:
    places: set[str]
    phones: set[str]
    is_participant: bool = False


def _traces(work: Work, referrers: Iterable[str]) -> dict[str, _Trace]:
    found: dict[str, _Trace] = {}
    asked = [_Who(key, mailbox_of(key)) for key in sorted(referrers)]
    for row in work.rows(_TRACES, **given(asked, _Who, "who")):
        trace = found.setdefault(row.client_key, _Trace(set(), set()))
        trace.is_participant |= row.participant
        if row.place:
            trace.places.add(row.place)
        if row.phone and (number := phone_key(row.phone, row.country)):
            trace.phones.add(number)
    return found


class _Place(NamedTuple):
    order_id: UUID
    address: Json


def _places(work: Work, asked: Sequence[FriendAsked]) -> dict[UUID, str | None]:
    """Where each goes, folded by the database as the places are that it is compared with."""
    rows = [_Place(one.order_id, Json(json.dumps(dict(one.address)))) for one in asked]
    found = work.rows(
        f"SELECT order_id, place_of(address) AS place FROM {relation(_Place, 'asked')}",
        **given(rows, _Place, "asked"),
    )
    return {row.order_id: row.place for row in found}


def _excluded(one: FriendAsked, trace: _Trace, referrer: str, place: str | None) -> str:
    same = (
        mailbox_of(one.client_key) == mailbox_of(referrer)
        or one.phone_key in trace.phones
        or place in trace.places
    )
    if same:
        return "same_person"
    return "participant" if one.is_participant or trace.is_participant else ""
