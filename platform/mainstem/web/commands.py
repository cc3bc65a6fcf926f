"""Commands: what staff can do to one thing, said once for its page, the API and the API's description.

A slice writes a command beside the page that has its form: what it is called, whom it is about (the
parameters of its address), what it has to be told (a document), who may, and what it does. The page's
form is read into the same document and does the same; the API's route is made from it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from uuid import UUID

from litestar.params import FromPath

from mainstem.kit.documents import Document
from mainstem.kit.errors import InvalidInput
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.web.forms import Form

Outcome = Literal["done", "done_before", "needs_approval", "nothing_to_do"]
_PARAMETER = re.compile(r"\{(\w+):(int|uuid|str)\}")
_KINDS: dict[str, Any] = {"int": FromPath[int], "uuid": FromPath[UUID], "str": FromPath[str]}


class Told(NamedTuple):
    """A sentence with facts in it, such as `Version {n} of the plan is published.`

    `many` is the sentence for another number `n` than one. `outcome` says the same to a program.
    """

    text: str
    facts: Mapping[str, Any] = {}
    outcome: Outcome = "done"
    many: str = ""

    def words(self, language: Language) -> str:
        """The sentence as its reader is told it."""
        if self.many:
            return language.count(self.text, self.many, self.facts["n"])
        words = language.text(self.text)
        return words.format(**self.facts) if self.facts else words


def told(said: str | Told) -> Told:
    """What a command says, with no facts where it is only a sentence."""
    return Told(said) if isinstance(said, str) else said


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Command:
    """One thing that staff can do."""

    name: str
    """What the API calls the operation: a verb and what it is about, unique."""
    path: str
    """Its address in the API, below that of the company."""
    do: Callable[..., str | Told]
    """Does it, and gives what to tell: `do(work, body, **target)`, with the parameters of the address
    as the target; without a body `do(work, **target)`. Its docstring is the API's description. May
    raise Refused."""
    scope: str
    """What a program's key has to be for."""
    roles: tuple[str, ...]
    """Which members of staff find it on their pages."""
    tag: str
    body: type[Document] | None = None
    example: Mapping[str, Any] = field(default_factory=dict)
    page: str = ""
    """Its address among the pages, where that is another one."""
    read: Callable[..., Document] | None = None
    """Reads the form where it is typed otherwise than programs say it: `read(work, form, **target)`."""
    proof: str = ""
    """What its page asks of whoever presses beyond their role (`web/proof.py`). A program's key is
    its own proof."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """What the form calls parts of the body otherwise, by their pointers in both."""

    @property
    def words(self) -> str:
        """What it does, for whoever reads the API's description."""
        return inspect.cleandoc(self.do.__doc__ or "")

    def run(self, work: Work, body: Document | None, target: Mapping[str, Any]) -> Told:
        """Do what a body says to what an address names."""
        return told(self.do(work, **target) if body is None else self.do(work, body, **target))

    def sent(self, work: Work, form: Form, target: Mapping[str, Any]) -> Told:
        """Do what a page's form says. Its problems are named by the form's fields."""
        try:
            return self.run(work, self._body(work, form, target), target)
        except InvalidInput as no:
            no.name_by(self.fields)
            raise

    def _body(self, work: Work, form: Form, target: Mapping[str, Any]) -> Document | None:
        if self.read is not None:
            return self.read(work, form, **target)
        return form.body(self.body) if self.body else None


def parameters_of(path: str) -> dict[str, Any]:
    """The parameters of an address, each with what a handler says it is."""
    return {found[1]: _KINDS[found[2]] for found in _PARAMETER.finditer(path)}


def with_signature(
    handler: Callable[..., Any],
    parameters: Mapping[str, Any],
    gives: Any,
    defaults: Mapping[str, Any] | None = None,
) -> Callable[..., Any]:
    """A handler that takes whatever it is given, as one that says exactly what: the framework and the
    API's description read that."""
    given = defaults or {}
    kind = inspect.Parameter
    handler.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            kind(name, kind.KEYWORD_ONLY, annotation=one, default=given.get(name, kind.empty))
            for name, one in parameters.items()
        ],
        return_annotation=gives,
    )
    handler.__annotations__ = {**parameters, "return": gives}
    return handler
