"""Who edits a storefront, and where they do it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from mainstem.kit.work import Actor, Work
from mainstem.web import request_context_of
from mainstem.web.works import in_work
from mainstem_affiliates.portal.layout import HttpRequest

T = TypeVar("T")
ROOT = "/portal/storefront"


def editor_of(request: HttpRequest) -> Actor:
    """The person who edits: two of one affiliate are told apart."""
    identity = request_context_of(request).identity
    assert identity is not None, "a guard has let them in"
    return Actor("person", str(identity.person_id))


async def as_editor(request: HttpRequest, do: Callable[[Work], T]) -> T:
    """What `do` gives in the company's Work, done by the person who edits. What they may touch, `do`
    says by whose it is."""
    return await in_work(request, editor_of(request), do)


def draft_url(id: object, step: str = "") -> str:
    """The address of a draft's page."""
    return f"{ROOT}/drafts/{id}/{step}" if step else f"{ROOT}/drafts/{id}"
