"""Credit an order to another affiliate than at its sale: by staff, with reason and evidence, and a second
person. What was frozen on the order stays; the money follows by settling to what should stand.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, TypedDict
from uuid import UUID

from mainstem import identity, network
from mainstem.earnings.settle import settle
from mainstem.earnings.upline_then import UplineThen, could_be_credited, upline_then
from mainstem.kit.errors import InvalidInput, InvalidTransition, NotFound, Problem, Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.text import unseen_problems
from mainstem.kit.work import Work
from mainstem.money import BASIS
from mainstem.orders import CREDITED_TO, MAY_APPROVE, lock
from mainstem.plan import book

WORDS_MAX = 1000
OTHERS_MAX = 4


class NotCreditable(Refused):
    """They could not have been credited with it when it was sold."""

    code: ClassVar[str] = "not_creditable"
    message: ClassVar[str] = (
        "{affiliate} could not be credited with a sale of {day}: they were not active with us then."
    )


class CreditedAlready(Refused):
    """It is theirs."""

    code: ClassVar[str] = "credited_already"
    message: ClassVar[str] = "This order is credited to {affiliate} already."


class EarnsNobody(Refused):
    """It is nobody's to be credited with."""

    code: ClassVar[str] = "earns_nobody"
    message: ClassVar[str] = "This order earns no commission, so it is credited to nobody else."


class ChangeWaits(Refused):
    """One at a time: the next would be decided on what the first one changes."""

    code: ClassVar[str] = "change_waits"
    message: ClassVar[str] = "A change of who is credited waits for a colleague already."


class MayNotCreditAnother(Refused):
    """The answer is not the reader's to give."""

    code: ClassVar[str] = "may_not_credit_another"
    status: ClassVar[int] = 403
    message: ClassVar[str] = (
        "Only finance agrees to credit an order to another affiliate. Ask a colleague there."
    )


@dataclass(frozen=True, slots=True)
class AttributionChange:
    """That an order is to be credited to another affiliate, or is."""

    home_id: int
    id: UUID
    order_id: UUID
    number: str
    before: str
    after: str
    reason: str
    evidence: str
    asked_by: str
    asked_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None
    words: str
    others: list[SharedWith]
    """To whom else, and how much of it is theirs; the rest is whose name stands under `after`."""

    @property
    def part_bp(self) -> int:
        """How much of the order is theirs whose name stands under `after`, in basis points."""
        return BASIS - sum(one["part_bp"] for one in self.others)


class SharedWith(TypedDict):
    """Somebody else to whom an order is credited, and how much of it is theirs, in basis points."""

    name: str
    part_bp: int


class Part(NamedTuple):
    """An affiliate, by their slug, and how much of an order is to be theirs, in basis points."""

    affiliate: str
    part_bp: int


_ORDER = f"""
SELECT o.home_id, o.id, o.placed_at, o.plan_version, o.active_as_of, o.earns, credited.upline[1] AS seller_id,
       credited.also_credited
  FROM orders o {CREDITED_TO} WHERE o.home_id = %(home)s AND o.id = %(order)s"""

_CHANGES = """
SELECT c.home_id, c.id, c.order_id, o.number, f.name AS before, t.name AS after, c.reason, c.evidence,
       c.asked_by, c.asked_at, c.state, c.decided_by, c.decided_at, c.words,
       coalesce((SELECT jsonb_agg(jsonb_build_object('name', a.name, 'part_bp', one -> 'part_bp') ORDER BY no)
                   FROM jsonb_array_elements(c.also_credited) WITH ORDINALITY AS each (one, no)
                   JOIN affiliate a ON a.id = (one -> 'upline' ->> 0)::bigint), '[]') AS others
  FROM attribution_change c JOIN orders o ON o.home_id = c.home_id AND o.id = c.order_id
  JOIN affiliate f ON f.id = c.from_seller_id JOIN affiliate t ON t.id = c.to_seller_id
 WHERE """


