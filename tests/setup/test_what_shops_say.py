"""What a company says of itself stands in its shops: who sells, and what clients agree to."""

from __future__ import annotations

from typing import Any

import pytest

from mainstem import setup
from mainstem.kit.db import Database
from mainstem.kit.documents import document
from tests.company import a_company
from tests.setup import saying
from tests.surfaces.conftest import Reader, words_of


@pytest.fixture
def slug(database: Database) -> str:
    with database.work() as work:
        company = a_company(work)
        return str(work.value("SELECT slug FROM storefront WHERE id = %(id)s", id=company.shop.id))


def say(database: Database, name: str, said: dict[str, Any]) -> None:
    kind = setup.resource(name)
    with database.work() as work:
        setup.save(work, kind, document(kind.model, said), seen=setup.ANY)


def test_every_shop_says_who_sells(database: Database, reader: Reader, slug: str) -> None:
    say(database, "company", saying.PROFILE)
    page = reader.get(f"/s/{slug}")
    for told in ("Norrskens Ljusstöperi AB", "559123-4567", "Kyrkogatan 2, 972 32 Luleå"):
        assert told in page.text, told


def test_terms_that_are_published_stand_in_every_shop_and_nothing_in_them_runs(
    database: Database, reader: Reader, slug: str
) -> None:
    body = """# Who sells

We do. [Ask us](mailto:hej@norrsken.example)

<script>alert(1)</script>

[no](javascript:alert(1))"""
    say(database, "documents", {"kind": "terms", "texts": {"en": body, "sv": "Vi säljer."}})
    page = reader.get(f"/s/{slug}/terms?lang=en")
    assert "<h2>Who sells</h2>" in page.text
    assert '<a href="mailto:hej@norrsken.example">Ask us</a>' in page.text
    assert "<script>alert" not in page.text and 'href="javascript' not in page.text
    assert "Vi säljer." in words_of(reader.get(f"/s/{slug}/terms?lang=sv"))
    assert "three years" not in words_of(page), "ours is not theirs"
    assert "National Board" not in words_of(page)
    assert "What we keep, and why" in words_of(reader.get(f"/s/{slug}/privacy?lang=en"))
