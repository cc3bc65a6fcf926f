"""What the people of an affiliate are told: the first sale, what was earned, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from mainstem.kit.bulk import ASKED, ASKED_ORDERS, asked
from mainstem.kit.events import Fact
from mainstem.kit.work import Work
from mainstem.mail import contexts, outbox
from mainstem.mail.days import midnight
from mainstem.mail.outbox import Outgoing, Recipient
from mainstem.money import Money

# Everybody who sees what the affiliate earns; the affiliate's own address where nobody can sign in.
_PEOPLE = """
SELECT a.id AS affiliate_id, a.name AS affiliate, p.id AS person_id,
       coalesce(p.email, a.email_key) AS address, coalesce(p.name, a.name) AS name,
       coalesce(p.locale, a.locale) AS locale
  FROM affiliate a
  LEFT JOIN (membership m JOIN person p ON p.id = m.person_id)
    ON m.affiliate_id = a.id AND m.revoked_at IS NULL AND m.affiliate_role <> 'seller'
 WHERE a.id = ANY(%(affiliates)s::bigint[]) ORDER BY a.id, p.id"""

_FIRST_SALES = f"""
SELECT DISTINCT ON (c.beneficiary_id) c.beneficiary_id AS affiliate_id, c.amount_minor, c.currency,
       o.number
  FROM {ASKED_ORDERS} JOIN earning c ON c.home_id = asked.home_id AND c.source_id = asked.order_id
  JOIN orders o ON o.home_id = c.home_id AND o.id = c.source_id AND o.channel <> 'import'
 WHERE c.level = 0 AND c.kind = 'credit' AND c.amount_minor > 0
   AND NOT EXISTS (SELECT FROM mail WHERE mail.home_id = c.beneficiary_id
                      AND reason = 'first_sale' AND subject = c.beneficiary_id::text)
   AND NOT EXISTS (SELECT FROM earning e WHERE e.beneficiary_id = c.beneficiary_id AND e.level = 0
                      AND e.kind = 'credit' AND e.source_id <> c.source_id
                      AND (e.credited_at, e.source_id) < (c.credited_at, c.source_id))
 ORDER BY c.beneficiary_id, c.credited_at, c.source_id"""

_PAYOUTS = f"""
SELECT p.home_id AS affiliate_id, p.id, p.number, p.amount_minor, p.currency
  FROM payout p JOIN {ASKED} USING (home_id, id) WHERE p.state = %(state)s"""

_STUCK_ACCOUNTS = """
SELECT home_id AS affiliate_id, currency, updated_at::date AS since FROM pay_account
 WHERE home_id = ANY(%(affiliates)s::bigint[]) AND provider = 'stripe'
   AND state IN ('restricted', 'rejected')"""

# By each affiliate's own index: what others earned in other years costs nothing.
_DIGESTS = """
SELECT a.id AS affiliate_id, a.name AS affiliate, p.id AS person_id, p.email AS address, p.name,
       coalesce(p.locale, a.locale) AS locale, s.currency, s.orders, s.credited, s.reversed
  FROM membership m
  JOIN person p ON p.id = m.person_id
  JOIN affiliate a ON a.id = m.affiliate_id
  LEFT JOIN mail_preference c ON c.person_id = p.id AND c.topic = 'credit_digest'
 CROSS JOIN LATERAL (
       SELECT currency, count(DISTINCT order_id) AS orders,
              coalesce(sum(amount_minor) FILTER (WHERE amount_minor > 0), 0)::bigint AS credited,
              coalesce(-sum(amount_minor) FILTER (WHERE amount_minor < 0), 0)::bigint AS reversed
         FROM earning
        WHERE beneficiary_id = a.id AND credited_at >= %(since)s AND credited_at < %(until)s
        GROUP BY currency) AS s
 WHERE m.role = 'affiliate' AND m.affiliate_role <> 'seller' AND m.revoked_at IS NULL
   AND coalesce(c.choice, 'weekly') = %(period)s
 ORDER BY a.id, p.id, s.currency"""


def first_sales(work: Work, facts: Sequence[Fact]) -> None:
    """The first commission that an affiliate was ever credited for a sale of their own."""
    rows = work.rows(_FIRST_SALES, **asked({(fact.home_id, fact.uuid) for fact in facts}))
    tell(
        work,
        "first_sale",
        rows,
        lambda row: str(row.affiliate_id),
        lambda row, who: contexts.FirstSale(
            **who, amount=Money(row.amount_minor, row.currency), number=row.number
        ),
    )


def paid_out(work: Work, facts: Sequence[Fact]) -> None:
    """Payouts that have arrived."""
    _payouts(work, facts, "paid", "payout_sent")


def payout_failed(work: Work, facts: Sequence[Fact]) -> None:
    """Payouts that could not arrive."""
    _payouts(work, facts, "failed", "payout_failed")


# Where the company has looked at it: whoever publishes at once has seen that it is published.
_STOREFRONTS = f"""
SELECT v.home_id AS affiliate_id, v.id, v.document ->> 'name' AS name, v.document ->> 'slug' AS slug, v.reason
  FROM storefront_version v JOIN {ASKED} USING (home_id, id)
 WHERE v.state = %(state)s AND v.submitted_at IS NOT NULL AND v.decided_by <> v.submitted_by"""


def storefronts_opened(work: Work, facts: Sequence[Fact]) -> None:
    """Drafts of storefronts that the company has approved."""
    _storefronts(work, facts, "published", "storefront_opened")


def storefronts_returned(work: Work, facts: Sequence[Fact]) -> None:
    """Drafts of storefronts that the company has sent back, and why."""
    _storefronts(work, facts, "returned", "storefront_returned")


def _storefronts(work: Work, facts: Sequence[Fact], state: str, reason: str) -> None:
    rows = work.rows(
        _STOREFRONTS, state=state, **asked([(fact.home_id, fact.uuid) for fact in facts])
    )
    told_by = {(fact.home_id, fact.subject): fact.id for fact in facts}
    tell(
        work,
        reason,
        rows,
        # A draft may come back more than once: each time is told.
        lambda row: f"{row.id}@{told_by[row.affiliate_id, str(row.id)]}",
        lambda row, who: contexts.StorefrontMail(
            **who, storefront=row.name, slug=row.slug, why=row.reason
        ),
    )


_DOMAINS = f"""
SELECT d.home_id AS affiliate_id, d.id, d.shown, s.name, s.slug
  FROM storefront_domain d JOIN {ASKED} USING (home_id, id)
  JOIN storefront s ON s.home_id = d.home_id AND s.id = d.storefront_id
 WHERE d.state = %(state)s"""


def domains_proved(work: Work, facts: Sequence[Fact]) -> None:
    """Hosts that are shown to be an affiliate's: their storefront stands there from now on."""
    _domains(work, facts, "proved", "domain_proved")


