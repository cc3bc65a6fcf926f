"""Whatever is tried in whatever order, a lead and its quotes only ever take the steps there are."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.company import Company, a_company, a_lead

from mainstem import leads
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidTransition, Refused
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work
from mainstem.leads import LEAD, QUOTE, Lead, Quote, allowed_actions, quote_actions
from mainstem.money import Money
from mainstem.orders import ClientDetails

# The trade's own words for what may become of a lead and of a quote.
LEAD_PATHS = {
    ("new", "qualified"),
    ("qualified", "quoted"),
    ("quoted", "won"),
    ("new", "lost"),
    ("qualified", "lost"),
    ("quoted", "lost"),
    ("new", "duplicate"),
    ("qualified", "duplicate"),
    ("quoted", "duplicate"),
}
QUOTE_PATHS = {
    ("draft", "sent"),
    ("sent", "viewed"),
    ("sent", "accepted"),
    ("viewed", "accepted"),
    ("sent", "declined"),
    ("viewed", "declined"),
    ("sent", "expired"),
    ("viewed", "expired"),
    ("draft", "superseded"),
    ("sent", "superseded"),
    ("viewed", "superseded"),
}
DEEDS = [
    "reach",
    "qualify",
    "draft_quote",
    "send_quote",
    "view",
    "accept",
    "decline",
    "lose",
    "note",
]
OF_QUOTE = {"accept", "decline"}


def test_the_tables_hold_the_paths_there_are_and_no_others() -> None:
    for machine, paths in ((LEAD, LEAD_PATHS), (QUOTE, QUOTE_PATHS)):
        steps = {
            (source, step.target)
            for step in machine.steps.values()
            for source in step.sources
            if step.target not in (None, source)
        }
        assert steps == paths


@pytest.mark.parametrize("state", sorted(LEAD.states()))
@pytest.mark.parametrize("action", sorted(LEAD.steps))
def test_a_button_is_open_exactly_where_the_step_exists(state: str, action: str) -> None:
    offered = LEAD.action(state, action)
    try:
        LEAD.step(state, action)
    except InvalidTransition as refusal:
        assert not offered.allowed
        assert offered.reason() == refusal.text()
        assert state in offered.reason()
    else:
        assert offered.allowed
        assert offered.reason() == ""


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(deeds=st.lists(st.sampled_from(DEEDS), min_size=1, max_size=12))
def test_only_offered_steps_are_taken_and_every_offered_step_can_be(
    database: Database, deeds: list[str]
) -> None:
    company = the_company(database)
    client = ClientDetails(name="Eva", email=f"{new_id()}@example.com")
    with database.work() as work:
        lead_id = a_lead(work, company.shop, client=client, ip_address="")
    for deed in deeds:
        with database.work() as work:
            lead, quotes = states(work, company, lead_id)
            offered = is_offered(work, lead, quotes, deed)
        try:
            with database.work() as work:
                do(work, company, lead_id, quotes, deed)
            refusal = None
        except Refused as refused:
            refusal = refused
        with database.work() as work:
            after, quotes_after = states(work, company, lead_id)
        if refusal:
            assert not offered, f"{deed} was offered and then refused: {refusal}"
            assert (after.state, [q.state for q in quotes_after]) == (
                lead.state,
                [q.state for q in quotes],
            )
        else:
            assert offered, f"{deed} was not offered and yet done"
            assert_paths(lead, quotes, after, quotes_after)


def the_company(database: Database) -> Company:
    """The company of this test's database, made for its first example."""
    if database not in _companies:
        with database.work() as work:
            _companies.clear()
            _companies[database] = a_company(work)
    return _companies[database]


_companies: dict[Database, Company] = {}


def states(work: Work, company: Company, lead_id: UUID) -> tuple[Lead, list[Quote]]:
    lead = work.get(Lead, (company.cedar, lead_id))
    count = work.value("SELECT count(*) FROM quote WHERE lead_id = %(id)s", id=lead_id)
    return lead, [work.get(Quote, (company.cedar, lead_id, no + 1)) for no in range(count)]


def is_offered(work: Work, lead: Lead, quotes: list[Quote], deed: str) -> bool:
    if deed in OF_QUOTE:
        actions = quote_actions(lead, quotes[-1], work.now()) if quotes else []
        already_said = deed == "accept" and bool(quotes) and quotes[-1].state == "accepted"
        return already_said or any(a.name == deed and a.allowed for a in actions)
    if deed == "view":
        return bool(quotes)  # looking is always free
    return any(a.name == deed and a.allowed for a in allowed_actions(lead, quotes))


def do(work: Work, company: Company, lead_id: UUID, quotes: list[Quote], deed: str) -> None:
    home, last = company.cedar, len(quotes)
    if deed == "qualify":
        leads.qualify(work, home, lead_id)
    elif deed == "draft_quote":
        leads.draft_quote(
            work, home, lead_id, amount=Money(100, "SEK"), scope="Mend it.", valid_days=1
        )
    elif deed == "send_quote":
        leads.send_quote(work, home, lead_id)
    elif deed == "view":
        leads.view_quote(work, home, lead_id, last)
    elif deed == "accept":
        leads.accept_quote(work, home, lead_id, last, name="Eva")
    elif deed == "decline":
        leads.decline_quote(work, home, lead_id, last, name="Eva")
    elif deed == "reach":
        leads.reach(work, home, lead_id, by="email")
    elif deed == "lose":
        leads.lose(work, home, lead_id, reason="no_answer")
    else:
        leads.note(work, home, lead_id, words="Called.")


def assert_paths(lead: Lead, quotes: list[Quote], after: Lead, quotes_after: list[Quote]) -> None:
    if after.state != lead.state:
        assert (lead.state, after.state) in LEAD_PATHS
    for before, now in zip(quotes, quotes_after, strict=False):
        if before.state != now.state:
            assert (before.state, now.state) in QUOTE_PATHS
    assert all(quote.state == "draft" for quote in quotes_after[len(quotes) :])
    standing = [q for q in quotes_after if q.state in ("sent", "viewed", "accepted")]
    assert len(standing) <= 1
    assert (after.state == "won") == any(q.state == "accepted" for q in quotes_after)
