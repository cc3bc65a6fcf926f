"""Who won this client: decided once, at capture, and stored with the reason.

In this order, the first that names an affiliate who can be credited: the affiliate to whom the
client is bound, a code the client typed, the storefront itself, a link that led there. Everything
that was seen is kept beside the decision, so that a conflict is a visible note and never a silent
winner. A participant's own purchase is a normal order that earns nobody anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mainstem.kit.work import Work
from mainstem.network import ELIGIBLE

BOUND_FOR = timedelta(days=365)
"""How long a client stays with the affiliate who introduced her."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is known of one capture: in whose storefront, by whom, with which code and link."""

    storefront_id: int
    home_id: int
    client_key: str
    phone_key: str | None
    code: str
    link: str
    at: datetime


@dataclass(slots=True)
class Decision:
    """Who is credited, by which signal, and what became of every other one."""

    seller_id: int
    attributed_by: str
    signals: dict[str, Any] = field(default_factory=dict)
    earns: bool = True
    earns_reason: str = "real_client"


def decide(work: Work, asks: Sequence[Ask]) -> list[Decision]:
    """One decision per ask, in the order given; new clients are bound to who introduced them."""
    if not asks:
        return []
    seen = _Seen(work, asks)
    decisions = [_decide(ask, seen) for ask in asks]
    _bind(work, seen.introduced)
    return decisions


class _Seen:
    """Everything the database knows about a batch of asks, read in three statements."""

    def __init__(self, work: Work, asks: Sequence[Ask]) -> None:
        self.bound: dict[str, tuple[int, datetime]] = {
            row.client_key: (row.affiliate_id, row.bound_until)
            for row in work.rows(
                """SELECT client_key, affiliate_id, bound_until FROM client_binding
                    WHERE client_key = ANY(%(keys)s::text[])""",
                keys=list({ask.client_key for ask in asks}),
            )
        }
        self.introduced: dict[str, tuple[int, datetime, str]] = {}
        codes = {ask.code.strip().upper() for ask in asks} | {ask.link.strip().upper() for ask in asks}
        self.codes: dict[str, tuple[int, str]] = {}
        if codes - {""}:
            self.codes = {
                row.code: (row.affiliate_id, row.kind)
                for row in work.rows(
                    """SELECT code, affiliate_id, kind FROM referral_code
                        WHERE code = ANY(%(codes)s::text[]) AND retired_at IS NULL""",
                    codes=sorted(codes - {""}),
                )
            }
        ids = {ask.home_id for ask in asks}
        ids |= {affiliate for affiliate, _ in self.bound.values()}
        ids |= {affiliate for affiliate, _ in self.codes.values()}
        rows = work.rows(
            """SELECT a.id, a.state FROM affiliate a WHERE a.id = ANY(%(ids)s::bigint[])""",
            ids=sorted(ids),
        )
        self.states: dict[int, str] = {row.id: row.state for row in rows}
        # A participant is anybody who could be paid, by any of her e-mail addresses or phones.
        people = work.rows(
            """SELECT email_key, phone_key FROM affiliate
                WHERE email_key = ANY(%(emails)s::text[]) OR phone_key = ANY(%(phones)s::text[])
               UNION ALL
               SELECT p.email_key, p.phone_key FROM person p
                 JOIN membership m ON m.person_id = p.id AND m.revoked_at IS NULL
                WHERE m.affiliate_id IS NOT NULL
                  AND (p.email_key = ANY(%(emails)s::text[]) OR p.phone_key = ANY(%(phones)s::text[]))""",
            emails=list({ask.client_key for ask in asks}),
            phones=list({ask.phone_key for ask in asks if ask.phone_key}),
        )
        self.participants = {row.email_key for row in people} | {row.phone_key for row in people}
        self.participants -= {None}

    def credits(self, affiliate_id: int) -> bool:
        return self.states.get(affiliate_id) in ELIGIBLE


def _decide(ask: Ask, seen: _Seen) -> Decision:
    """Walk the signals in their order of precedence; keep every one of them."""
    bound = seen.bound.get(ask.client_key)
    code = seen.codes.get(ask.code.strip().upper())
    link = seen.codes.get(ask.link.strip().upper())
    candidates: list[tuple[str, int]] = []
    signals: dict[str, Any] = {"storefront": ask.home_id}
    if bound:
        signals["binding"] = bound[0]
        if bound[1] > ask.at:
            candidates.append(("binding", bound[0]))
    if ask.code:
        signals["code"] = [ask.code, code[0] if code else None]
    if code and code[1] == "code":
        candidates.append(("code", code[0]))
    candidates.append(("storefront", ask.home_id))
    if ask.link:
        signals["link"] = [ask.link, link[0] if link else None]
    if link:
        candidates.append(("link", link[0]))
    by, seller = next(
        ((by, affiliate) for by, affiliate in candidates if seen.credits(affiliate)),
        ("storefront", ask.home_id),
    )
    decision = Decision(seller, by, signals)
    if ask.client_key in seen.participants or ask.phone_key in seen.participants:
        decision.earns, decision.earns_reason = False, "buyer_is_participant"
    elif not seen.credits(seller):
        decision.earns, decision.earns_reason = False, "nobody_eligible"
    elif bound is None or bound[1] <= ask.at:
        seen.bound[ask.client_key] = (seller, ask.at + BOUND_FOR)
        seen.introduced[ask.client_key] = (seller, ask.at, by)
    return decision


def _bind(work: Work, introduced: dict[str, tuple[int, datetime, str]]) -> None:
    if not introduced:
        return
    keys = sorted(introduced)
    work.run(
        """INSERT INTO client_binding AS b (client_key, affiliate_id, bound_at, bound_until, reason)
           SELECT client_key, affiliate_id, bound_at, bound_at + %(span)s, reason
             FROM unnest(%(keys)s::text[], %(affiliates)s::bigint[], %(times)s::timestamptz[],
                         %(reasons)s::text[]) AS new (client_key, affiliate_id, bound_at, reason)
           ON CONFLICT (client_key) DO UPDATE
              SET affiliate_id = excluded.affiliate_id, bound_at = excluded.bound_at,
                  bound_until = excluded.bound_until, reason = excluded.reason
            WHERE b.bound_until <= excluded.bound_at""",
        span=BOUND_FOR,
        keys=keys,
        affiliates=[introduced[key][0] for key in keys],
        times=[introduced[key][1] for key in keys],
        reasons=[introduced[key][2] for key in keys],
    )