def domains_paused(work: Work, facts: Sequence[Fact]) -> None:
    """Hosts whose proof has been missing for days: nothing is served there any more."""
    _domains(work, facts, "paused", "domain_paused")


def _domains(work: Work, facts: Sequence[Fact], state: str, reason: str) -> None:
    rows = work.rows(_DOMAINS, state=state, **asked([(fact.home_id, fact.uuid) for fact in facts]))
    told_by = {(fact.home_id, fact.subject): fact.id for fact in facts}
    tell(
        work,
        reason,
        rows,
        lambda row: f"{row.id}@{told_by[row.affiliate_id, str(row.id)]}",
        lambda row, who: contexts.DomainMail(
            **who, storefront=row.name, slug=row.slug, host=row.shown
        ),
    )


_INQUIRIES = f"""
SELECT q.home_id AS affiliate_id, q.id, q.number, q.asked_at, q.state, q.answer
  FROM commission_inquiry q JOIN {ASKED} USING (home_id, id) WHERE q.state IN ('upheld', 'declined')"""


def inquiries_answered(work: Work, facts: Sequence[Fact]) -> None:
    """What affiliates asked about a commission, and staff have answered."""
    rows = work.rows(_INQUIRIES, **asked([(fact.home_id, fact.uuid) for fact in facts]))
    tell(
        work,
        "inquiry_answered",
        rows,
        lambda row: str(row.id),
        lambda row, who: contexts.InquiryAnswered(
            **who, number=row.number, asked_at=row.asked_at, state=row.state, answer=row.answer
        ),
    )


