"""A page whose forms call verbs: where it is, how it is drawn, and how it says yes and no."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, Generic, ParamSpec

from mainstem.kit.work import Work
from mainstem.web.commands import Told, told
from mainstem.web.forms import Form
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, refused, show

P = ParamSpec("P")


Verb = Callable[[], str | Told]
"""Does what a form asks for, and gives what to tell its reader. May raise Refused."""


@dataclass(frozen=True, slots=True)
class Screen:
    """A page of one thing."""

    template: str
    draw: Callable[[HttpRequest, Work], Page]
    url: str

    def show(self, request: HttpRequest, work: Work) -> HttpResponse:
        """The page."""
        return show(request, self.template, self.draw(request, work))

    def act(
        self, request: HttpRequest, work: Work, verb: Verb, form: Form | None = None
    ) -> HttpResponse:
        """Do it and come back to the page with what the verb says; or, with nothing done, the page
        with what was refused on it, and the form as it was filled in."""
        said = Told("")

        def do() -> None:
            nonlocal said
            said = told(verb())

        if no := refused(work, do):
            return show(request, self.template, self.draw(request, work), no, form)
        words = said.words(language_of(request))
        tone = "info" if said.outcome == "nothing_to_do" else "good"
        return redirect(request, self.url, notice=words, tone=tone)

    def do(
        self,
        request: HttpRequest,
        work: Work,
        verb: Callable[[], object],
        said: str,
        form: Form | None = None,
    ) -> HttpResponse:
        """As `act`, where there is one thing to say whatever the verb gives."""

        def done() -> str:
            verb()
            return said

        return self.act(request, work, done, form)


class Screens(Generic[P]):
    """The pages of one kind, each named by its key."""

    def __init__(
        self,
        template: str,
        draw: Callable[Concatenate[HttpRequest, Work, P], Page],
        url: Callable[P, str],
    ) -> None:
        self._template, self._draw, self._url = template, draw, url

    def of(self, *args: P.args, **kwargs: P.kwargs) -> Screen:
        """The page of this thing."""
        return Screen(
            self._template,
            lambda request, work: self._draw(request, work, *args, **kwargs),
            self._url(*args, **kwargs),
        )
