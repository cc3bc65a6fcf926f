"""A storefront's own host: asked for, proved by a record or a file, and removed."""

from __future__ import annotations

from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import domains
from mainstem.domains import Domain
from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.work import Work
from mainstem.web import Form, app_context_of, field_errors, language_of, redirect, render
from mainstem.web.forms import FormFields
from mainstem.web.rendering import words
from mainstem.web.works import in_work
from mainstem_affiliates import editor
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.layout import HttpRequest, Page, PortalPage, around, me_of
from mainstem_affiliates.portal.shop.who import ROOT, as_editor, editor_of


class Proof(msgspec.Struct, frozen=True):
    """What proves a host: a TXT record of this name and value, or a file at this address."""

    record: str
    value: str
    file: str


class DomainsPage(PortalPage, frozen=True, kw_only=True):
    """The hosts of one storefront."""

    shop: str
    hosts: list[tuple[Domain, Proof]]
    points_to: str
    typed: str
    error: str


class HostFields(FormFields):
    """A host, as somebody types it."""

    host: str = ""


@get("/storefront/domains/{shop:str}")
async def show_domains(
    request: HttpRequest, work: NamedDependency[Work], shop: FromPath[str]
) -> Page:
    """The hosts of one storefront, and what is left to do for each."""
    return _page(request, work, shop)


@post("/storefront/domains/{shop:str}", status_code=200)
async def add_domain(
    request: HttpRequest, form: NamedDependency[Form], shop: FromPath[str]
) -> Page:
    """Ask for a host. It serves nothing until it is proved."""
    me, typed = me_of(request), form.into(HostFields).host

    def add(work: Work) -> None:
        domains.add(work, me, _storefront(work, me, shop), typed)

    try:
        await as_editor(request, add)
    except NotFound:
        raise
    except Refused as no:
        said = words(language_of(request), no.problems[0] if field_errors(no.problems) else no)
        return await in_work(
            request,
            editor_of(request),
            lambda work: _page(request, work, shop, typed=typed, error=said),
            home=me,
        )
    return redirect(request, f"{ROOT}/domains/{shop}")


@post("/storefront/domains/{shop:str}/{id:uuid}/check")
async def check_domain(request: HttpRequest, shop: FromPath[str], id: FromPath[UUID]) -> Page:
    """Have a host looked at now."""
    await as_editor(request, lambda work: domains.request_check(work, me_of(request), id))
    notice = language_of(request).text("We are looking. Load this page again in a moment.")
    return redirect(request, f"{ROOT}/domains/{shop}", notice=notice, tone="info")


@post("/storefront/domains/{shop:str}/{id:uuid}/removal")
async def remove_domain(request: HttpRequest, shop: FromPath[str], id: FromPath[UUID]) -> Page:
    """Take a host from the storefront, at once."""
    await as_editor(request, lambda work: domains.remove(work, me_of(request), id))
    notice = language_of(request).text("Removed. Nothing of your shop is there any more.")
    return redirect(request, f"{ROOT}/domains/{shop}", notice=notice)


def _storefront(work: Work, me: int, shop: str) -> int:
    found = editor.storefront_named(work, me, shop)
    if found is None:
        raise NotFound("storefront")
    return found


def _page(request: HttpRequest, work: Work, shop: str, *, typed: str = "", error: str = "") -> Page:
    me, settings = reads.me(work), app_context_of(request).settings
    hosts = domains.of_storefront(work, me.id, _storefront(work, me.id, shop))
    proofs = [domains.proof(settings.secret, one) for one in hosts]
    page = DomainsPage(
        **around(request, me, "shop"),
        shop=shop,
        hosts=[
            (one, Proof(record, value, f"http://{one.host}{domains.FILE}"))
            for one, (record, value) in zip(hosts, proofs, strict=True)
        ],
        points_to=settings.public_url.partition("://")[2].partition(":")[0],
        typed=typed,
        error=error,
    )
    return render(request, "portal/shop_domains.html", page, status=422 if error else 200)


routes = [show_domains, add_domain, check_domain, remove_domain]
