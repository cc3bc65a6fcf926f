"""Own hosts of storefronts: which there are, how far each is, and staff's own hand on them."""

from __future__ import annotations

from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from pydantic import Field

from mainstem import domains
from mainstem.domains import Domain
from mainstem.kit.documents import Document, Line
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.web.commands import Command
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import ADMIN, HttpRequest, HttpResponse, Page, layout_of
from mainstem.web.staff.screen import Screen


class Domains(Page, kw_only=True):
    """The hosts in use, by name, each with the name and value of the record that proves it."""

    rows: list[Domain]
    proofs: dict[str, tuple[str, str]]


def _page(request: HttpRequest, work: Work) -> Domains:
    rows = domains.in_use(work)
    return Domains(
        **layout_of(request, work, "setup"),
        rows=rows,
        proofs={str(one.id): domains.proof(work.tools.secret, one) for one in rows},
    )


DOMAINS = Screen("console/domains.html", _page, "/console/domains")


@get("/domains", sync_to_thread=True)
def list_domains(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """The hosts in use."""
    return DOMAINS.show(request, work)


class AddedDomain(Document):
    """A host, and the storefront that it is for."""

    storefront: Line = Field(title="Storefront", description="By its name in addresses.")
    host: Line = Field(title="Host", description="Such as shop.example.com.")


def _add(work: Work, body: AddedDomain) -> str:
    """Ask for a host of its own for a storefront. It serves nothing until it is proved."""
    row = work.row(
        "SELECT home_id, id FROM storefront WHERE slug = %(slug)s", slug=body.storefront.lower()
    )
    if row is None:
        facts = {"slug": body.storefront}
        raise InvalidInput(
            Problem("/storefront", "not_found", "No storefront is called {slug}.", facts)
        )
    domains.add(work, row.home_id, row.id, body.host)
    return "Added. It serves when its record or file is there."


def _check(work: Work, *, home: int, id: UUID) -> str:
    """Have the proof of a host looked at now."""
    domains.request_check(work, home, id)
    return "We are looking. Load this page again in a moment."


def _remove(work: Work, *, home: int, id: UUID) -> str:
    """Take a host from its storefront, at once."""
    domains.remove(work, home, id)
    return "Removed. Nothing is served there any more."


ADD = Command(
    name="add_storefront_domain",
    path="/domains",
    do=_add,
    body=AddedDomain,
    example={"storefront": "kulla", "host": "shop.kullahus.example.com"},
    scope="setup:write",
    roles=ADMIN,
    tag="Storefronts",
)
CHECK = Command(
    name="check_storefront_domain",
    path="/domains/{home:int}/{id:uuid}/check",
    do=_check,
    scope="setup:write",
    roles=ADMIN,
    tag="Storefronts",
)
REMOVE = Command(
    name="remove_storefront_domain",
    path="/domains/{home:int}/{id:uuid}/removal",
    do=_remove,
    scope="setup:write",
    roles=ADMIN,
    tag="Storefronts",
)


def _screen(**_: object) -> Screen:
    return DOMAINS


commands = [ADD, CHECK, REMOVE]
routes = [
    list_domains,
    form_route(ADD, _screen),
    form_route(CHECK, _screen, refills=False),
    form_route(REMOVE, _screen, refills=False),
]
