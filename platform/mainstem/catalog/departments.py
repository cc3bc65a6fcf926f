"""Departments: saved and retired."""

from __future__ import annotations

from mainstem.catalog.documents import Department
from mainstem.catalog.model import DepartmentRow
from mainstem.catalog.version import changed
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.events import record
from mainstem.kit.work import Work

_FIELDS = ("names", "descriptions", "position", "hidden")


def save_department(work: Work, before: Department | None, after: Department) -> None:
    """The department as it is to be. Its slug stays: products and addresses name it.

    A retired one of this slug is taken back. Nothing happens where nothing differs.
    """
    if before is not None and before.slug != after.slug:
        raise InvalidInput(
            Problem("/slug", "not_changeable", "The address stays. Make a new department instead.")
        )
    row = work.session.get(DepartmentRow, after.slug, with_for_update=True, populate_existing=True)
    if row is None:
        work.add(DepartmentRow(**after.model_dump()))
        record(work, "department.created", after.slug)
        changed(work)
        return
    wanted = after.model_dump(include=set(_FIELDS)) | {"active": True}
    if all(getattr(row, field) == value for field, value in wanted.items()):
        return
    for field, value in wanted.items():
        setattr(row, field, value)
    record(work, "department.changed", after.slug)
    changed(work)


def retire_department(work: Work, before: Department) -> None:
    """Take a department out of use. Raises InvalidInput while products are in it."""
    row = work.take(DepartmentRow, before.slug)
    if not row.active:
        return
    count = work.value(
        "SELECT count(*) FROM product WHERE category = %(slug)s AND active", slug=before.slug
    )
    if count:
        raise InvalidInput(
            Problem(
                "/slug",
                "in_use",
                "There are products in it: {count}. Move them to another department first.",
                {"count": count},
            )
        )
    row.active = False
    record(work, "department.retired", before.slug)
    changed(work)
