"""The layout of every page of staff: who reads, what is open to them, what waits where.

A handler gives a page that extends `Page`; a verb that is refused is told on the same page, with
nothing of it left behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response

from mainstem import company
from mainstem.identity import Identity
from mainstem.kit.errors import Refused
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.web.brand import Brand, branded
from mainstem.web.context import app_context_of, request_context_of
from mainstem.web.forms import Form, field_errors, whole_number
from mainstem.web.rendering import language_of, render, words
from mainstem.web.staff import words as labels

HttpRequest = Request[Any, Any, Any]
HttpResponse = Response[bytes]

SHIP = ("picker",)
SERVICE = ("lead_desk",)
ORDERS = ("lead_desk", "finance")
MONEY = ("finance",)
ADMIN = ("admin",)


class Section(msgspec.Struct, frozen=True):
    """One place of the console, and how many things wait there for somebody."""

    key: str
    name: str
    url: str
    count: int = 0


class Console(msgspec.Struct, frozen=True):
    """What the layout shows around the page."""

    name: str
    brand: Brand
    home_url: str
    search_url: str | None
    sign_out_url: str
    sections: list[Section]
    demo: bool
    company_time: datetime | None
    moves_clock: bool


class Page(msgspec.Struct, kw_only=True):
    """What every page of staff has: its layout's fields, and what was refused a moment ago."""

    console: Console
    section: str
    staff_name: str
    here: str
    query: str = ""
    error: str = ""
    errors: dict[str, str] = {}
    sent: dict[str, str] = {}


# (key, name, url, who may)
_SECTIONS = (
    ("ship", "Ship", "/desk/ship", SHIP),
    ("orders", "Orders", "/console/orders", ORDERS),
    ("leads", "Leads", "/desk/leads", SERVICE),
    ("jobs", "Jobs", "/desk/jobs", SERVICE),
    ("money", "Money", "/console/payouts", MONEY),
    ("affiliates", "Affiliates", "/console/applications", MONEY),
    ("mail", "Mail", "/console/mail", ADMIN),
    ("catalogue", "Catalogue", "/console/catalogue/import", ADMIN),
    ("facts", "Activity", "/console/facts", ADMIN),
    ("setup", "Set-up", "/console/setup", ADMIN),
)

# Each count reads a partial index over what is open, never history.
_WAITING = """
SELECT (SELECT count(*) FROM fulfilment
         WHERE state IN ('assigned','released','picking','picked','packed','parked')) AS ship,
       (SELECT count(*) FROM withdrawal WHERE state = 'received') AS orders,
       (SELECT count(*) FROM lead WHERE state = 'new') AS leads,
       (SELECT count(*) FROM job WHERE state = 'unscheduled') AS jobs,
       (SELECT count(*) FROM payout WHERE state = 'on_hold')
         + (SELECT count(*) FROM approval WHERE state = 'needs_approval') AS money,
       (SELECT count(*) FROM application WHERE state IN ('applied', 'in_review')) AS affiliates,
       (SELECT count(*) FROM fact_waiting WHERE state = 'dead') AS facts"""


def layout_of(request: HttpRequest, work: Work, section: str) -> dict[str, Any]:
    """The fields of `Page` for this reader."""
    identity = reader_of(request)
    language = language_of(request)
    demo = app_context_of(request).settings.demo
    waiting = work.row(_WAITING)
    brand = branded(company.face(work))
    return {
        "console": Console(
            name=brand.name,
            brand=brand,
            home_url="/console",
            search_url="/console/search",
            sign_out_url="/sign-out",
            sections=[
                Section(key, language.text(name), url, getattr(waiting, key, 0))
                for key, name, url, roles in _SECTIONS
                if identity.may(*roles)
            ],
            demo=demo,
            company_time=work.now() if demo else None,
            moves_clock=demo and identity.may(*ADMIN),
        ),
        "section": section,
        "staff_name": identity.name,
        "here": request.url.path,
    }


def reader_of(request: HttpRequest) -> Identity:
    """Who reads; a guard has let them in."""
    identity = request_context_of(request).identity
    assert identity is not None, "a guard has let them in"
    return identity


