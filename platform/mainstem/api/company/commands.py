"""What staff do on their pages, done by programs of the company: a route for each command.

The routes are made from the commands themselves, so they know exactly what the pages know.
"""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, Router, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.exceptions import ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg
from pydantic import Field

import mainstem_fulfillment.desk
from mainstem import console
from mainstem.api.company.listing import COMPANY
from mainstem.api.repeats import answered_once
from mainstem.api.requests import IdempotencyKey, answer_invalid, limited
from mainstem.kit.documents import Document
from mainstem.kit.work import Work
from mainstem.web.commands import Command, Outcome, Told, parameters_of, with_signature
from mainstem.web.guards import integration_key, strict_json
from mainstem.web.rendering import language_of

HttpRequest = Request[Any, Any, Any]
COMMANDS: tuple[Command, ...] = (*console.commands, *mainstem_fulfillment.desk.commands)


class Done(Document):
    """What came of it."""

    outcome: Outcome = Field(
        title="Outcome",
        description="`needs_approval`: nothing has moved, a person is asked first. `done_before`: it"
        " stood so already.",
    )
    message: str = Field(
        title="In words", description="As a page says it, in the reader's language."
    )
    facts: dict[str, str | int] = Field(title="Facts", description="What the words name.")


class Nothing(Document):
    """The body of a command that needs none."""


def handler_of(command: Command) -> HTTPRouteHandler:
    """The route of one command."""

    def run(
        request: HttpRequest,
        work: Work,
        idempotency_key: str,
        data: Document | None = None,
        **target: Any,
    ) -> Response[Any]:
        limited(request)
        return answered_once(
            request,
            work,
            idempotency_key,
            data or Nothing(),
            lambda: _answer(request, command.run(work, data, target)),
        )

    parameters: dict[str, Any] = {
        "request": HttpRequest,
        "work": NamedDependency[Work],
        **parameters_of(command.path),
        "idempotency_key": IdempotencyKey,
    }
    if command.body:
        parameters["data"] = _body(command)
    return post(
        f"{COMPANY}{command.path}",
        status_code=200,
        sync_to_thread=True,
        guards=[integration_key(command.scope), strict_json],
        opt={"strict": True, "command": command},
        operation_id=command.name,
        summary=command.name.replace("_", " ").capitalize(),
        description=f"{command.words}\n\nScope `{command.scope}`.",
        tags=[command.tag],
    )(with_signature(run, parameters, Response[Done]))


def _body(command: Command) -> Any:
    examples = [Example(summary=command.name, value=dict(command.example))]
    return Annotated[
        command.body, BodyKwarg(media_type=RequestEncodingType.JSON, examples=examples)
    ]


def _answer(request: HttpRequest, said: Told) -> Response[Any]:
    facts = {name: _plain(fact) for name, fact in said.facts.items()}
    done = Done(outcome=said.outcome, message=said.words(language_of(request)), facts=facts)
    return Response(done.written(), status_code=200)


def _plain(fact: Any) -> str | int:
    return fact if isinstance(fact, int) else str(fact)


routes: list[Any] = [
    Router(
        "/",
        route_handlers=[handler_of(command) for command in COMMANDS],
        exception_handlers={ValidationException: answer_invalid},
    )
]