# Whoever moved, whose team they left, and whose they came to: by the sponsorship that holds now.
_MOVED = """
SELECT told.id AS affiliate_id, told.told_as, a.id AS moved_id, a.name AS moved,
       coalesce(n.name, '') AS sponsor
  FROM affiliate a
  JOIN sponsorship s ON s.affiliate_id = a.id AND s.valid_to IS NULL
  LEFT JOIN sponsorship b ON b.affiliate_id = a.id AND b.valid_to = s.valid_from
  LEFT JOIN affiliate n ON n.id = s.sponsor_id
 CROSS JOIN LATERAL (VALUES (a.id, 'moved'), (b.sponsor_id, 'left'), (s.sponsor_id, 'came'))
                    AS told (id, told_as)
 WHERE a.id = ANY(%(affiliates)s::bigint[]) AND told.id IS NOT NULL
 ORDER BY a.id, told.id"""


def sponsors_changed(work: Work, facts: Sequence[Fact]) -> None:
    """A team has moved to another sponsor: told to its head, and to both sponsors."""
    told_by = {int(fact.subject): fact.id for fact in facts}
    tell(
        work,
        "sponsor_changed",
        work.rows(_MOVED, affiliates=sorted(told_by)),
        lambda row: f"{row.moved_id}@{told_by[row.moved_id]}",
        lambda row, who: contexts.SponsorChanged(
            **who, told_as=row.told_as, moved=row.moved, sponsor=row.sponsor
        ),
    )


def account_changed(work: Work, facts: Sequence[Fact]) -> None:
    """Accounts that can be paid no more until their owner does something; told once a day."""
    rows = work.rows(_STUCK_ACCOUNTS, affiliates=sorted({fact.home_id for fact in facts}))
    tell(
        work,
        "account_needs_you",
        rows,
        lambda row: f"{row.affiliate_id}/{row.currency}@{row.since}",
        lambda row, who: contexts.AccountNeedsYou(**who, currency=row.currency),
    )


def digest(work: Work, period: str, day: date) -> int:
    """What each person's affiliate was credited in the day or week that ended when `day` began; how
    many were told. Whoever was credited nothing hears nothing."""
    days = 1 if period == "daily" else 7
    since = day - timedelta(days=days)
    rows = work.rows(
        _DIGESTS, period=period, since=midnight(work, since), until=midnight(work, day)
    )
    sums: dict[tuple[int, int], list[Any]] = {}
    for row in rows:
        sums.setdefault((row.affiliate_id, row.person_id), []).append(row)
    return outbox.queue_all(
        work,
        "credit_digest",
        [_digest(found, period, since, day - timedelta(days=1)) for found in sums.values()],
    )


def _digest(rows: list[Any], period: str, since: date, until: date) -> Outgoing:
    who = rows[0]
    context = contexts.CreditDigest(
        name=who.name,
        affiliate=who.affiliate,
        period=period,
        since=since,
        until=until,
        sums=[
            contexts.CreditedSum(
                orders=row.orders,
                credited=Money(row.credited, row.currency),
                reversed=Money(row.reversed, row.currency),
            )
            for row in rows
        ],
    )
    return Outgoing(who.affiliate_id, f"{period}:{until}", _recipient(who), context)


def _payouts(work: Work, facts: Sequence[Fact], state: str, reason: str) -> None:
    rows = work.rows(_PAYOUTS, state=state, **asked([(fact.home_id, fact.uuid) for fact in facts]))
    tell(
        work,
        reason,
        rows,
        lambda row: str(row.id),
        lambda row, who: contexts.PayoutMail(
            **who,
            payout_id=row.id,
            number=row.number,
            amount=Money(row.amount_minor, row.currency),
        ),
    )


def tell(work: Work, reason: str, rows: Sequence[Any], subject: Any, context: Any) -> None:
    """Tell everybody of each row's affiliate."""
    people: dict[int, list[Any]] = {}
    for person in people_of(work, [row.affiliate_id for row in rows]):
        people.setdefault(person.affiliate_id, []).append(person)
    outbox.queue_all(
        work,
        reason,
        [
            Outgoing(
                row.affiliate_id,
                subject(row),
                _recipient(who),
                context(row, {"name": who.name, "affiliate": who.affiliate}),
            )
            for row in rows
            for who in people.get(row.affiliate_id, ())
        ],
    )


def people_of(work: Work, affiliates: Iterable[int]) -> list[Any]:
    """Whoever sees the money of these affiliates: (affiliate_id, affiliate, person_id, address, name, locale)."""
    ids = sorted(set(affiliates))
    return work.rows(_PEOPLE, affiliates=ids) if ids else []


def _recipient(who: Any) -> Recipient:
    return Recipient(who.address, who.name, who.locale, who.person_id)