def request_reattribution(
    work: Work,
    home_id: int,
    order_id: UUID,
    *,
    affiliate: str,
    reason: str,
    evidence: str,
    others: Sequence[Part] = (),
) -> UUID:
    """Ask a second person to credit an order to another affiliate, by their slug, or to several: `others`
    have their parts, and the affiliate the rest. The request's id.

    Nothing moves until it is answered. Raises NotFound, InvalidInput without words or where nothing is left
    for the affiliate, CreditedAlready, EarnsNobody, ChangeWaits, and NotCreditable for whoever could not have
    been credited at the sale.
    """
    problems = [*words_problems("/reason", reason), *words_problems("/evidence", evidence)]
    if problems := [*problems, *_parts_problems(affiliate, others)]:
        raise InvalidInput(*problems)
    lock(work, [(home_id, order_id)])
    order = _order(work, home_id, order_id)
    to = _affiliate(work, affiliate)
    also = [(_affiliate(work, one.affiliate), one.part_bp) for one in others]
    _refuse(work, order, to, also)
    id = new_id()
    work.run(
        """INSERT INTO attribution_change
             (home_id, id, order_id, from_seller_id, to_seller_id, reason, evidence, asked_by, asked_at,
              also_credited)
           VALUES (%(home)s, %(id)s, %(order)s, %(from)s, %(to)s, %(reason)s, %(evidence)s, %(by)s,
                   %(now)s, %(also)s::jsonb)""",
        home=home_id,
        id=id,
        order=order_id,
        to=to.id,
        reason=reason.strip(),
        evidence=evidence.strip(),
        by=str(work.actor),
        now=work.now(),
        # Who stood above them is read when it is agreed to.
        also=json.dumps([{"part_bp": part, "upline": [one.id]} for one, part in also])
        if also
        else None,
        **{"from": order.seller_id},
    )
    record(work, "reattribution.asked", id, home=home_id)
    return id


def approve_reattribution(work: Work, home_id: int, change_id: UUID) -> None:
    """The second person agrees: what the wrong ones got goes back, and the right ones are credited, each
    as they stood at the sale. Raises SamePerson, MayNotCreditAnother and InvalidTransition."""
    change = _take(work, home_id, change_id, "approved")
    order = _order(work, home_id, change.order_id)
    plan = book.versions(work, [order.plan_version])[order.plan_version].sale

    def above(seller: int) -> UplineThen:
        return upline_then(work, seller, order.placed_at, plan, active_as_of=order.active_as_of)

    then = above(change.to_seller_id)
    also = [_kept(one["part_bp"], above(one["upline"][0])) for one in change.also_credited or ()]
    work.run(
        """UPDATE attribution_change
              SET state = 'approved', decided_by = %(by)s, decided_at = %(now)s, upline = %(upline)s,
                  groups = %(groups)s::jsonb, upline_facts = %(facts)s::jsonb,
                  also_credited = %(also)s::jsonb
            WHERE home_id = %(home)s AND id = %(id)s""",
        home=home_id,
        id=change_id,
        by=str(work.actor),
        now=work.now(),
        upline=then.upline,
        groups=json.dumps(then.groups) if then.groups else None,
        facts=json.dumps(then.facts) if then.facts else None,
        also=json.dumps(also) if also else None,
    )
    record(work, "order.reattributed", change.order_id, home=home_id)
    settle(work, [(home_id, change.order_id)])


def deny_reattribution(work: Work, home_id: int, change_id: UUID, *, words: str) -> None:
    """The second person does not agree, and says why: nothing moves."""
    if problems := [*words_problems("/reason", words)]:
        raise InvalidInput(*problems)
    _take(work, home_id, change_id, "denied")
    work.run(
        """UPDATE attribution_change
              SET state = 'denied', decided_by = %(by)s, decided_at = %(now)s, words = %(words)s
            WHERE home_id = %(home)s AND id = %(id)s""",
        home=home_id,
        id=change_id,
        by=str(work.actor),
        now=work.now(),
        words=words.strip(),
    )
    record(work, "reattribution.denied", change_id, home=home_id)


def reattributions_of(work: Work, home_id: int, order_id: UUID) -> list[AttributionChange]:
    """Every change of who is credited with an order, oldest first."""
    return work.rows_as(
        AttributionChange,
        _CHANGES + "c.home_id = %(home)s AND c.order_id = %(order)s ORDER BY c.asked_at, c.id",
        home=home_id,
        order=order_id,
    )


def reattributions_waiting(work: Work, *, most: int = 100) -> list[AttributionChange]:
    """Those that wait for a second person, oldest first."""
    return work.rows_as(
        AttributionChange,
        _CHANGES + "c.state = 'needs_approval' ORDER BY c.asked_at, c.home_id, c.id LIMIT %(most)s",
        most=most,
    )


def credited_now(work: Work, home_id: int, order_id: UUID) -> list[SharedWith]:
    """To whom an order is credited as things are, and how much of it is theirs, its seller first."""
    found: list[SharedWith] = work.value(
        f"""SELECT jsonb_agg(jsonb_build_object('name', a.name, 'part_bp', part.bp) ORDER BY part.no)
              FROM orders o {CREDITED_TO}
             CROSS JOIN LATERAL (
                   SELECT no, (one -> 'upline' ->> 0)::bigint AS id, (one ->> 'part_bp')::int AS bp
                     FROM jsonb_array_elements(credited.also_credited) WITH ORDINALITY AS each (one, no)
                    UNION ALL
                   SELECT 0, credited.upline[1], {BASIS} - coalesce(
                          (SELECT sum((one ->> 'part_bp')::int)
                             FROM jsonb_array_elements(credited.also_credited) AS one), 0)::int) AS part
              JOIN affiliate a ON a.id = part.id
             WHERE o.home_id = %(home)s AND o.id = %(order)s""",
        home=home_id,
        order=order_id,
    )
    return found


