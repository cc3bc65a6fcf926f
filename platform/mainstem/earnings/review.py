"""Whose purchase it was: what is likely a participant's own is held until somebody has looked.

Who writes a participant's e-mail or telephone number is one, and their order earns nobody anything:
that is decided at intake. When it is paid, the card or bank account and the address it went to are
theirs too. Another order that is paid by the same card or goes to the same address may be theirs
under another name, or a neighbour's: nothing of it is credited before staff have released it, and
nothing is lost meanwhile, as settling brings it to what should stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, TypedDict
from uuid import UUID

from mainstem.earnings.settle import settle
from mainstem.kit.bulk import ASKED, RowKey, asked
from mainstem.kit.errors import InvalidInput, NotFound, Problem, Refused
from mainstem.kit.events import record, record_all
from mainstem.kit.text import refuse_unseen
from mainstem.kit.work import Work
from mainstem.orders import lock

WORDS_MAX = 500

# By what an order can be told: its address, and what paid for it.
_TRACES = """
  CROSS JOIN LATERAL (
        SELECT 'address' AS kind, place_of(o.address) AS key
        UNION ALL
        SELECT 'payment_method', p.method_fingerprint FROM payment p
         WHERE p.home_id = o.home_id AND p.order_id = o.id AND p.state = 'captured') AS trace"""

_LEARN = f"""
INSERT INTO participant_trace (kind, key, affiliate_id, learned_from, learned_at)
SELECT DISTINCT ON (trace.kind, trace.key, buyer.id) trace.kind, trace.key, buyer.id, o.number, %(now)s
  FROM {ASKED}
  JOIN orders o USING (home_id, id)
  JOIN affiliate buyer ON buyer.id = (o.attribution ->> 'participant')::bigint {_TRACES}
 WHERE o.earns_reason = 'buyer_is_participant' AND trace.key IS NOT NULL
 ORDER BY trace.kind, trace.key, buyer.id, o.placed_at
ON CONFLICT DO NOTHING"""

_HOLD = f"""
INSERT INTO commission_review (home_id, order_id, state, reasons, held_at)
SELECT o.home_id, o.id, 'held',
       jsonb_agg(jsonb_build_object('kind', known.kind, 'affiliate_id', known.affiliate_id,
                                    'learned_from', known.learned_from)
                 ORDER BY known.kind DESC, known.affiliate_id), %(now)s
  FROM {ASKED}
  JOIN orders o USING (home_id, id) {_TRACES}
  JOIN participant_trace known ON known.kind = trace.kind AND known.key = trace.key
 WHERE o.earns
   -- A client whom staff have told apart from these once is not held again.
   AND NOT EXISTS (SELECT 1 FROM orders b
                     JOIN commission_review told ON told.home_id = b.home_id AND told.order_id = b.id
                    WHERE b.client_key = o.client_key AND told.state = 'released'
                      AND told.reasons @> jsonb_build_array(jsonb_build_object(
                            'kind', known.kind, 'affiliate_id', known.affiliate_id)))
 GROUP BY o.home_id, o.id
ON CONFLICT DO NOTHING
RETURNING home_id, order_id"""


class NothingToReview(Refused):
    """Nobody has asked whose purchase this order was."""

    code: ClassVar[str] = "nothing_to_review"
    message: ClassVar[str] = "The commission on this order is not waiting for a review."


def hold_for_review(work: Work, orders: Sequence[RowKey]) -> int:
    """Look at orders (home, id) that have just been paid, and hold the commission on those that
    are likely a participant's own; how many are held that were not. Repeats find nothing."""
    if not orders:
        return 0
    work.run(_LEARN, now=work.now(), **asked(orders))
    held = [tuple(row) for row in work.rows(_HOLD, now=work.now(), **asked(orders))]
    record_all(work, "commission.held", held)
    return len(held)


def decide(work: Work, home_id: int, order_id: UUID, *, release: bool, words: str) -> None:
    """Staff say whose purchase it was, and why: a client's earns, a participant's does not.

    It may be said again and otherwise: what stands is settled to what was said last.
    """
    words = words.strip()
    if not words:
        raise InvalidInput(Problem("/words", "missing", "Write why."))
    if len(words) > WORDS_MAX:
        raise InvalidInput(
            Problem("/words", "too_long", "Keep this under {max} characters.", {"max": WORDS_MAX})
        )
    refuse_unseen("/words", words)
    lock(work, [(home_id, order_id)])
    state = "released" if release else "refused"
    decided = work.run(
        """UPDATE commission_review
              SET state = %(state)s, decided_by = %(by)s, decided_at = %(now)s, reason = %(reason)s
            WHERE home_id = %(home)s AND order_id = %(order)s AND state <> %(state)s""",
        state=state,
        by=str(work.actor),
        now=work.now(),
        reason=words,
        home=home_id,
        order=order_id,
    )
    if not decided:
        if review_of(work, home_id, order_id) is None:
            raise NotFound("order") if not _exists(work, home_id, order_id) else NothingToReview()
        return
    record(work, f"commission.{state}_by_review", order_id, home=home_id)
    settle(work, [(home_id, order_id)])


class SharedTrace(TypedDict):
    """What an order shares with one of a participant's: a card or an address (`kind`)."""

    kind: str
    affiliate_id: int
    affiliate: str
    learned_from: str


@dataclass(frozen=True, slots=True)
class CommissionReview:
    """Why the commission of an order is held, and what was decided."""

    state: str
    held_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    reasons: list[SharedTrace]


@dataclass(frozen=True, slots=True)
class OrderToReview:
    """An order whose commission is held, and the kinds of traces that it shares."""

    home_id: int
    order_id: UUID
    held_at: datetime
    number: str
    client: str
    seller: str
    kinds: list[str]


def review_of(work: Work, home_id: int, order_id: UUID) -> CommissionReview | None:
    """What is held of an order and why, or what was decided; None when nobody has asked."""
    found = work.rows_as(
        CommissionReview,
        """SELECT state, held_at, decided_by, decided_at, reason,
                  (SELECT jsonb_agg(said || jsonb_build_object('affiliate', a.name) ORDER BY no)
                     FROM jsonb_array_elements(reasons) WITH ORDINALITY AS each (said, no)
                     JOIN affiliate a ON a.id = (said ->> 'affiliate_id')::bigint) AS reasons
             FROM commission_review WHERE home_id = %(home)s AND order_id = %(order)s""",
        home=home_id,
        order=order_id,
    )
    return found[0] if found else None


def waiting(work: Work, *, most: int = 200) -> list[OrderToReview]:
    """Orders whose commission is held, the longest first."""
    return work.rows_as(
        OrderToReview,
        """SELECT r.home_id, r.order_id, r.held_at, o.number, o.client ->> 'name' AS client,
                  a.name AS seller,
                  (SELECT array_agg(DISTINCT said ->> 'kind') FROM jsonb_array_elements(r.reasons) AS said) AS kinds
             FROM commission_review r
             JOIN orders o ON o.home_id = r.home_id AND o.id = r.order_id
             JOIN affiliate a ON a.id = o.seller_id
            WHERE r.state = 'held' ORDER BY r.held_at, r.order_id LIMIT %(most)s""",
        most=most,
    )


def _exists(work: Work, home_id: int, order_id: UUID) -> bool:
    return bool(
        work.value(
            "SELECT 1 FROM orders WHERE home_id = %(home)s AND id = %(id)s",
            home=home_id,
            id=order_id,
        )
    )
