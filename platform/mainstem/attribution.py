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

from mainstem import network
from mainstem.kit.work import Question, Work
from mainstem.network import ELIGIBLE, Line

BOUND_FOR = timedelta(days=365)
"""How long a client stays with the affiliate who introduced her."""


@dataclass(frozen=True, slots=True)
class Won:
    """Who was credited with a lead, by which signal, and what became of every other one."""

    seller_id: int
    attributed_by: str
    signals: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """What is known of one capture: in whose storefront, by whom, with which code and link.

    `won` is the decision of the lead that the capture came of: it stands.
    """

    storefront_id: int
    home_id: int
    client_key: str
    phone_key: str | None
    code: str
    link: str
    at: datetime
    won: Won | None = None


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
    seen = look(work, asks)
    decisions = [seen.decide(ask) for ask in asks]
    seen.bind(work)
    return decisions


def look(work: Work, asks: Sequence[Ask]) -> Seen:
    """Everything the database knows about these asks, so that deciding itself takes no time."""
    return see(work, asks, work.ask_all(questions(asks)))


def see(work: Work, asks: Sequence[Ask], answers: Sequence[Any], *, levels: int = 1) -> Seen:
    """The same from the answers to `questions`, with this many levels of each upline."""
    bound, codes, participants = answers
    ids = {ask.home_id for ask in asks} | {ask.won.seller_id for ask in asks if ask.won}
    ids |= {affiliate for affiliate, _ in [*bound.values(), *codes.values()]}
    lines = network.lines(work, sorted(ids), levels=levels) if ids else {}
    return Seen(bound, codes, participants, lines)


def questions(asks: Sequence[Ask]) -> list[Question[Any]]:
    """What must be known of these asks: the clients' bindings, the codes, who takes part."""
    emails = sorted({ask.client_key for ask in asks})
    phones = sorted({ask.phone_key for ask in asks if ask.phone_key})
    codes = {_code(text) for ask in asks for text in (ask.code, ask.link)} - {""}
    return [
        Question(_BOUND, {"keys": emails}, lambda rows: {key: of for key, *of in rows}),
        Question(_CODES, {"codes": sorted(codes)}, lambda rows: {code: of for code, *of in rows}),
        Question(
            _PARTICIPANTS,
            {"emails": emails, "phones": phones},
            lambda rows: {contact for row in rows for contact in row if contact is not None},
        ),
    ]


_BOUND = """
SELECT client_key, affiliate_id, bound_until FROM client_binding
 WHERE client_key = ANY(%(keys)s::text[])"""
_CODES = """
SELECT code, affiliate_id, kind FROM referral_code
 WHERE code = ANY(%(codes)s::text[]) AND retired_at IS NULL"""
# A participant is anybody who could be paid, by any of her e-mail addresses or phones.
_PARTICIPANTS = """
SELECT email_key, phone_key FROM affiliate
 WHERE email_key = ANY(%(emails)s::text[]) OR phone_key = ANY(%(phones)s::text[])
UNION ALL
SELECT p.email_key, p.phone_key FROM person p
  JOIN membership m ON m.person_id = p.id AND m.revoked_at IS NULL
 WHERE m.affiliate_id IS NOT NULL
   AND (p.email_key = ANY(%(emails)s::text[]) OR p.phone_key = ANY(%(phones)s::text[]))"""


@dataclass(slots=True)
class Seen:
    """What was known when a batch was looked at, and whom its decisions have introduced so far."""

    bound: dict[str, tuple[int, datetime]]
    codes: dict[str, tuple[int, str]]
    participants: set[str]
    lines: dict[int, Line]
    introduced: dict[str, tuple[int, datetime, str]] = field(default_factory=dict)

    def decide(self, ask: Ask) -> Decision:
        """Who is credited. A client who is new is known to the next ask of the batch."""
        decision = self._stands(ask.won) if ask.won else self._first_who_can(ask)
        bound = self.bound.get(ask.client_key)
        if ask.client_key in self.participants or ask.phone_key in self.participants:
            decision.earns, decision.earns_reason = False, "buyer_is_participant"
        elif not self.credits(decision.seller_id):
            decision.earns, decision.earns_reason = False, "nobody_eligible"
        elif bound is None or bound[1] <= ask.at:
            seller, by = decision.seller_id, decision.attributed_by
            self.bound[ask.client_key] = (seller, ask.at + BOUND_FOR)
            self.introduced[ask.client_key] = (seller, ask.at, by)
        return decision

    def _stands(self, won: Won) -> Decision:
        return Decision(won.seller_id, won.attributed_by, won.signals)

    def _first_who_can(self, ask: Ask) -> Decision:
        """Walk the signals in their order of precedence; keep every one of them."""
        bound = self.bound.get(ask.client_key)
        code, link = self.codes.get(_code(ask.code)), self.codes.get(_code(ask.link))
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
        for by, affiliate in candidates:
            if self.credits(affiliate):
                return Decision(affiliate, by, signals)
        return Decision(ask.home_id, "storefront", signals)

    def credits(self, affiliate_id: int) -> bool:
        """Whether the affiliate can be credited for a sale now."""
        line = self.lines.get(affiliate_id)
        return line is not None and line.state in ELIGIBLE

    def bind(self, work: Work) -> None:
        """Keep whom these decisions introduced, in key order so that none waits in a circle."""
        if not self.introduced:
            return
        keys = sorted(self.introduced)
        work.run(
            _BIND,
            span=BOUND_FOR,
            keys=keys,
            affiliates=[self.introduced[key][0] for key in keys],
            times=[self.introduced[key][1] for key in keys],
            reasons=[self.introduced[key][2] for key in keys],
        )


def _code(text: str) -> str:
    """A code as it is kept, however it was typed."""
    return text.strip().upper()


# Beside another capture of the same new client, the first to commit has introduced her.
_BIND = """
INSERT INTO client_binding AS b (client_key, affiliate_id, bound_at, bound_until, reason)
SELECT client_key, affiliate_id, bound_at, bound_at + %(span)s, reason
  FROM unnest(%(keys)s::text[], %(affiliates)s::bigint[], %(times)s::timestamptz[],
              %(reasons)s::text[]) AS new (client_key, affiliate_id, bound_at, reason)
ON CONFLICT (client_key) DO UPDATE
   SET affiliate_id = excluded.affiliate_id, bound_at = excluded.bound_at,
       bound_until = excluded.bound_until, reason = excluded.reason
 WHERE b.bound_until <= excluded.bound_at"""