def refused(work: Work, verb: Callable[[], object]) -> Refused | None:
    """Run a verb; what it said if it refused, with nothing that it began left behind."""
    try:
        with work.session.begin_nested():
            verb()
    except Refused as no:
        return no
    return None


def show(
    request: HttpRequest,
    template: str,
    page: Page,
    no: Refused | None = None,
    form: Form | None = None,
) -> HttpResponse:
    """The page; with what was refused on it, and the form as it was filled in."""
    if no is None:
        return render(request, template, page)
    language = language_of(request)
    page.error = said(language, no)
    page.errors = {
        name: words(language, problem) for name, problem in field_errors(no.problems).items()
    }
    page.sent = form.texts() if form else {}
    return render(request, template, page, status=no.status)


def said(language: Language, no: Refused) -> str:
    """What was refused and why, with states and steps as people say them."""
    facts = dict(no.facts)
    if "state" in facts:
        facts["state"] = labels.STATES.get(facts["state"], str(facts["state"]).replace("_", " "))
    if "action" in facts:
        facts["action"] = labels.STEPS.get(facts["action"], facts["action"])
    spoken = Refused(*no.problems)
    spoken.facts = facts
    spoken.message = no.message  # type: ignore[misc]
    return words(language, spoken)


def reasons_of(language: Language, errors: Iterable[str | None]) -> dict[str, str]:
    """What the gateway says went wrong, in words: its codes told, its sentences as they are."""
    return {
        error: language.text(labels.REASONS[error])
        if error in labels.REASONS
        else error.replace("_", " ")
        if error.islower() and " " not in error
        else error
        for error in errors
        if error
    }


def refund_reason(language: Language, reason: str | None) -> str:
    """Why money goes back: what somebody wrote, or what the company does by itself in words."""
    told = labels.REFUND_REASONS.get(reason or "")
    return language.text(told) if told else reason or ""


_NAMED = {
    "staff": "person",
    "person": "person",
    "affiliate": "affiliate",
    "integration": "program",
}
"""Whose name an actor of this kind has; the others have none of their own."""

_NAMES = """
SELECT 'person' AS kind, id, name FROM person WHERE id = ANY(%(person)s::bigint[])
UNION ALL SELECT 'affiliate', id, name FROM affiliate WHERE id = ANY(%(affiliate)s::bigint[])
UNION ALL SELECT 'program', id, label FROM api_key WHERE id = ANY(%(program)s::bigint[])"""


def names_of(work: Work, language: Language, actors: Iterable[str]) -> dict[str, str]:
    """Who did it, by name: `staff:3` is the person, `affiliate:2` the affiliate, `integration:1` the
    program by what its key is for."""
    given: dict[str, tuple[str, int | None]] = {}
    for actor in filter(None, actors):
        kind, _, id = actor.partition(":")
        given[actor] = (_NAMED.get(kind, ""), whole_number(id, digits=18))
    ids = {
        kind: sorted({id for of, id in given.values() if of == kind and id is not None})
        for kind in {*_NAMED.values()}
    }
    found = {(row.kind, row.id): row.name for row in work.rows(_NAMES, **ids)}
    return {
        actor: found.get(one) or language.text(labels.ACTORS.get(actor.partition(":")[0], actor))
        for actor, one in given.items()
    }


class Event(msgspec.Struct, frozen=True):
    """A line of a timeline."""

    at: datetime
    text: str
    who: str
    tone: str | None = None
    reason: str | None = None
    href: str | None = None


def fact_in_words(language: Language, name: str) -> str:
    """What happened, in the reader's language."""
    return language.text(labels.FACTS.get(name, name))


def tone_of(name: str) -> str | None:
    """Whether a fact is good or bad news."""
    return "good" if name in labels.GOOD else "bad" if name in labels.BAD else None


def labelled(
    language: Language, states: Mapping[str, tuple[str, str]]
) -> dict[str, tuple[str, str]]:
    """States as (label, tone), with the label in the reader's language."""
    return {state: (language.text(label), tone) for state, (label, tone) in states.items()}
