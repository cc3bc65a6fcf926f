"""What pages read about jobs: the dispatcher's lists and board, one job, and the client's page."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, TypedDict
from uuid import UUID

from mainstem.kit import paging, search_terms
from mainstem.kit.errors import NotFound
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.transitions import Action
from mainstem.kit.work import Work
from mainstem_fulfillment.jobs import rules
from mainstem_fulfillment.jobs.model import JobKey

LIST_MAX = 50


@dataclass(frozen=True, slots=True)
class JobCard:
    """A job in a list or on the board."""

    key: JobKey
    order_number: str
    state: str
    service: str
    client: str
    phone: str
    street: str
    postal_code: str
    city: str
    team_id: int | None
    team: str
    starts_at: datetime | None
    ends_at: datetime | None
    done_at: datetime | None
    waiting_since: datetime
    wanted_on: date | None
    recommended: str


@dataclass(frozen=True, slots=True)
class TeamDay:
    """One team's day: what it has to do, and how much of it is still free."""

    team_id: int
    code: str
    name: str
    opens_at: datetime | None
    closes_at: datetime | None
    free: timedelta
    jobs: list[JobCard]


@dataclass(frozen=True, slots=True)
class JobEvent:
    """A line of a job's timeline."""

    at: datetime
    actor: str
    fact: str


class TeamCandidate(TypedDict):
    """A team that could have been given a line of an order, and why it was or was not."""

    line_no: int
    team: str
    able: bool
    booked_half_hours: int
    why: str


@dataclass(frozen=True, slots=True)
class JobView:
    """Everything the desk knows about a job, and what may be done with it now."""

    card: JobCard
    quantity: int
    report: str
    objection: str
    signed_off_at: datetime | None
    signed_off_by: str | None
    signs_off_at: datetime | None
    message: str
    scope: str
    """What the quote that the client accepted covers; empty for a service bought as it stands."""
    quote_number: str
    decision: str
    candidates: list[TeamCandidate] = field(default_factory=list)
    timeline: list[JobEvent] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    visit: timedelta | None = None
    """How long a visit for this service takes; None where nobody has said so."""
    product: str = ""


@dataclass(frozen=True, slots=True)
class ClientJob:
    """A job as its client sees it. Work nobody objects to is accepted at `signs_off_at`."""

    key: JobKey
    service: str
    state: str
    team: str
    starts_at: datetime | None
    ends_at: datetime | None
    report: str
    objection: str
    done_at: datetime | None
    signs_off_at: datetime | None
    signed_off_at: datetime | None
    signed_off_by: str | None
    actions: list[Action]


_JOBS = """
SELECT j.*, (j.state = 'done')::int AS is_quiet, o.number, l.name AS service, l.quantity, o.client->>'name' AS client,
       coalesce(o.client->>'phone', '') AS phone, o.address->>'line1' AS street,
       o.address->>'postal_code' AS postal_code, o.address->>'city' AS city,
       coalesce(t.name, '') AS team, lead.wanted_on, coalesce(lead.message, '') AS message,
       coalesce(agreed.scope, '') AS scope, agreed.no AS quote_no, lead.number AS lead_number,
       p.visit_minutes, p.slug AS product, coalesce(d.chosen, '') AS chosen, coalesce(r.name, '') AS recommended,
       coalesce(d.reason, '') AS decision, coalesce(d.candidates, '[]'::jsonb) AS candidates
  FROM job j
  JOIN orders o ON o.home_id = j.home_id AND o.id = j.order_id
  JOIN order_line l ON l.home_id = j.home_id AND l.order_id = j.order_id AND l.line_no = j.line_no
  JOIN variant v ON v.id = l.variant_id
  JOIN product p ON p.id = v.product_id
  LEFT JOIN team t ON t.id = j.team_id
  LEFT JOIN lead ON lead.home_id = o.home_id AND lead.id = o.lead_id
  LEFT JOIN quote agreed ON agreed.home_id = lead.home_id AND agreed.lead_id = lead.id
       AND agreed.state = 'accepted'
  LEFT JOIN LATERAL (SELECT chosen, reason, candidates FROM routing_decision
                      WHERE home_id = j.home_id AND order_id = j.order_id AND kind = 'service'
                   AND candidates @> jsonb_build_array(jsonb_build_object('line_no', j.line_no))
                      ORDER BY no DESC LIMIT 1) d ON true
  LEFT JOIN team r ON r.code = d.chosen
"""


_KEY = (
    SortColumn("j.home_id", "home_id", int),
    SortColumn("j.order_id", "order_id", UUID),
    SortColumn("j.line_no", "line_no", int),
)
_OPENED = Sorting(
    "opened", (SortColumn("j.created_at", "created_at", datetime), *_KEY), descending=False
)
_BOOKED = Sorting(
    "booked", (SortColumn("j.starts_at", "starts_at", datetime), *_KEY), descending=False
)
# Those with an objection first.
_DONE = Sorting(
    "done",
    (
        SortColumn("(j.state = 'done')::int", "is_quiet", int),
        SortColumn("j.done_at", "done_at", datetime),
        *_KEY,
    ),
    descending=False,
)


def unscheduled(
    work: Work,
    *,
    text: str = "",
    cursor: str | None = None,
    most: int = LIST_MAX,
    strict: bool = False,
) -> Page[JobCard]:
    """Jobs that wait for a time, longest first."""
    return _listed(work, "j.state = 'unscheduled'", _OPENED, text, cursor, most, strict)


def under_way(
    work: Work,
    *,
    text: str = "",
    cursor: str | None = None,
    most: int = LIST_MAX,
    strict: bool = False,
) -> Page[JobCard]:
    """Jobs that have a time or are being done, the next first."""
    where = "j.state IN ('scheduled', 'en_route', 'on_site')"
    return _listed(work, where, _BOOKED, text, cursor, most, strict)


