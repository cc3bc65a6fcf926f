"""Passkeys: made by the browser, kept by us, and removed."""

from __future__ import annotations

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem.identity import add_passkey, registration_options, remove_passkey
from mainstem.kit.errors import Refused
from mainstem.web.brand import brand_of
from mainstem.web.forms import Form
from mainstem.web.pages.account.around import (
    HOME,
    after_adding,
    in_my_work,
    reader_of,
    told,
)
from mainstem.web.pages.account.overview import device_in_words
from mainstem.web.pages.entering import HttpRequest, OnwardFields, Page
from mainstem.web.proof import FRESH
from mainstem.web.rendering import language_of, redirect


class PasskeyFields(OnwardFields):
    """What the browser has made, what its owner calls it, and where they were going."""

    credential: str = ""
    label: str = ""


@post("/passkeys/options", status_code=200, opt={"proof": FRESH})
async def options(request: HttpRequest) -> Response[bytes]:
    """What the browser makes a passkey from, as JSON."""
    person_id, company = reader_of(request).person_id, brand_of(request).name
    said = await in_my_work(
        request, lambda work: registration_options(work, person_id, company=company)
    )
    return Response(said.encode(), media_type="application/json")


@post("/passkeys", opt={"proof": FRESH})
async def add(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Keep the passkey, under the name of its device where it was given none."""
    reader, sent = reader_of(request), form.into(PasskeyFields)
    agent = request.headers.get("user-agent", "")
    label = sent.label or device_in_words(language_of(request), agent)
    try:
        added = await in_my_work(
            request,
            lambda work: add_passkey(
                work, reader.person_id, reader.session_id, sent.credential, label=label
            ),
        )
    except Refused as no:
        return told(request, no)
    return await after_adding(request, added, sent.onward, "Your passkey is set up.")


@post("/passkeys/{id:int}/removal", opt={"proof": FRESH})
async def remove(request: HttpRequest, id: FromPath[int]) -> Page:
    """Take a passkey away."""
    person_id = reader_of(request).person_id
    try:
        await in_my_work(request, lambda work: remove_passkey(work, person_id, id))
    except Refused as no:
        return told(request, no)
    return redirect(request, HOME, notice=language_of(request).text("The passkey is removed."))


routes = [options, add, remove]
