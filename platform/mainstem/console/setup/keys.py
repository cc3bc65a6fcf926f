"""Keys of programs: the company's own, and those of storefronts on other machines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency
from pydantic import Field

from mainstem import identity
from mainstem.console.setup.words import CHOICES
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.web.forms import Form, FormFields, whole
from mainstem.web.proof import FRESH
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    names_of,
    show,
)
from mainstem.web.staff.layout import refused as refused_by
from mainstem.web.staff.screen import Screen


@dataclass(frozen=True, slots=True)
class StorefrontKey:
    """A key of a storefront on another machine. One that was rolled ends at `expires_at`."""

    id: int
    label: str
    scopes: list[str]
    expires_at: datetime | None
    created_at: datetime
    slug: str
    name: str


class KeysPage(Page, kw_only=True):
    """Every key in force, and ways to make and revoke them."""

    programs: list[identity.ApiKeyRow]
    storefronts: list[StorefrontKey]
    who: dict[str, str]
    scopes: list[tuple[str, str]]
    storefront_scopes: list[tuple[str, str]]
    ends: list[tuple[str, str]]
    key: str = ""


_STOREFRONT_KEYS = """
SELECT k.id, k.label, k.scopes, k.expires_at, k.created_at, s.slug, s.name FROM storefront_key k
  JOIN storefront s ON s.home_id = k.home_id AND s.id = k.storefront_id
 WHERE k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > %(now)s)
 ORDER BY k.id DESC LIMIT 200"""
_OF_STOREFRONTS = {
    "orders:read": "See its orders",
    "orders:write": "Place orders",
    "leads:read": "See its leads",
    "leads:write": "Hand over leads",
}
_ENDS = {
    "0": "The old key ends at once",
    "1": "The old key goes on for a day",
    "7": "The old key goes on for a week",
}


def _page(request: HttpRequest, work: Work) -> KeysPage:
    language = language_of(request)
    programs = identity.api_keys(work)
    return KeysPage(
        **layout_of(request, work, "setup"),
        programs=programs,
        storefronts=work.rows_as(StorefrontKey, _STOREFRONT_KEYS, now=work.now()),
        who=names_of(work, language, [row.created_by for row in programs]),
        scopes=[(scope, language.text(CHOICES[scope])) for scope in identity.SCOPES],
        storefront_scopes=[(scope, language.text(of)) for scope, of in _OF_STOREFRONTS.items()],
        ends=[(days, language.text(words)) for days, words in _ENDS.items()],
    )


KEYS = Screen("console/setup_keys.html", _page, "/console/setup/keys")


@get("/setup/keys", sync_to_thread=True)
def keys(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """The keys in force."""
    return KEYS.show(request, work)


class KeyFields(FormFields):
    """A key to be made: for a storefront, or for a program that may do so much."""

    storefront: str = ""
    label: str = ""
    scopes: list[str] = Field(default_factory=list)


class RevokedFields(FormFields):
    """A key, and whether it is a storefront's or a program's."""

    key: Annotated[int | None, whole(digits=18)] = None
    kind: str = ""


@post("/setup/keys", sync_to_thread=True, opt={"proof": FRESH})
def issue(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """Make a key, for a program of the company's or for a storefront; it is shown this once."""
    made: list[str] = []

    def do() -> None:
        sent = form.into(KeyFields)
        if sent.storefront:
            made.append(_storefront_key(work, sent))
        else:
            made.append(identity.issue_api_key(work, label=sent.label, scopes=sent.scopes))

    no = refused_by(work, do)
    page = _page(request, work)
    page.key = made[0] if made else ""
    return show(request, KEYS.template, page, no, form if no else None)


def _storefront_key(work: Work, sent: KeyFields) -> str:
    row = work.row("SELECT id, home_id FROM storefront WHERE slug = %(slug)s", slug=sent.storefront)
    if row is None:
        facts = {"slug": sent.storefront}
        raise InvalidInput(
            Problem("/storefront", "not_found", "No storefront is called {slug}.", facts)
        )
    return identity.issue_key(
        work,
        home_id=row.home_id,
        storefront_id=row.id,
        label=sent.label,
        scopes=sent.scopes,
    )


class RolledFields(RevokedFields):
    """A key, and for how many days it goes on beside the new one."""

    days: Annotated[int | None, whole(digits=1)] = 0


@post("/setup/keys/roll", sync_to_thread=True, opt={"proof": FRESH})
def roll(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """Make a new key in the place of one; it is shown this once."""
    made: list[str] = []

    def do() -> None:
        sent = form.into(RolledFields)
        within = timedelta(days=min(sent.days or 0, identity.ROLLS_WITHIN.days))
        change = identity.roll_key if sent.kind == "storefront" else identity.roll_api_key
        made.append(change(work, sent.key or 0, within=within))

    no = refused_by(work, do)
    page = _page(request, work)
    page.key = made[0] if made else ""
    return show(request, KEYS.template, page, no)


@post("/setup/keys/revoke", sync_to_thread=True, opt={"proof": FRESH})
def revoke(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """Take a key out of force, at once."""

    def do() -> None:
        sent = form.into(RevokedFields)
        id = sent.key or 0
        if sent.kind == "storefront":
            row = work.row("SELECT home_id, key_hash FROM storefront_key WHERE id = %(id)s", id=id)
            if row is not None:
                identity.revoke_key(work, home_id=row.home_id, key_hash=bytes(row.key_hash))
        else:
            identity.revoke_api_key(work, id)

    return KEYS.do(request, work, do, "The key opens nothing any more.")


routes = [keys, issue, roll, revoke]
