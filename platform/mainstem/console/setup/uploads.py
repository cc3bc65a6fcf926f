"""Pictures that are chosen in a form of set-up: taken in first, then named in their fields."""

from __future__ import annotations

from mainstem import pictures, setup
from mainstem.console.setup.shapes import has_picture
from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.kit.work import Work
from mainstem.web.context import app_context_of
from mainstem.web.forms import Form
from mainstem.web.staff.layout import HttpRequest

SUFFIX = "-upload"
"""What the field of a file is called behind the name of the field that it fills."""

FORM_MAX = pictures.BYTES_MAX + 500_000

UPLOADS = {
    f"/console/setup/{kind.name}": FORM_MAX
    for kind in setup.RESOURCES.values()
    if has_picture(kind.model)
}
"""How much each form that takes pictures reads."""


def taken_in(request: HttpRequest, work: Work, form: Form) -> tuple[Form, InvalidInput | None]:
    """The form with the names of its pictures, and what was refused of them.

    It comes before anything is written, so that no row is locked while a picture is made. One that is
    kept stays in its field when the rest of the form is refused.
    """
    named: dict[str, str] = {}
    problems: list[Problem] = []
    settings = app_context_of(request).settings
    for name, file in form.files().items():
        if not name.endswith(SUFFIX):
            continue
        field = name.removesuffix(SUFFIX)
        try:
            store = pictures.store_at(settings.pictures, settings.data)
            named[field] = pictures.upload(work, store, file.file.read()).hash
        except Refused as no:
            problems.append(Problem(f"/{field.replace('-', '/')}", no.code, no.message))
    return form.having(named), InvalidInput(*problems) if problems else None
