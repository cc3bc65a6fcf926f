"""Who is credited with an order or lead: decided once, at intake, and stored with the reason.

In this order, the first that names an affiliate who can be credited: the affiliate to whom the
client is bound, a code the client typed, the storefront itself, a link that led there. Everything
that was found is kept beside the decision, so that a conflict is a visible note and never a silent
winner. A participant's own purchase is a normal order that earns no commission.

Deciding binds nobody: whoever orders or asks may write any e-mail address. A client is bound when
their first order reaches them, to the seller that this order was frozen with (`bind`), and the
binding falls with it if it turns out that its money had gone back before (`unbind`). Staff may tie a
client who is bound to somebody else (`rebind`): that stands until the binding would have run out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from mainstem import network
from mainstem.kit.bulk import ASKED, RowKey, asked, given, relation
from mainstem.kit.contact import mailbox_of
from mainstem.kit.work import Query, Work
from mainstem.network import ELIGIBLE, Upline

BOUND_FOR = timedelta(days=365)
"""How long a client stays with the affiliate who introduced them."""

BY_STAFF = "staff"
"""The reason of a binding that staff have decided on."""


@dataclass(frozen=True, slots=True)
class LeadCredit:
    """Who was credited with a lead, by which signal, and what became of every other one."""

    seller_id: int
    attributed_by: str
    signals: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AttributionRequest:
    """What is known of one order or lead: in whose storefront, by whom, with which code and link.

    `lead_credit` is the decision of the lead that an order came of: it stands. `delivered_at` is when
    an order of an imported history reached the client.
    """

    storefront_id: int
    home_id: int
    client_key: str
    phone_key: str | None
    code: str
    link: str
    at: datetime
    lead_credit: LeadCredit | None = None
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """To whom a client is bound, from when to when; for a new one, which order made it, and why."""

    affiliate_id: int
    since: datetime
    until: datetime
    order: RowKey | None = None
    reason: str = ""

    def holds(self, at: datetime) -> bool:
        """Whether the client is bound at this instant."""
        return self.since <= at < self.until

    def yields_to(self, since: datetime) -> bool:
        """Whether a delivery at this instant binds the client in its place: this one is over by
        then, or it turns out that it was not the first. What staff decided was never the first."""
        if self.until <= since:
            return True
        return self.reason != BY_STAFF and since < self.since < since + BOUND_FOR


@dataclass(slots=True)
class Decision:
    """Who is credited, by which signal, and what became of every other one."""

    seller_id: int
    attributed_by: str
    signals: dict[str, Any] = field(default_factory=dict)
    earns: bool = True
    earns_reason: str = "real_client"


def decide(work: Work, requests: Sequence[AttributionRequest]) -> list[Decision]:
    """One decision per request, in the order given."""
    if not requests:
        return []
    evidence = gather_evidence(work, requests, work.fetch_all(queries(requests)))
    return [evidence.decide(request) for request in requests]


def gather_evidence(
    work: Work,
    requests: Sequence[AttributionRequest],
    results: Sequence[Any],
    *,
    levels: int | None = 1,
) -> Evidence:
    """Everything the database knows about these requests, so that deciding itself takes no time:
    made of what `queries` read, with this many levels of each upline, or with all of it."""
    bound, codes, participants = results
    ids = {request.home_id for request in requests}
    ids |= {request.lead_credit.seller_id for request in requests if request.lead_credit}
    ids |= {binding.affiliate_id for binding in bound.values()}
    ids |= {affiliate for affiliate, _ in codes.values()}
    uplines = network.uplines(work, sorted(ids), levels=levels) if ids else {}
    return Evidence(bound, codes, participants, uplines)


def queries(requests: Sequence[AttributionRequest]) -> list[Query[Any]]:
    """Queries for what must be known of these requests: the clients' bindings, the codes, who takes part."""
    emails = sorted({request.client_key for request in requests})
    phones = sorted({request.phone_key for request in requests if request.phone_key})
    codes = {_code(text) for request in requests for text in (request.code, request.link)} - {""}
    return [
        Query(_BOUND, {"keys": emails}, _bindings),
        Query(_CODES, {"codes": sorted(codes)}, lambda rows: {code: of for code, *of in rows}),
        Query(
            _PARTICIPANTS,
            {"mailboxes": sorted({mailbox_of(key) for key in emails}), "phones": phones},
            lambda rows: {contact: id for id, *row in rows for contact in row if contact},
        ),
    ]


def _bindings(rows: Sequence[Any]) -> dict[str, Binding]:
    return {
        key: Binding(affiliate, since, until, reason=reason)
        for key, affiliate, since, until, reason in rows
    }


_BOUND = """
SELECT client_key, affiliate_id, bound_at, bound_until, reason FROM client_binding
 WHERE client_key = ANY(%(keys)s::text[])"""