def awaiting_sign_off(
    work: Work,
    *,
    text: str = "",
    cursor: str | None = None,
    most: int = LIST_MAX,
    strict: bool = False,
) -> Page[JobCard]:
    """Finished jobs that are not accepted yet, those with an objection first."""
    return _listed(work, "j.state IN ('done', 'disputed')", _DONE, text, cursor, most, strict)


def _listed(
    work: Work, where: str, sorting: Sorting, text: str, cursor: str | None, most: int, strict: bool
) -> Page[JobCard]:
    if text:
        where += f""" AND found_by(o.client->>'name', o.client->>'phone', o.number, o.external_id,
                                   o.client_key) {search_terms.MATCHES}"""
    page = paging.read(
        work,
        f"{_JOBS} WHERE {where} {{seek}} {{sorted}}",
        sorting,
        cursor=cursor,
        most=most,
        strict=strict,
        found=search_terms.terms(text),
    )
    return replace(page, rows=[_card(row) for row in page.rows])


def day_board(work: Work, day: date) -> list[TeamDay]:
    """Every team's day, in the company's zone."""
    zone = work.tools.zone
    opens = datetime.combine(day, time.min, tzinfo=zone)
    closes = datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)
    jobs: dict[int, list[JobCard]] = {}
    for row in work.rows(
        _JOBS
        + """WHERE j.starts_at >= %(opens)s AND j.starts_at < %(closes)s
               AND j.team_id IS NOT NULL AND j.state <> 'canceled'
             ORDER BY j.starts_at, j.order_id, j.line_no""",
        opens=opens,
        closes=closes,
    ):
        jobs.setdefault(row.team_id, []).append(_card(row))
    teams = work.rows(
        """SELECT id, code, name, day_starts, day_ends, weekdays, active,
                  ARRAY(SELECT s.starts_at FROM job_slot s WHERE s.team_id = team.id
                           AND s.starts_at >= %(opens)s AND s.starts_at < %(closes)s) AS held
             FROM team WHERE active OR id = ANY(%(busy)s::bigint[]) ORDER BY name, id""",
        opens=opens,
        closes=closes,
        busy=list(jobs),
    )
    return [_team_day(work, team, day, jobs.get(team.id, [])) for team in teams]


def _team_day(work: Work, team: Any, day: date, jobs: list[JobCard]) -> TeamDay:
    times = rules.working_half_hours(team, day, work.tools.zone) if team.active else []
    free = set(times) - set(team.held)
    return TeamDay(
        team_id=team.id,
        code=team.code,
        name=team.name,
        opens_at=times[0] if times else None,
        closes_at=times[-1] + rules.HALF_HOUR if times else None,
        free=len(free) * rules.HALF_HOUR,
        jobs=jobs,
    )


def page(work: Work, key: JobKey) -> JobView:
    """One job for the desk."""
    row = work.row(
        _JOBS + "WHERE j.home_id = %(home)s AND j.order_id = %(order)s AND j.line_no = %(line)s",
        home=key.home_id,
        order=key.order_id,
        line=key.line_no,
    )
    if row is None:
        raise NotFound("job")
    return JobView(
        card=_card(row),
        quantity=row.quantity,
        report=row.report,
        objection=row.objection,
        signed_off_at=row.signed_off_at,
        signed_off_by=row.signed_off_by,
        signs_off_at=_signs_off_at(row),
        message=row.message,
        scope=row.scope,
        quote_number=f"{row.lead_number}-{row.quote_no}" if row.quote_no else "",
        decision=row.decision,
        candidates=row.candidates,
        timeline=_timeline(work, key),
        actions=rules.allowed_actions(row),
        visit=rules.visit_length(row.visit_minutes) if row.visit_minutes else None,
        product=row.product,
    )


def _timeline(work: Work, key: JobKey) -> list[JobEvent]:
    rows = work.rows(
        """SELECT happened_at, actor, name FROM fact
            WHERE subject = %(subject)s AND home_id = %(home)s ORDER BY id DESC""",
        subject=key.subject,
        home=key.home_id,
    )
    return [JobEvent(row.happened_at, row.actor, row.name) for row in rows]


def of_order(work: Work, home_id: int, order_id: UUID) -> list[ClientJob]:
    """The jobs of one order, for its client's page."""
    rows = work.rows(
        _JOBS + "WHERE j.home_id = %(home)s AND j.order_id = %(order)s ORDER BY j.line_no",
        home=home_id,
        order=order_id,
    )
    return [
        ClientJob(
            key=JobKey(row.home_id, row.order_id, row.line_no),
            service=row.service,
            state=row.state,
            team=row.team,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            report=row.report,
            objection=row.objection,
            done_at=row.done_at,
            signs_off_at=_signs_off_at(row),
            signed_off_at=row.signed_off_at,
            signed_off_by=row.signed_off_by,
            actions=rules.client_actions(row),
        )
        for row in rows
    ]


def _signs_off_at(row: Any) -> datetime | None:
    return row.done_at + rules.SIGN_OFF_AFTER if row.state == "done" else None


def _card(row: Any) -> JobCard:
    return JobCard(
        key=JobKey(row.home_id, row.order_id, row.line_no),
        order_number=row.number,
        state=row.state,
        service=row.service,
        client=row.client,
        phone=row.phone,
        street=row.street,
        postal_code=row.postal_code,
        city=row.city,
        team_id=row.team_id,
        team=row.team,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        done_at=row.done_at,
        waiting_since=row.created_at,
        wanted_on=row.wanted_on,
        recommended=row.recommended,
    )
