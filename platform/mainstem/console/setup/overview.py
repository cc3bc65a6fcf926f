"""Set-up at a glance: what is done, what is not, what that blocks, and where to go on."""

from __future__ import annotations

import msgspec
from litestar import get
from litestar.di import NamedDependency

from mainstem import setup
from mainstem.kit.work import Work
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, layout_of, show

_AT = "/console/setup"
_PAGES = {
    "Company": (
        ("People", "Who signed in when, invitations, and who may do what.", f"{_AT}/people"),
        (
            "Payments",
            "Your account at Stripe: what it lacks, and where events are sent.",
            f"{_AT}/payments",
        ),
        ("Keys", "How programs come in.", f"{_AT}/keys"),
    ),
    "Affiliates": (
        (
            "Bring your network",
            "Affiliates, clients and balances from another programme.",
            f"{_AT}/network",
        ),
        (
            "Storefronts to approve",
            "What affiliates have made of theirs, and want their clients to see.",
            "/console/storefronts",
        ),
        (
            "Own domains",
            "Names at which storefronts stand alone, and what proves them.",
            "/console/domains",
        ),
    ),
}
"""Pages of set-up that are no list of things, by the group that they stand in."""


class StepRow(msgspec.Struct, frozen=True):
    """One step: whether it is done, and what waits for it."""

    title: str
    url: str
    is_done: bool
    blocks: str
    is_optional: bool = False


class Place(msgspec.Struct, frozen=True):
    """A kind of thing, and where it is set."""

    title: str
    help: str
    url: str


class OverviewPage(Page, kw_only=True):
    """Set-up at a glance."""

    steps: list[StepRow]
    left: int
    groups: list[tuple[str, list[Place]]]


@get("/setup", sync_to_thread=True)
def overview(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """What there is to do, and everything that can be set."""
    language = language_of(request)
    steps = steps_of(request, work)
    page = OverviewPage(
        **layout_of(request, work, "setup"),
        steps=steps,
        left=sum(_is_left(step) for step in steps),
        groups=[
            (
                language.text(name),
                [
                    Place(language.text(title), language.text(help), url)
                    for title, help, url in [
                        *((kind.title, kind.help, f"{_AT}/{kind.name}") for kind in kinds),
                        *_PAGES.get(name, ()),
                    ]
                ],
            )
            for name, kinds in setup.GROUPS
        ],
    )
    return show(request, "console/setup.html", page)


def steps_of(request: HttpRequest, work: Work) -> list[StepRow]:
    """The steps to a company that can sell, in the reader's words."""
    language = language_of(request)
    return [
        StepRow(
            language.text(step.title),
            step.url,
            step.is_done,
            "" if step.is_done else language.text(step.blocks),
            step.is_optional,
        )
        for step in setup.steps(work)
    ]


def left_of_setup(request: HttpRequest, work: Work) -> list[StepRow]:
    """Every step while one is left that a company needs; none of them when all of those are done."""
    steps = steps_of(request, work)
    return steps if any(_is_left(step) for step in steps) else []


def _is_left(step: StepRow) -> bool:
    return not step.is_done and not step.is_optional


routes = [overview]
