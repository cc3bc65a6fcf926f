"""The routes of pages that do a command: by its form, for whoever has its role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler

from mainstem.kit.work import Work
from mainstem.web.commands import Command, parameters_of, with_signature
from mainstem.web.forms import Form
from mainstem.web.guards import staff
from mainstem.web.staff.layout import HttpRequest, HttpResponse
from mainstem.web.staff.screen import Screen


def form_of(command: Command, **options: Any) -> Callable[[Any], HTTPRouteHandler]:
    """Makes a handler the route of a command's form. Which command it does can be read from it."""
    return post(
        command.page or command.path,
        sync_to_thread=True,
        guards=[staff(*command.roles)],
        opt={"command": command} | ({"proof": command.proof} if command.proof else {}),
        **options,
    )


def form_route(
    command: Command, screen: Callable[..., Screen], *, refills: bool = True
) -> HTTPRouteHandler:
    """The route of a form that comes back to `screen(**target)`: with what was done, or with what was
    refused and, unless it is short (`refills`), with the form as it was filled in."""

    def act(request: HttpRequest, work: Work, form: Form, **target: Any) -> HttpResponse:
        return screen(**target).act(
            request, work, lambda: command.sent(work, form, target), form if refills else None
        )

    parameters = {
        "request": HttpRequest,
        "work": NamedDependency[Work],
        "form": NamedDependency[Form],
        **parameters_of(command.page or command.path),
    }
    return form_of(command)(with_signature(act, parameters, HttpResponse))