def part_of(work: Work, home_id: int, order_id: UUID, affiliate_id: int) -> int:
    """How much of an order is credited to an affiliate as things are, in basis points: 0 for nothing."""
    part = work.value(
        f"""SELECT theirs.minor
              FROM (SELECT credited.* FROM orders o {CREDITED_TO}
                     WHERE o.home_id = %(home)s AND o.id = %(order)s) AS credited
              {network.parts_of(str(BASIS))} WHERE theirs.affiliate_id = %(me)s""",
        home=home_id,
        order=order_id,
        me=affiliate_id,
    )
    return part or 0


def words_problems(pointer: str, text: str) -> list[Problem]:
    """What is wrong with a reason or with evidence, as it was typed."""
    if not text.strip():
        return [Problem(pointer, "missing", "Write why.")]
    if len(text) > WORDS_MAX:
        facts = {"max": WORDS_MAX + 1}
        return [Problem(pointer, "too_long", "Keep this under {max} characters.", facts)]
    return list(unseen_problems(pointer, text, lines=True))


def _order(work: Work, home_id: int, order_id: UUID) -> Any:
    order = work.row(_ORDER, home=home_id, order=order_id)
    if order is None:
        raise NotFound("order")
    return order


def _parts_problems(affiliate: str, others: Sequence[Part]) -> list[Problem]:
    slugs = [affiliate.lower(), *(one.affiliate.lower() for one in others)]
    found = [
        Problem(f"/others/{n}/affiliate", "named_twice", "Name each affiliate once.")
        for n, slug in enumerate(slugs[1:])
        if slugs.count(slug) > 1
    ]
    if len(others) > OTHERS_MAX:
        facts = {"max": OTHERS_MAX}
        found.append(Problem("/others", "too_many", "Name at most {max} others.", facts))
    if any(one.part_bp < 1 for one in others) or sum(one.part_bp for one in others) >= BASIS:
        found.append(
            Problem(
                "/others",
                "not_a_part",
                "Everybody has a part of the order, and the affiliate the rest.",
            )
        )
    return found


def _affiliate(work: Work, slug: str) -> Any:
    found = work.row("SELECT id, name FROM affiliate WHERE slug = %(slug)s", slug=slug.lower())
    if found is None:
        raise NotFound("affiliate")
    return found


def _kept(part_bp: int, then: UplineThen) -> dict[str, Any]:
    """One of several as they are kept (`mainstem.orders.shared`)."""
    found: dict[str, Any] = {"part_bp": part_bp, "upline": then.upline}
    found |= {"groups": then.groups} if then.groups else {}
    return found | ({"upline_facts": then.facts} if then.facts else {})


def _refuse(work: Work, order: Any, to: Any, also: Sequence[tuple[Any, int]]) -> None:
    if not order.earns:
        raise EarnsNobody
    now = [(one["upline"][0], one["part_bp"]) for one in order.also_credited or ()]
    if to.id == order.seller_id and sorted(now) == sorted((one.id, part) for one, part in also):
        raise CreditedAlready(affiliate=to.name)
    for one in (to, *(one for one, _ in also)):
        if not could_be_credited(work, one.id, order.placed_at):
            day = order.placed_at.astimezone(work.tools.zone).date()
            raise NotCreditable(affiliate=one.name, day=day)
    waits = work.value(
        """SELECT 1 FROM attribution_change WHERE home_id = %(home)s AND order_id = %(order)s
              AND state = 'needs_approval'""",
        home=order.home_id,
        order=order.id,
    )
    if waits:
        raise ChangeWaits


def _take(work: Work, home_id: int, change_id: UUID, told: str) -> Any:
    key = {"home": home_id, "id": change_id}
    order = work.value(
        "SELECT order_id FROM attribution_change WHERE home_id = %(home)s AND id = %(id)s", **key
    )
    if order is None:
        raise NotFound("request")
    # The order before what is about it, as everywhere.
    lock(work, [(home_id, order)])
    change = work.one(
        "SELECT * FROM attribution_change WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE",
        **key,
    )
    if change.state != "needs_approval":
        raise InvalidTransition("request", change.state, told)
    if not identity.is_second_person(work, change.asked_by, MAY_APPROVE):
        raise MayNotCreditAnother
    return change
