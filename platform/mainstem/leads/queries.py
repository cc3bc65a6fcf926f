"""What pages read about leads. Nothing here changes anything, and each sees only what is theirs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from mainstem.calendar import add_working_days, place_of_zone
from mainstem.kit import paging, search_terms
from mainstem.kit.errors import NotFound
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.transitions import Action
from mainstem.kit.work import Work
from mainstem.leads import rules
from mainstem.leads.priced import net_of_quote
from mainstem.money import Money
from mainstem.orders import Net, is_late

CARDS_MAX = 20
CLOSED_LATELY = timedelta(days=30)
LIST_MAX = 50
COUNTED_MAX = 1_000
"""Leads that are over are counted so far; beyond it there are simply many."""

STAGES = ("new", "qualified", "quoted", "follow_up", "won", "lost", "duplicate")
"""Where a lead can be: its state, and `follow_up` where no quote stands any more."""

OPEN_STAGES = STAGES[:4]

# The same words count the leads of a stage and list them. A quote that was declined or has run out
# leaves its lead to be followed up; until the hour in which it is closed, its own time tells.
STAGE = """CASE WHEN l.state = 'quoted' AND NOT EXISTS (
    SELECT 1 FROM quote q WHERE q.home_id = l.home_id AND q.lead_id = l.id
       AND q.state IN ('sent', 'viewed') AND q.valid_until > %(now)s)
  THEN 'follow_up' ELSE l.state END"""


@dataclass(frozen=True, slots=True)
class QuoteView:
    """One version of a quote, as it reads."""

    no: int
    state: str
    amount: Money
    scope: str
    valid_until: datetime
    created_at: datetime
    created_by: str
    sent_at: datetime | None
    answered_at: datetime | None
    answered_by: str | None
    accepted_hash: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """A lead in a list: who asks for what, and how far it has come."""

    home_id: int
    id: UUID
    number: str
    state: str
    stage: str
    lost_reason: str | None
    service: str
    client: str
    city: str
    storefront: str
    wanted_on: date | None
    assigned_to: str | None
    created_at: datetime
    closed_at: datetime | None
    call_by: date | None
    """The day by which we said that we call, while nobody has."""
    is_late: bool
    quote_state: str | None
    quoted: Money | None
    valid_until: datetime | None
    others: int
    """In how many open leads of other storefronts the same contact asks for the same."""


@dataclass(frozen=True, slots=True)
class PossibleDuplicate:
    """One of several leads that ask for the same service under the same contact."""

    home_id: int
    id: UUID
    number: str
    state: str
    storefront: str
    seller: str
    client: str
    email: str
    phone: str
    city: str
    message: str
    created_at: datetime
    reached_at: datetime | None
    reached_by: str | None
    same_email: bool
    same_phone: bool


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The staff's board: how many leads are in each stage, and the first of the open ones.

    Of the leads that are over at most COUNTED_MAX are counted.
    """

    counts: dict[str, int]
    columns: dict[str, list[Card]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a timeline: a fact by its name, or a note in its words."""

    at: datetime
    actor: str
    fact: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class LeadView:
    """Everything the desk knows about a lead, and what may be done with it now."""

    home_id: int
    id: UUID
    number: str
    state: str
    stage: str
    lost_reason: str | None
    duplicate_of: UUID | None
    service: str
    storefront: str
    channel: str
    external_id: str | None
    currency: str
    locale: str
    client: dict[str, str]
    address: dict[str, str]
    message: str
    wanted_on: date | None
    seller_id: int
    seller: str
    attributed_by: str
    attribution: dict[str, object]
    assigned_to: str | None
    created_at: datetime
    reached_at: datetime | None
    reached_by: str | None
    closed_at: datetime | None
    order_id: UUID | None
    order_number: str | None
    quotes: list[QuoteView] = field(default_factory=list)
    timeline: list[Entry] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Introduced:
    """A lead as its affiliate sees it: how far it has come, and nothing of the desk's notes."""

    home_id: int
    id: UUID
    number: str
    state: str
    stage: str
    lost_reason: str | None
    asked_here_before: bool
    """A duplicate whose first request came through the same affiliate's storefronts."""
    service: str
    client: str
    city: str
    wanted_on: date | None
    created_at: datetime
    closed_at: datetime | None
    call_by: date | None
    is_late: bool
    quoted: Money | None
    order_number: str | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A quote as its client reads it, and whether it may be answered now."""

    home_id: int
    lead_id: UUID
    lead_number: str
    no: int
    state: str
    service: str
    client_name: str
    locale: str
    amount: Money
    net: Net
    """The same without tax, for a storefront that shows its prices so."""
    scope: str
    sent_at: datetime | None
    valid_until: datetime
    answered_at: datetime | None
    answered_by: str | None
    accepted_hash: str | None
    newer_no: int | None
    order_id: UUID | None
    order_number: str | None
    actions: list[Action]


# The product's name in the reader's language, else in English.
_SERVICE = """coalesce((SELECT name FROM product_text t
   WHERE t.product_id = l.product_id AND t.locale = %(locale)s),
  (SELECT name FROM product_text t WHERE t.product_id = l.product_id AND t.locale = 'en'),
  p.slug) AS service"""

_CARDS = f"""
SELECT l.home_id, l.id, l.number, l.state, {STAGE} AS stage, l.lost_reason, {_SERVICE},
       l.client->>'name' AS client, l.address->>'city' AS city, s.name AS storefront, l.wanted_on,
       l.assigned_to, l.created_at, l.closed_at,
       q.state AS quote_state, q.amount_minor, q.currency, q.valid_until,
       (SELECT count(*) FROM lead r
         WHERE (r.mailbox = l.mailbox OR r.phone_key = l.phone_key)
           AND r.product_id = l.product_id AND r.storefront_id <> l.storefront_id
           AND r.state IN ('new', 'qualified', 'quoted')) AS others
  FROM lead l
  JOIN product p ON p.id = l.product_id
  LEFT JOIN storefront s ON s.home_id = l.home_id AND s.id = l.storefront_id
  LEFT JOIN LATERAL (SELECT state, amount_minor, currency, valid_until FROM quote
                      WHERE home_id = l.home_id AND lead_id = l.id
                      ORDER BY no DESC LIMIT 1) q ON true
 WHERE l.state = %(state)s AND {STAGE} = %(stage)s {{where}} {{seek}} {{sorted}}"""

_BY_CAME = (
    SortColumn("l.created_at", "created_at", datetime),
    SortColumn("l.home_id", "home_id", int),
    SortColumn("l.id", "id", UUID),
)
SORTINGS = {
    "newest": Sorting("newest", _BY_CAME),
    "oldest": Sorting("oldest", _BY_CAME, descending=False),
}


def pipeline(work: Work, *, locale: str, most: int = CARDS_MAX) -> Pipeline:
    """The staff's board; each column shows at most `most` cards, oldest first."""
    columns = {
        stage: listed(work, stage, locale=locale, sorting=SORTINGS["oldest"], most=most).rows
        for stage in OPEN_STAGES
    }
    return Pipeline(stage_counts(work), columns)


def stage_counts(work: Work) -> dict[str, int]:
    """How many leads are in each stage."""
    rows = work.rows(
        f"""SELECT stage, count(*) AS n
              FROM (SELECT {STAGE} AS stage FROM lead l
                     WHERE l.state IN ('new', 'qualified', 'quoted')) AS open GROUP BY 1
            UNION ALL
            SELECT closed.state, (SELECT count(*) FROM (SELECT 1 FROM lead l
                    WHERE l.state = closed.state LIMIT %(most)s) AS counted)
              FROM unnest('{{won,lost,duplicate}}'::text[]) AS closed (state)""",
        now=work.now(),
        most=COUNTED_MAX,
    )
    return dict.fromkeys(STAGES, 0) | {row.stage: row.n for row in rows}


def listed(
    work: Work,
    stage: str,
    *,
    locale: str,
    text: str = "",
    product: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    sorting: Sorting = SORTINGS["newest"],
    cursor: str | None = None,
    most: int = LIST_MAX,
    strict: bool = False,
) -> Page[Card]:
    """The leads of one stage, page by page."""
    where = ""
    if text:
        where += f" AND {search_terms.of_client('l')}"
    if product is not None:
        where += " AND l.product_id = %(product)s"
    if since:
        where += " AND l.created_at >= %(since)s"
    if until:
        where += " AND l.created_at < %(until)s"
    page = paging.read(
        work,
        _CARDS.replace("{where}", where),
        sorting,
        cursor=cursor,
        most=most,
        strict=strict,
        locale=locale,
        now=work.now(),
        state="quoted" if stage == "follow_up" else stage,
        stage=stage,
        product=product,
        since=since,
        until=until,
        found=search_terms.terms(text),
    )
    return replace(page, rows=[_card(work, row) for row in page.rows])


_RUNS_OUT = Sorting(
    "runs out",
    (
        SortColumn("q.valid_until", "valid_until", datetime),
        SortColumn("q.home_id", "home_id", int),
        SortColumn("q.lead_id", "lead_id", UUID),
        SortColumn("q.no", "no", int),
    ),
    descending=False,
)


@dataclass(frozen=True, slots=True)
class StandingQuote:
    """A quote that waits for the client's answer."""

    home_id: int
    lead_id: UUID
    no: int
    state: str
    currency: str
    amount_minor: int
    sent_at: datetime
    valid_until: datetime
    lead_number: str
    client: str


def standing_quotes(
    work: Work, *, cursor: str | None = None, most: int = LIST_MAX, strict: bool = False
) -> Page[StandingQuote]:
    """Quotes that wait for the client's answer, page by page; what runs out first comes first."""
    return paging.read_as(
        work,
        StandingQuote,
        """SELECT q.home_id, q.lead_id, q.no, q.state, q.currency, q.amount_minor, q.sent_at,
                  q.valid_until, l.number AS lead_number, l.client->>'name' AS client
             FROM quote q JOIN lead l ON l.home_id = q.home_id AND l.id = q.lead_id
            WHERE q.state IN ('sent', 'viewed') {seek} {sorted}""",
        _RUNS_OUT,
        cursor=cursor,
        most=most,
        strict=strict,
    )


def services(work: Work, *, locale: str) -> list[tuple[int, str]]:
    """What leads can be about."""
    rows = work.rows(
        """SELECT p.id, coalesce(t.name, p.slug) AS name FROM product p
             LEFT JOIN product_text t ON t.product_id = p.id AND t.locale = %(locale)s
            WHERE p.kind = 'service' ORDER BY 2, 1 LIMIT 100""",
        locale=locale,
    )
    return [(row.id, row.name) for row in rows]


def call_by(created_at: datetime, zone: ZoneInfo) -> date:
    """The day by which we call: the next one on which people work where the company is."""
    return add_working_days(created_at.astimezone(zone).date(), 1, place_of_zone(zone))


def _call_by(work: Work, row: Any) -> date | None:
    """The day by which we call about this lead; None when somebody has taken it up."""
    return call_by(row.created_at, work.tools.zone) if row.state == "new" else None


def _card(work: Work, row: Any) -> Card:
    due = _call_by(work, row)
    return Card(
        home_id=row.home_id,
        id=row.id,
        number=row.number,
        state=row.state,
        stage=row.stage,
        lost_reason=row.lost_reason,
        service=row.service,
        client=row.client,
        city=row.city,
        storefront=row.storefront or "",
        wanted_on=row.wanted_on,
        assigned_to=row.assigned_to,
        created_at=row.created_at,
        closed_at=row.closed_at,
        call_by=due,
        is_late=is_late(due, work.now(), work.tools.zone),
        quote_state=row.quote_state,
        quoted=_money(row.amount_minor, row.currency),
        valid_until=row.valid_until,
        others=row.others,
    )


def possible_duplicates(work: Work, home_id: int, lead_id: UUID) -> list[PossibleDuplicate]:
    """An open lead and all others that ask for the same under the same contact through another
    storefront, for staff to find out which of them is the client's; empty where there are none.

    Those that were won lately are among them, and the lead itself is the first.
    """
    rows = work.rows(
        """SELECT r.home_id, r.id, r.number, r.state, s.name AS storefront, a.name AS seller,
                  r.client->>'name' AS client, r.client->>'email' AS email,
                  r.client->>'phone' AS phone, r.address->>'city' AS city, r.message, r.created_at,
                  r.reached_at, r.reached_by, r.mailbox = l.mailbox AS same_email,
                  coalesce(r.phone_key = l.phone_key, false) AS same_phone
             FROM lead l
             JOIN lead r ON (r.mailbox = l.mailbox OR r.phone_key = l.phone_key)
                        AND r.product_id = l.product_id
             JOIN storefront s ON s.home_id = r.home_id AND s.id = r.storefront_id
             JOIN affiliate a ON a.id = r.seller_id
            WHERE l.home_id = %(home)s AND l.id = %(lead)s AND l.state = ANY(%(open)s)
              AND (r.id = l.id OR r.storefront_id <> l.storefront_id)
              AND (r.state = ANY(%(open)s) OR (r.state = 'won' AND r.closed_at > %(since)s))
            ORDER BY r.id <> l.id, r.created_at, r.id LIMIT 20""",
        home=home_id,
        lead=lead_id,
        open=list(rules.OPEN),
        since=work.now() - CLOSED_LATELY,
    )
    return [PossibleDuplicate(**row._asdict()) for row in rows] if len(rows) > 1 else []


_LEAD = f"""
SELECT l.*, {STAGE} AS stage, {_SERVICE}, s.name AS storefront, a.name AS seller,
       o.id AS order_id, o.number AS order_number
  FROM lead l
  JOIN product p ON p.id = l.product_id
  LEFT JOIN storefront s ON s.home_id = l.home_id AND s.id = l.storefront_id
  LEFT JOIN affiliate a ON a.id = l.seller_id
  LEFT JOIN orders o ON o.home_id = l.home_id AND o.lead_id = l.id
 WHERE l.home_id = %(home)s AND l.id = %(lead)s"""


def page(work: Work, home_id: int, lead_id: UUID, *, locale: str) -> LeadView:
    """One lead for the desk: its quotes, its timeline of facts and notes, its actions."""
    row = work.row(_LEAD, home=home_id, lead=lead_id, locale=locale, now=work.now())
    if row is None:
        raise NotFound("lead")
    quotes = _quotes(work, home_id, lead_id)
    return LeadView(
        home_id=row.home_id,
        id=row.id,
        number=row.number,
        state=row.state,
        stage=row.stage,
        lost_reason=row.lost_reason,
        duplicate_of=row.duplicate_of,
        service=row.service,
        storefront=row.storefront or "",
        channel=row.channel,
        external_id=row.external_id,
        currency=row.currency,
        locale=row.locale,
        client=row.client,
        address=row.address,
        message=row.message,
        wanted_on=row.wanted_on,
        seller_id=row.seller_id,
        seller=row.seller or "",
        attributed_by=row.attributed_by,
        attribution=row.attribution,
        assigned_to=row.assigned_to,
        created_at=row.created_at,
        reached_at=row.reached_at,
        reached_by=row.reached_by,
        closed_at=row.closed_at,
        order_id=row.order_id,
        order_number=row.order_number,
        quotes=quotes,
        timeline=_timeline(work, home_id, lead_id),
        actions=rules.allowed_actions(row, quotes),
    )


def _quotes(work: Work, home_id: int, lead_id: UUID) -> list[QuoteView]:
    rows = work.rows(
        "SELECT * FROM quote WHERE home_id = %(home)s AND lead_id = %(lead)s ORDER BY no DESC",
        home=home_id,
        lead=lead_id,
    )
    return [
        QuoteView(
            no=row.no,
            state=row.state,
            amount=Money(row.amount_minor, row.currency),
            scope=row.scope,
            valid_until=row.valid_until,
            created_at=row.created_at,
            created_by=row.created_by,
            sent_at=row.sent_at,
            answered_at=row.answered_at,
            answered_by=row.answered_by,
            accepted_hash=row.accepted_hash,
        )
        for row in rows
    ]


def _timeline(work: Work, home_id: int, lead_id: UUID) -> list[Entry]:
    rows = work.rows(
        """SELECT happened_at AS at, id, actor, name AS fact, '' AS words FROM fact
            WHERE subject = %(subject)s AND home_id = %(home)s
           UNION ALL
           SELECT at, id, actor, '', words FROM lead_note
            WHERE home_id = %(home)s AND lead_id = %(lead)s
            ORDER BY at DESC, id DESC""",
        subject=str(lead_id),
        home=home_id,
        lead=lead_id,
    )
    return [Entry(at=row.at, actor=row.actor, fact=row.fact, words=row.words) for row in rows]


# Theirs by storefront, and theirs by client: each read by its own index, then put together.
_INTRODUCED = f"""
WITH page AS (
  SELECT * FROM (
    (SELECT l.created_at, l.home_id, l.id FROM lead l
      WHERE l.home_id = %(affiliate)s {{where}} {{seek}} {{sorted}})
    UNION
    (SELECT l.created_at, l.home_id, l.id FROM lead l
      WHERE l.seller_id = %(affiliate)s AND l.state <> 'duplicate' {{where}} {{seek}} {{sorted}}))
    AS l {{sorted}})
SELECT l.home_id, l.id, l.number, l.state, {STAGE} AS stage, l.lost_reason, {_SERVICE},
       l.client->>'name' AS client, l.address->>'city' AS city, l.wanted_on,
       l.created_at, l.closed_at, q.amount_minor, q.currency, o.number AS order_number,
       EXISTS (SELECT 1 FROM lead f WHERE f.home_id = l.home_id AND f.id = l.duplicate_of)
         AS asked_here_before
  FROM page JOIN lead l USING (home_id, id)
  JOIN product p ON p.id = l.product_id
  LEFT JOIN LATERAL (SELECT amount_minor, currency FROM quote
                      WHERE home_id = l.home_id AND lead_id = l.id AND state <> 'draft'
                      ORDER BY no DESC LIMIT 1) q ON true
  LEFT JOIN orders o ON o.home_id = l.home_id AND o.lead_id = l.id
 {{sorted}}"""


def introduced(
    work: Work,
    affiliate_id: int,
    *,
    locale: str,
    stage: str = "",
    text: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    most: int = LIST_MAX,
) -> Page[Introduced]:
    """What an affiliate may see of the leads they introduced, newest first.

    Theirs are the leads of their storefronts and those they are credited for. Of another's
    storefront no duplicates are shown: they name a client who came to somebody else. What they
    search for is compared with what they may see, never with the client's e-mail or phone.
    """
    where = ""
    if stage:
        where += f" AND l.state = %(state)s AND {STAGE} = %(stage)s"
    if text:
        where += f" AND {search_terms.of_client_without_contact('l')}"
    if since:
        where += " AND l.created_at >= %(since)s"
    if until:
        where += " AND l.created_at < %(until)s"
    page = paging.read(
        work,
        _INTRODUCED.replace("{where}", where),
        SORTINGS["newest"],
        cursor=cursor,
        most=most,
        affiliate=affiliate_id,
        locale=locale,
        now=work.now(),
        state="quoted" if stage == "follow_up" else stage,
        stage=stage,
        since=since,
        until=until,
        found=search_terms.terms(text),
    )
    return replace(page, rows=[_introduced(work, row) for row in page.rows])


def _introduced(work: Work, row: Any) -> Introduced:
    due = _call_by(work, row)
    return Introduced(
        home_id=row.home_id,
        id=row.id,
        number=row.number,
        state=row.state,
        stage=row.stage,
        lost_reason=row.lost_reason,
        asked_here_before=row.asked_here_before,
        service=row.service,
        client=row.client,
        city=row.city,
        wanted_on=row.wanted_on,
        created_at=row.created_at,
        closed_at=row.closed_at,
        call_by=due,
        is_late=is_late(due, work.now(), work.tools.zone),
        quoted=_money(row.amount_minor, row.currency),
        order_number=row.order_number,
    )


def offer(work: Work, home_id: int, lead_id: UUID, no: int, *, locale: str) -> Offer:
    """A quote for its client's page. A draft is nobody's to see yet."""
    row = work.row(
        f"""SELECT q.*, l.number AS lead_number, l.state AS lead_state, l.locale,
                   l.product_id, l.address,
                   l.client->>'name' AS client_name, {_SERVICE},
                   o.id AS order_id, o.number AS order_number,
                   (SELECT n.no FROM quote n WHERE n.home_id = q.home_id AND n.lead_id = q.lead_id
                       AND n.no > q.no AND n.state = ANY(%(shown)s)
                     ORDER BY n.no DESC LIMIT 1) AS newer_no
              FROM quote q
              JOIN lead l ON l.home_id = q.home_id AND l.id = q.lead_id
              JOIN product p ON p.id = l.product_id
              LEFT JOIN orders o ON o.home_id = l.home_id AND o.lead_id = l.id
             WHERE q.home_id = %(home)s AND q.lead_id = %(lead)s AND q.no = %(no)s
               AND q.sent_at IS NOT NULL""",
        home=home_id,
        lead=lead_id,
        no=no,
        locale=locale,
        shown=[*rules.STANDING, "accepted"],
    )
    if row is None:
        raise NotFound("quote")
    lead, amount = _State(row.lead_state), Money(row.amount_minor, row.currency)
    return Offer(
        home_id=row.home_id,
        lead_id=row.lead_id,
        lead_number=row.lead_number,
        no=row.no,
        state=row.state,
        service=row.service,
        client_name=row.client_name,
        locale=row.locale,
        amount=amount,
        net=net_of_quote(
            work, row.product_id, row.address, amount, at=row.answered_at or work.now()
        ),
        scope=row.scope,
        sent_at=row.sent_at,
        valid_until=row.valid_until,
        answered_at=row.answered_at,
        answered_by=row.answered_by,
        accepted_hash=row.accepted_hash,
        newer_no=row.newer_no,
        order_id=row.order_id,
        order_number=row.order_number,
        actions=rules.quote_actions(lead, row, work.now()),
    )


@dataclass(frozen=True, slots=True)
class _State:
    state: str


def _money(minor: int | None, currency: str | None) -> Money | None:
    return Money(minor, currency) if minor is not None and currency else None