_CODES = """
SELECT code, affiliate_id, kind FROM referral_code
 WHERE code = ANY(%(codes)s::text[]) AND retired_at IS NULL"""
# A participant is anybody who could be paid, by any spelling of their mailboxes, or by their phones.
_PARTICIPANTS = """
SELECT id, mailbox, phone_key FROM affiliate
 WHERE mailbox = ANY(%(mailboxes)s::text[]) OR phone_key = ANY(%(phones)s::text[])
UNION ALL
SELECT m.affiliate_id, p.mailbox, p.phone_key FROM person p
  JOIN membership m ON m.person_id = p.id AND m.revoked_at IS NULL
 WHERE m.affiliate_id IS NOT NULL
   AND (p.mailbox = ANY(%(mailboxes)s::text[]) OR p.phone_key = ANY(%(phones)s::text[]))"""


@dataclass(slots=True)
class Evidence:
    """What is known of a batch when its decisions are made, and whom an imported history binds in it."""

    bound: dict[str, Binding]
    codes: dict[str, tuple[int, str]]
    participants: dict[str, int]
    uplines: dict[int, Upline]
    introduced: set[str] = field(default_factory=set)

    def copy(self) -> Evidence:
        """The same before any of it is written, for a batch that may have to be written twice."""
        return replace(self, bound=dict(self.bound), introduced=set())

    def decide(self, request: AttributionRequest) -> Decision:
        """Who is credited."""
        decision = (
            self._of_lead(request.lead_credit)
            if request.lead_credit
            else self._first_eligible(request)
        )
        buyer = self.participants.get(mailbox_of(request.client_key)) or (
            self.participants.get(request.phone_key) if request.phone_key else None
        )
        if buyer:
            decision.signals = {**decision.signals, "participant": buyer}
            decision.earns, decision.earns_reason = False, "buyer_is_participant"
        elif self._is_house(decision.seller_id):
            decision.earns, decision.earns_reason = False, "house_account"
        elif not self.credits(decision.seller_id):
            decision.earns, decision.earns_reason = False, "nobody_eligible"
        return decision

    def _of_lead(self, credit: LeadCredit) -> Decision:
        return Decision(credit.seller_id, credit.attributed_by, credit.signals)

    def _first_eligible(self, request: AttributionRequest) -> Decision:
        """Walk the signals in their order of precedence; keep every one of them."""
        bound = self.bound.get(request.client_key)
        code, link = self.codes.get(_code(request.code)), self.codes.get(_code(request.link))
        candidates: list[tuple[str, int]] = []
        signals: dict[str, Any] = {"storefront": request.home_id}
        if bound and bound.since <= request.at:
            signals["binding"] = bound.affiliate_id
            if bound.holds(request.at):
                candidates.append(("binding", bound.affiliate_id))
        if request.code:
            signals["code"] = [request.code, code[0] if code else None]
        if code and code[1] == "code":
            candidates.append(("code", code[0]))
        candidates.append(("storefront", request.home_id))
        if request.link:
            signals["link"] = [request.link, link[0] if link else None]
        if link:
            candidates.append(("link", link[0]))
        for by, affiliate in candidates:
            if self.credits(affiliate):
                return Decision(affiliate, by, signals)
        return Decision(request.home_id, "storefront", signals)

    def credits(self, affiliate_id: int) -> bool:
        """Whether the affiliate can be credited for a sale now."""
        upline = self.uplines.get(affiliate_id)
        return upline is not None and upline.state in ELIGIBLE

    def other(
        self, request: AttributionRequest, decision: Decision, signals: set[str]
    ) -> int | None:
        """Who else has a part in an order: the storefront, where it is credited to whose code the client
        gave; or whose link led to the storefront, where it is credited to that. Only by these `signals`.

        None where nobody has: a client who is bound, an order of a lead, and what earns nobody anything are
        one affiliate's, and a house account shares with nobody.
        """
        if request.lead_credit or not decision.earns:
            return None
        link = self.codes.get(_code(request.link))
        others = {"code": request.home_id, "storefront": link[0] if link else None}
        needs = {"code": "code", "storefront": "link"}
        other = others.get(decision.attributed_by)
        if other is None or needs[decision.attributed_by] not in signals:
            return None
        if other == decision.seller_id or not self.credits(other) or self._is_house(other):
            return None
        return other

    def _is_house(self, affiliate_id: int) -> bool:
        upline = self.uplines.get(affiliate_id)
        return upline is not None and upline.is_house

    def introduce(self, request: AttributionRequest, decision: Decision, order: RowKey) -> None:
        """An imported order that is known to have reached its client binds them from then on, so
        that what they bought later in the same history is credited as it would have been."""
        if request.delivered_at is None or not decision.earns:
            return
        if decision.attributed_by == "binding" and decision.seller_id != request.home_id:
            return
        before = self.bound.get(request.client_key)
        if before is None or before.yields_to(request.delivered_at):
            self.introduced.add(request.client_key)
            self.bound[request.client_key] = Binding(
                decision.seller_id,
                request.delivered_at,
                request.delivered_at + BOUND_FOR,
                order,
                decision.attributed_by,
            )

    def bind(self, work: Work) -> None:
        """Keep whom an imported history has bound, in key order so that none waits in a circle."""
        if not self.introduced:
            return
        new = [_introduced(key, self.bound[key]) for key in sorted(self.introduced)]
        work.run(_INTRODUCE, span=BOUND_FOR, **given(new, _Introduced, "new"))


