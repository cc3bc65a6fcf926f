"""Alder sponsors Birch, who sponsors Cedar; and staff who ask for moves and answer them."""

from __future__ import annotations

import pytest
from tests.company import Company, a_company

from mainstem import identity
from mainstem.kit.db import Database
from mainstem.kit.work import Actor


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


@pytest.fixture
def staff(database: Database) -> dict[str, Actor]:
    """Fia and Flo of finance, Li of the lead desk, and a program whose key Flo issued."""
    found = {}
    with database.work() as work:
        for name, role in {"fia": "finance", "flo": "finance", "li": "lead_desk"}.items():
            id = identity.create_person(work, email=f"{name}@example.com", name=name.title())
            identity.grant(work, id, role)
            found[name] = Actor("staff", str(id))
    return found
