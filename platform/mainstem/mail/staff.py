"""What staff are told: what has failed, what runs out, and how the week went."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from mainstem.kit.bulk import ASKED, asked
from mainstem.kit.events import Fact
from mainstem.kit.work import Work
from mainstem.mail import contexts, outbox
from mainstem.mail.contexts import Context
from mainstem.mail.days import midnight
from mainstem.mail.messages import MESSAGES
from mainstem.mail.outbox import Outgoing, Recipient
from mainstem.money import Money
from mainstem.stock import low_shelves

LOCALE = "en"
"""The language of staff who have not chosen one."""

_PEOPLE = """
SELECT p.id AS person_id, p.email AS address, p.name, coalesce(p.locale, %(usual)s) AS locale
  FROM person p LEFT JOIN mail_preference c ON c.person_id = p.id AND c.topic = %(topic)s
 WHERE coalesce(c.choice, '') <> 'never'
   AND EXISTS (SELECT FROM membership m WHERE m.person_id = p.id AND m.revoked_at IS NULL
                  AND m.role = ANY(%(roles)s::text[]))
 ORDER BY p.id"""

_DEAD = """
SELECT name || ' → ' || consumer AS task, count(*)::int AS count
  FROM fact_waiting WHERE state = 'dead' GROUP BY 1 ORDER BY 2 DESC, 1"""

_FAILED_PAYOUTS = f"""
SELECT p.home_id, p.id, p.number, p.amount_minor, p.currency, a.name AS affiliate
  FROM payout p JOIN {ASKED} USING (home_id, id) JOIN affiliate a ON a.id = p.home_id
 WHERE p.state = 'failed'"""

_WEEK = """
SELECT currency, sum(orders)::int AS orders, sum(sold)::bigint AS sold,
       sum(commission)::bigint AS commission, sum(paid_out)::bigint AS paid_out
  FROM (SELECT currency, count(*) AS orders, sum(total_minor) AS sold, 0 AS commission, 0 AS paid_out
          FROM orders WHERE placed_at >= %(since)s AND placed_at < %(until)s AND paid_at IS NOT NULL
         GROUP BY currency
        UNION ALL
        SELECT s.currency, 0, 0, s.commission, 0 FROM affiliate a CROSS JOIN LATERAL (
               SELECT currency, sum(amount_minor) AS commission FROM earning
                WHERE beneficiary_id = a.id AND credited_at >= %(since)s AND credited_at < %(until)s
                GROUP BY currency) AS s
        UNION ALL
        SELECT currency, 0, 0, 0, sum(amount_minor) FROM payout
         WHERE period >= %(first)s AND period < %(last)s AND state <> 'canceled'
         GROUP BY currency) AS parts
 GROUP BY currency ORDER BY currency"""


def dead_letters(work: Work, day: date) -> None:
    """Tasks that wait for people: told once a day, as long as there are any."""
    rows = work.rows(_DEAD)
    if not rows:
        return
    tasks = [contexts.FailedTask(task=row.task, count=row.count) for row in rows]
    total = sum(row.count for row in rows)
    tell(
        work,
        "dead_letters",
        day.isoformat(),
        lambda name: contexts.DeadLetters(name=name, count=total, tasks=tasks),
    )


def low_stock(work: Work, day: date) -> None:
    """Articles that run out: told when others do than before, and again each week."""
    shelves = [
        contexts.LowShelf(
            sku=low.sku, name=low.name, location=low.location, free=low.free, mark=low.mark
        )
        for low in low_shelves(work)
    ]
    if not shelves:
        return
    which = hashlib.sha256("\n".join(f"{s.sku}@{s.location}" for s in shelves).encode()).hexdigest()
    week = day - timedelta(days=day.weekday())
    tell(
        work,
        "low_stock",
        f"{week}:{which[:16]}",
        lambda name: contexts.LowStock(name=name, shelves=shelves),
    )


_STOREFRONTS = f"""
SELECT v.home_id, v.id, v.document ->> 'name' AS storefront, a.name AS affiliate
  FROM storefront_version v JOIN {ASKED} USING (home_id, id) JOIN affiliate a ON a.id = v.home_id
 WHERE v.state = 'submitted'"""


def storefronts_waiting(work: Work, facts: Sequence[Fact]) -> None:
    """Drafts of storefronts that affiliates want their clients to see."""
    told_by = {(fact.home_id, fact.subject): fact.id for fact in facts}
    for row in work.rows(_STOREFRONTS, **asked([(f.home_id, f.uuid) for f in facts])):
        subject = f"{row.id}@{told_by[row.home_id, str(row.id)]}"
        tell(work, "storefront_waiting", subject, _waiting(row))


def _waiting(row: Any) -> Callable[[str], Context]:
    return lambda name: contexts.StorefrontWaiting(
        name=name,
        affiliate=row.affiliate,
        storefront=row.storefront,
        home_id=row.home_id,
        draft_id=row.id,
    )


def failed_payouts(work: Work, facts: Sequence[Fact]) -> None:
    """Payouts that could not arrive, for whoever answers for the money."""
    for row in work.rows(_FAILED_PAYOUTS, **asked([(f.home_id, f.uuid) for f in facts])):
        tell(work, "failed_payout", str(row.id), _failed(row))


def _failed(row: Any) -> Callable[[str], Context]:
    return lambda name: contexts.FailedPayout(
        name=name,
        affiliate=row.affiliate,
        payout_id=row.id,
        home_id=row.home_id,
        number=row.number,
        amount=Money(row.amount_minor, row.currency),
    )


def weekly_summary(work: Work, day: date) -> None:
    """How the week went that ended when `day` began."""
    first = day - timedelta(days=7)
    since, until = midnight(work, first), midnight(work, day)
    rows = work.rows(_WEEK, since=since, until=until, first=first, last=day)
    leads = work.value("SELECT count(*)::int FROM lead WHERE state = 'new'")
    failed = work.value("SELECT count(*)::int FROM fact_waiting WHERE state = 'dead'")
    sums = [
        contexts.CurrencySum(
            orders=row.orders,
            sold=Money(row.sold, row.currency),
            commission=Money(row.commission, row.currency),
            paid_out=Money(row.paid_out, row.currency),
        )
        for row in rows
    ]

    def told(name: str) -> contexts.WeeklySummary:
        return contexts.WeeklySummary(
            name=name,
            since=first,
            until=day - timedelta(days=1),
            sums=sums,
            leads=leads,
            failed_tasks=failed,
        )

    tell(work, "weekly_summary", first.isoformat(), told)


def tell(
    work: Work,
    reason: str,
    subject: str,
    context: Callable[[str], Context],
) -> None:
    """Tell everybody in the roles that get it who has not refused to hear it."""
    roles = list(MESSAGES[reason].roles)
    people = work.rows(_PEOPLE, roles=roles, topic=reason, usual=LOCALE)
    outbox.queue_all(
        work,
        reason,
        [
            Outgoing(
                0,
                subject,
                Recipient(who.address, who.name, who.locale, who.person_id),
                context(who.name),
            )
            for who in people
        ],
    )
