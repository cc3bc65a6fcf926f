"""Health: whether the database answers and is of this version."""

from __future__ import annotations

from functools import cache

from alembic.script import ScriptDirectory

from mainstem.kit.work import Work
from mainstem.paths import PACKAGE


@cache
def newest_revision() -> str:
    """The revision of the schema that this version of the program was written for."""
    head = ScriptDirectory(str(PACKAGE / "migrations")).get_current_head()
    assert head is not None, "the package carries its migrations"
    return head


def is_current(work: Work) -> bool:
    """Whether the database has the schema of this version."""
    return bool(work.value("SELECT version_num FROM alembic_version") == newest_revision())
