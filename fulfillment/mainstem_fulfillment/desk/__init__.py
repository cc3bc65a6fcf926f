"""The desk: pages for those who pick and pack, sell services and send teams out."""

from __future__ import annotations

from typing import Any

from litestar import Router, get

from mainstem.web.commands import Command
from mainstem.web.guards import staff
from mainstem.web.rendering import redirect
from mainstem.web.staff.layout import SERVICE, SHIP, HttpRequest, HttpResponse, reader_of
from mainstem_fulfillment.desk import holds, jobs, leads, ship


@get("/", sync_to_thread=False)
def home(request: HttpRequest) -> HttpResponse:
    """Where this member of staff begins."""
    identity = reader_of(request)
    if identity.may(*SHIP) and identity.may(*SERVICE):
        return redirect(request, "/console")
    return redirect(request, "/desk/ship" if identity.may(*SHIP) else "/desk/leads")


routes: list[Any] = [
    home,
    Router("/", route_handlers=[*ship.routes, *holds.routes], guards=[staff(*SHIP)]),
    Router("/", route_handlers=[*leads.routes, *jobs.routes], guards=[staff(*SERVICE)]),
]

commands: list[Command] = [
    *ship.commands,
    *holds.commands,
    *leads.commands,
    *jobs.commands,
]