def _code(text: str) -> str:
    """A code as it is kept, however it was typed."""
    return text.strip().upper()


# ------------------------------------------------------------------------- bound by a delivery

# Beside another delivery to the same new client, the first to commit has bound them. A history that
# is brought in later may show that another order reached them before; that undoes nothing that staff
# have decided, who knew of more than of one order.
_BIND = f"""
INSERT INTO client_binding AS b
  (client_key, affiliate_id, bound_at, bound_until, reason, home_id, order_id)
{{chosen}}
ON CONFLICT (client_key) DO UPDATE
   SET affiliate_id = excluded.affiliate_id, bound_at = excluded.bound_at,
       bound_until = excluded.bound_until, reason = excluded.reason,
       home_id = excluded.home_id, order_id = excluded.order_id
 WHERE b.bound_until <= excluded.bound_at
    OR (b.reason <> '{BY_STAFF}'
        AND excluded.bound_at < b.bound_at AND b.bound_at < excluded.bound_until)"""

# What another's shop was credited with because of a binding makes no new one: a binding that fell
# or ran out would go on by itself.
_BY_ITSELF = "(o.attributed_by <> 'binding' OR o.home_id = o.seller_id)"


class _Introduced(NamedTuple):
    client_key: str
    affiliate_id: int
    bound_at: datetime
    reason: str
    home_id: int
    order_id: UUID


def _introduced(key: str, binding: Binding) -> _Introduced:
    assert binding.order is not None, "an order of the history introduced them"
    return _Introduced(key, binding.affiliate_id, binding.since, binding.reason, *binding.order)


_INTRODUCE = _BIND.format(
    chosen=f"""
SELECT client_key, affiliate_id, bound_at, bound_at + %(span)s, reason, home_id, order_id
  FROM {relation(_Introduced, "new")}"""
)


class _Reached(NamedTuple):
    home_id: int
    id: UUID
    at: datetime


_BIND_DELIVERED = _BIND.format(
    chosen=f"""
SELECT DISTINCT ON (o.client_key) o.client_key, o.seller_id, asked.at, asked.at + %(span)s,
       o.attributed_by, o.home_id, o.id
  FROM {relation(_Reached, "asked")}
  JOIN orders o ON o.home_id = asked.home_id AND o.id = asked.id
 WHERE o.delivered_at IS NULL AND o.earns AND o.refunded_minor < o.paid_minor AND {_BY_ITSELF}
   AND NOT EXISTS (SELECT FROM client_binding k WHERE k.client_key = o.client_key
                      AND k.bound_at <= asked.at AND asked.at < k.bound_until)
 ORDER BY o.client_key, asked.at, o.id"""
)


def bind(work: Work, orders: Sequence[RowKey], times: Sequence[datetime]) -> None:
    """Bind the clients of these orders, of which something reaches them at these instants.

    To be called before the delivery is written on them: only the first of an order binds. An order
    binds nobody when it earns nobody anything, when its money has gone back or never came, or when
    another's shop was credited with it because of a binding.
    """
    reached = [_Reached(*key, at) for key, at in zip(orders, times, strict=True)]
    work.run(_BIND_DELIVERED, span=BOUND_FOR, **given(reached, _Reached, "asked"))


# How much of an order's money was asked back before an instant.
_BACK_BEFORE = """
coalesce((SELECT sum(r.amount_minor) FROM refund r WHERE r.home_id = o.home_id
             AND r.order_id = o.id AND r.state = 'succeeded' AND r.requested_at < {at}), 0)"""

_UNBIND = f"""
DELETE FROM client_binding b
 USING {ASKED}
  JOIN orders o ON o.home_id = asked.home_id AND o.id = asked.id
 WHERE b.client_key = o.client_key AND b.home_id = o.home_id AND b.order_id = o.id
   AND o.refunded_minor >= o.paid_minor
   AND {_BACK_BEFORE.format(at="b.bound_at")} >= o.paid_minor
RETURNING b.client_key, b.bound_at"""

_DELIVERED = f"""
SELECT client_key, delivered_at AS bound_at
  FROM {ASKED}
  JOIN orders o USING (home_id, id) WHERE o.delivered_at IS NOT NULL"""


