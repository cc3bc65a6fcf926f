"""What sending friends gave, worked out a second time from the raw facts: by code that shares none with the first.

A friend's orders are few beside all orders, so they are read one by one, with fractions. A service that pays by
milestones counts once: as it was delivered, or accepted where it pays nothing for its delivery.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import floor
from typing import Any

from mainstem.audit.compare import Difference
from mainstem.audit.facts import ASKED, batch
from mainstem.kit.bulk import RowKey
from mainstem.kit.work import Work

_SENT = f"SELECT DISTINCT r.referrer_key, r.placed_at FROM client_referral r JOIN {ASKED} USING (home_id, order_id)"

_FRIENDS = """
SELECT o.home_id, o.id::text AS order_id, o.number, o.currency, r.referrer_key, r.placed_at, r.excluded,
       extract(year FROM r.placed_at AT TIME ZONE %(zone)s)::int AS year,
       o.total_minor, o.refunded_minor, o.unallocated_minor, o.disputed_minor, o.paid_minor,
       o.earns_reason = 'buyer_is_participant' AS is_participant,
       coalesce((SELECT state FROM commission_review v WHERE v.home_id = o.home_id AND v.order_id = o.id), 'released')
         <> 'released' AS under_review,
       (SELECT count(*) FROM orders b WHERE b.client_key = o.client_key AND b.paid_at IS NOT NULL
           AND (b.paid_at, b.id) < (o.paid_at, o.id)) AS paid_before,
       (SELECT count(*) FROM orders own
          JOIN payment q ON q.home_id = own.home_id AND q.order_id = own.id AND q.state = 'captured'
          JOIN payment p ON p.home_id = o.home_id AND p.order_id = o.id AND p.state = 'captured'
         WHERE own.client_key = r.referrer_key AND p.method_fingerprint = q.method_fingerprint) AS same_card,
       (SELECT document FROM plan_version v WHERE v.version = o.plan_version) AS plan,
       (SELECT jsonb_agg(to_jsonb(l)) FROM order_line l WHERE l.home_id = o.home_id AND l.order_id = o.id) AS lines,
       -- Of each level what whoever has it now was credited with: an order may be credited to another since.
       coalesce((SELECT sum(minor) FROM (
          SELECT DISTINCT ON (rule, level) sum(amount_minor) FILTER (WHERE kind = 'credit')
                   OVER (PARTITION BY rule, level, beneficiary_id) AS minor
            FROM earning WHERE home_id = o.home_id AND source_id = o.id ORDER BY rule, level, no DESC) AS level),
         0)::bigint AS commission,
       (SELECT jsonb_object_agg(side, minor) FROM (SELECT side, sum(amount_minor) AS minor FROM reward w
          WHERE w.home_id = o.home_id AND w.order_id = o.id GROUP BY 1) AS side) AS given,
       EXISTS (SELECT FROM fact_waiting w WHERE w.home_id = o.home_id AND w.subject = o.id::text
                  AND w.state = 'waiting') AS waits
  FROM client_referral r JOIN orders o ON o.home_id = r.home_id AND o.id = r.order_id
 WHERE r.referrer_key = ANY(%(referrers)s::text[]) AND o.delivered_at IS NOT NULL AND o.paid_at IS NOT NULL
   AND extract(year FROM r.placed_at AT TIME ZONE %(zone)s) = ANY(%(years)s::int[])
 ORDER BY r.referrer_key, r.placed_at, r.order_id"""


def audit_rewards(work: Work, keys: Sequence[RowKey]) -> list[Difference]:
    """What stands of the rewards of these orders beside what should; all friends of a year are looked at, since
    only so many are rewarded. Nothing while something of one of them waits to be followed up."""
    sent = work.rows(_SENT, **batch(keys))
    if not sent:
        return []
    zone = work.tools.zone
    rows = work.rows(
        _FRIENDS,
        zone=str(zone),
        referrers=sorted({row.referrer_key for row in sent}),
        years=sorted({row.placed_at.astimezone(zone).year for row in sent}),
    )
    asked = {(home, str(id)) for home, id in keys}
    if any(row.waits for row in rows):
        return []
    return [
        difference
        for row, due in _due(rows)
        if (row.home_id, row.order_id) in asked
        for difference in _differences(row, due)
    ]


def _differences(row: Any, due: Mapping[str, int]) -> Iterator[Difference]:
    given = row.given or {}
    for side in ("referrer", "friend"):
        should, now = due.get(side, 0), given.get(side, 0)
        if should != now:
            yield Difference(
                "reward", row.home_id, row.order_id, row.number, side, None, 0, row.currency, should, now
            )  # fmt: skip


def _due(rows: Sequence[Any]) -> Iterator[tuple[Any, dict[str, int]]]:
    """What each order should have given, the first of a year first."""
    so_far: dict[tuple[str, int], int] = {}
    for row in rows:
        said = row.plan.get("refer_a_friend")
        worth, back = _worth(row)
        if not said or _is_kept_from(row, said, worth):
            yield row, {}
            continue
        year = (row.referrer_key, row.year)
        so_far[year] = so_far.get(year, 0) + 1
        if so_far[year] > said["friends_a_year"] or not worth:
            yield row, {}
        else:
            yield row, _shares(row, said, worth, back)


def _is_kept_from(row: Any, said: Mapping[str, Any], worth: int) -> bool:
    amounts = [said.get("least_minor")]
    for side in ("referrer", "friend"):
        amounts += [said[side].get("fixed_minor"), said[side].get("most_minor")]
    return bool(
        not any(_reached_by(line) for line in row.lines)
        or row.excluded
        or row.is_participant
        or row.under_review
        or row.paid_before
        or row.same_card
        or any(stated and row.currency not in stated for stated in amounts)
        or worth < (said.get("least_minor") or {}).get(row.currency, 0)
        or (said["commission"] == "comes_first" and row.commission > 0)
    )


def _shares(row: Any, said: Mapping[str, Any], worth: int, back: int) -> dict[str, int]:
    whole = {side: _of(said[side], worth, row.currency) for side in ("referrer", "friend")}
    most = {
        side: (said[side].get("most_minor") or {}).get(row.currency, whole[side]) for side in whole
    }
    allowed = {side: min(whole[side], most[side]) for side in whole}
    room = max(0, floor(Fraction(worth * row.plan["cap_bp"], 10_000)) - row.commission)
    total = sum(allowed.values())
    if total > room:
        exact = {side: Fraction(room * minor, total) for side, minor in allowed.items()}
        parts = {side: floor(share) for side, share in exact.items()}
        left = room - sum(parts.values())
        for side in sorted(exact, key=lambda one: (parts[one] - exact[one], one != "referrer"))[
            :left
        ]:
            parts[side] += 1
        whole = allowed = parts
    left_of = {
        side: minor - _half_up(Fraction(minor * back, worth)) for side, minor in whole.items()
    }
    return {side: min(left_of[side], most[side]) for side in allowed if allowed[side]}  # fmt: skip


def _of(said: Mapping[str, Any], worth: int, currency: str) -> int:
    fixed = said.get("fixed_minor") or {}
    if fixed:
        return int(fixed.get(currency, 0))
    return _half_up(Fraction(worth * said["rate_bp"], 10_000))


def _worth(row: Any) -> tuple[int, int]:
    """What was delivered and counts for commission, and what of it went back."""
    kindness = row.refunded_minor > 0 and (
        row.disputed_minor == 0 or row.refunded_minor + row.disputed_minor < row.paid_minor
    )
    borne = sum(line["goodwill_minor"] for line in row.lines) if kindness else 0
    named = row.refunded_minor - borne - row.unallocated_minor
    left = row.total_minor - named
    whole = min(row.unallocated_minor + row.disputed_minor, left)
    worth = back = 0
    for rule in {_reached_by(line) for line in row.lines} - {None}:
        lines = [line for line in row.lines if _reached_by(line) == rule]
        came = sum(
            _part(one["commissionable_minor"], one["delivered"], one["quantity"]) for one in lines
        )
        gone = sum(_gone(one, kindness=kindness) for one in lines)
        worth += came
        back += gone + (_half_up(Fraction((came - gone) * whole, left)) if left > 0 else 0)
    return worth, back


def _reached_by(line: Mapping[str, Any]) -> str | None:
    """The rule by which a line has reached the client: that of its delivery, or of its acceptance where it has none."""
    if line["rule"] or not line["accepted_at"]:
        return line["rule"] or None
    accepted = (line["milestone_rules"] or {}).get("accepted")
    return accepted and str(accepted["rule"])


def _gone(line: Mapping[str, Any], *, kindness: bool) -> int:
    """What of a line went back with money that named it: first for the pieces that were canceled."""
    refunded = line["refunded_minor"] - (line["goodwill_minor"] if kindness else 0)
    stays = line["quantity"] - line["canceled"]
    kept = _part(line["total_minor"], stays, line["quantity"])
    counts = _part(line["commissionable_minor"], stays, line["quantity"])
    came = _part(line["commissionable_minor"], line["delivered"], line["quantity"])
    back = _part(counts, max(refunded - (line["total_minor"] - kept), 0), kept) if kept else 0
    return max(back - (counts - came), 0)


def _part(minor: int, n: int, d: int) -> int:
    return _half_up(Fraction(minor * n, d))


def _half_up(exact: Fraction) -> int:
    return floor(exact + Fraction(1, 2))
