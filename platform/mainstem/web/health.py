"""Health: whether the database answers and is of this version."""

from __future__ import annotations

from functools import cache

from alembic.script import ScriptDirectory

from mainstem.kit.db import Database
from mainstem.paths import PACKAGE


@cache
def newest_revision() -> str:
    """The revision of the schema that this version of the program was written for."""
    head = ScriptDirectory(str(PACKAGE / "migrations")).get_current_head()
    assert head is not None, "the package carries its migrations"
    return head


def is_current(database: Database) -> bool:
    """Whether the database answers with the schema of this version. Raises when it does not."""
    with database.work() as work:
        return bool(work.value("SELECT version_num FROM alembic_version") == newest_revision())