class _Free(NamedTuple):
    client_key: str
    since: datetime


_BIND_ANEW = _BIND.format(
    chosen=f"""
SELECT DISTINCT ON (o.client_key) o.client_key, o.seller_id, o.delivered_at,
       o.delivered_at + %(span)s, o.attributed_by, o.home_id, o.id
  FROM {relation(_Free, "free")}
  JOIN orders o ON o.client_key = free.client_key AND o.delivered_at >= free.since
 WHERE o.earns AND o.paid_minor > 0 AND {_BY_ITSELF}
   AND (o.refunded_minor < o.paid_minor
        OR {_BACK_BEFORE.format(at="o.delivered_at")} < o.paid_minor)
 ORDER BY o.client_key, o.delivered_at, o.id"""
)


def unbind(
    work: Work,
    *,
    refunded: Sequence[RowKey],
    paid_after_all: Sequence[RowKey] = (),
) -> None:
    """Let bindings fall whose order turns out to have been wholly refunded before it was delivered,
    and give those clients to the next order that reached them. What failed to go back binds again."""
    fallen = work.rows(_UNBIND, **asked(refunded)) if refunded else []
    restored = work.rows(_DELIVERED, **asked(paid_after_all)) if paid_after_all else []
    free = [_Free(*row) for row in [*fallen, *restored]]
    if free:
        work.run(_BIND_ANEW, span=BOUND_FOR, **given(free, _Free, "free"))


# ------------------------------------------------------------------------- bound by staff


class BoundNow(NamedTuple):
    """A binding that is in force: to whom, since when until when, and by which order, if by one."""

    affiliate_id: int
    bound_at: datetime
    bound_until: datetime
    reason: str
    home_id: int | None
    order_id: UUID | None


def lock_binding(work: Work, client_key: str) -> BoundNow | None:
    """To whom a client is bound now, so that no delivery changes it meanwhile; None where to nobody."""
    row = work.row(
        """SELECT affiliate_id, bound_at, bound_until, reason, home_id, order_id FROM client_binding
            WHERE client_key = %(key)s FOR UPDATE""",
        key=client_key,
    )
    return BoundNow(*row) if row is not None and row.bound_until > work.now() else None


def rebind(work: Work, client_key: str, affiliate_id: int, *, at: datetime) -> None:
    """Bind a client who is bound to another affiliate, from this instant on and for no longer than before.

    The binding has to be locked (`lock_binding`). It is of no order, so that none lets it fall.
    """
    changed = work.run(
        """UPDATE client_binding
              SET affiliate_id = %(affiliate)s, bound_at = %(at)s, reason = %(reason)s,
                  home_id = NULL, order_id = NULL
            WHERE client_key = %(key)s AND bound_until > %(at)s""",
        key=client_key,
        affiliate=affiliate_id,
        reason=BY_STAFF,
        at=at,
    )
    assert changed == 1, "the binding is locked and in force"


# ------------------------------------------------------------------------- bound elsewhere


class BoundElsewhere(NamedTuple):
    """A client who was bound in another programme: to whom, from when until when."""

    client_key: str
    affiliate_id: int
    bound_at: datetime
    bound_until: datetime


_BOUND_NOW = """
SELECT b.client_key, a.slug, b.bound_until
  FROM client_binding b JOIN affiliate a ON a.id = b.affiliate_id
 WHERE b.client_key = ANY(%(keys)s::text[]) AND b.bound_until > %(now)s"""

# No order made such a binding, so none lets it fall. One that is in force stands.
_BRING_IN = f"""
INSERT INTO client_binding AS b (client_key, affiliate_id, bound_at, bound_until, reason)
SELECT client_key, affiliate_id, bound_at, bound_until, 'brought_in'
  FROM {relation(BoundElsewhere, "new")} ORDER BY client_key
ON CONFLICT (client_key) DO UPDATE
   SET affiliate_id = excluded.affiliate_id, bound_at = excluded.bound_at,
       bound_until = excluded.bound_until, reason = excluded.reason, home_id = NULL, order_id = NULL
 WHERE b.bound_until <= %(now)s"""


def bound_now(work: Work, client_keys: Sequence[str]) -> dict[str, tuple[str, datetime]]:
    """To whom each of these clients is bound now, by the affiliate's slug, and until when."""
    rows = work.rows(_BOUND_NOW, keys=sorted(set(client_keys)), now=work.now())
    return {row.client_key: (row.slug, row.bound_until) for row in rows}


def bring_in(work: Work, bound: Sequence[BoundElsewhere]) -> int:
    """Bind clients as another programme has bound them; how many were not bound yet."""
    if not bound:
        return 0
    return work.run(_BRING_IN, now=work.now(), **given(bound, BoundElsewhere, "new"))
