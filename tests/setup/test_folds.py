"""Long forms, folded by idea: what is needed is shown, the rest is one step away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from mainstem import setup
from mainstem.console.setup.shapes import says_something, shape_of, shapes_of
from mainstem.kit.db import Database
from mainstem.kit.documents import Document, document
from mainstem.setup.registry import RESOURCES
from tests.catalogs import translations
from tests.setup import saying
from tests.setup.test_pages import filled, owner
from tests.surfaces.conftest import Reader

__all__ = ["owner"]

LONG = ["company", "products", "teams", "delivery-zones", "storefronts", "affiliates", "tax"]


def folds(page: Any) -> dict[str, bool]:
    """The folds of a form by their titles, and whether any of that title is open."""
    found = re.findall(
        r'<details class="fold"[^>]*?( open)?>\s*<summary><span>([^<]*?)(?: <small>|</span>)',
        page.text,
    )
    return {title: any(is_open for is_open, one in found if one == title) for _, title in found}


def unfolded(page: Any) -> str:
    """What a form shows before anything is opened."""
    form = page.text.partition('<form class="form ')[2].partition("</form>")[0]
    shown, closed, depth = [], 0, 0
    for part in re.split(r"(<details[^>]*>|</details>)", form):
        if part.startswith("<details"):
            depth += 1
            is_shut = 'class="fold"' in part and not part.endswith(" open>")
            closed = closed or (depth if is_shut else 0)
        elif part == "</details>":
            closed = 0 if closed == depth else closed
            depth -= 1
        elif not closed:
            shown.append(part)
    return "".join(shown)


def documents(kind: type[Document]) -> Iterator[type[Document]]:
    """A document, and those that it holds."""
    yield kind
    for field in kind.model_fields.values():
        inner = shape_of(field.annotation).inner
        if isinstance(inner, type) and issubclass(inner, Document):
            yield from documents(inner)


@pytest.mark.parametrize("name", RESOURCES)
def test_what_must_be_filled_in_is_never_folded_and_no_field_is_folded_twice(name: str) -> None:
    for kind in documents(RESOURCES[name].model):
        folded = [field for fold in kind.folds for field in fold.fields]
        assert len(folded) == len(set(folded))
        assert not [field for field in folded if kind.model_fields[field].is_required()]
        for fold in kind.folds:
            assert fold.opens_with is None or fold.opens_with[0] in kind.model_fields


@pytest.mark.parametrize("name", LONG)
def test_a_new_form_is_folded_but_for_what_is_needed(owner: Reader, name: str) -> None:
    kind = setup.resource(name)
    page = owner.get(f"/console/setup/{name}" + ("" if kind.single else "/new"))
    assert folds(page)
    assert set(folds(page).values()) == {False}
    for field in kind.model.model_fields:
        is_folded = any(field in fold.fields for fold in kind.model.folds)
        assert (re.search(f'name="{field}["-]', unfolded(page)) is None) == is_folded, field


def test_a_new_owner_sees_of_goods_their_name_price_tax_and_article_number(owner: Reader) -> None:
    page = unfolded(owner.get("/console/setup/products/new"))
    for name in ("slug", "names-en", "tax_class", "variants-0-sku", "variants-0-prices-SEK"):
        assert f'name="{name}"' in page
    for name in ("sold_from", "maker-name", "variants-0-gtin", "commissionable_bp"):
        assert f'name="{name}"' not in page


def test_a_fold_that_says_something_opens_itself(owner: Reader, database: Database) -> None:
    with database.work() as work:
        for name, said in (("departments", saying.DEPARTMENT), ("products", saying.PRODUCT)):
            kind = setup.resource(name)
            setup.save(work, kind, document(kind.model, said))
    page = owner.get("/console/setup/products/edit?key=candle")
    assert [title for title, is_open in folds(page).items() if is_open] == [
        "Origin, safety and guarantee"
    ]
    # What is not touched stays as it was, folded or not.
    assert owner.post("/console/setup/products", filled(page)).status_code == 303
    with database.work() as work:
        kept = setup.read_one(work, setup.resource("products"), "candle")
    assert kept == document(setup.resource("products").model, saying.PRODUCT)


def test_a_fold_in_which_something_is_wrong_opens_itself(owner: Reader) -> None:
    page = owner.get("/console/setup/products/new")
    sent = filled(page, slug="candle", department="candles", position="-1", guarantee_months="0")
    answer = owner.post("/console/setup/products", sent)
    assert answer.status_code == 422
    assert folds(answer)["When and where it is shown"]
    assert not folds(answer)["Commission"]
    sent = filled(page, **{"variants-0-sku": "A", "variants-0-gtin": "1234"})
    assert folds(owner.post("/console/setup/products", sent))["Bar code, weight and size"]


def test_a_service_shows_how_long_a_visit_takes(owner: Reader) -> None:
    page = owner.get("/console/setup/products/new")
    answer = owner.post("/console/setup/products", filled(page, kind="service"))
    assert folds(answer)["Visits"]


def test_what_says_itself_is_nothing_that_was_said_however_it_was_typed() -> None:
    team = setup.resource("teams").model
    for weekdays in ([1, 2, 3, 4, 5], ["1", "2", "3", "4", "5"]):
        assert not says_something(team, {"weekdays": weekdays, "day_starts": "08:00"})
    assert says_something(team, {"weekdays": ["1"]})
    assert says_something(team, {"active": False})
    product = setup.resource("products").model
    assert not says_something(product, {"commissionable_bp": "100", "maker": {"name": ""}})
    assert not says_something(product, {"commissionable_bp": 10_000, "hidden": False})
    assert says_something(product, {"maker": {"name": "Norrsken"}})


def test_a_row_of_a_form_is_called_by_one_of_its_kind() -> None:
    """It is "Method 1", where the whole of the rows is "Methods"."""
    called = {
        (part.__name__, name): shape.inner.one
        for kind in RESOURCES.values()
        for part in documents(kind.model)
        for name, shape in shapes_of(part).items()
        if shape.kind in ("rows", "rows_by_currency")
    }
    assert len(called) > 10
    assert all(called.values()), called
    assert set(called.values()) <= translations().keys()


def test_every_fold_has_a_title_in_swedish() -> None:
    titles = {
        fold.title
        for kind in RESOURCES.values()
        for part in documents(kind.model)
        for fold in part.folds
    }
    assert titles <= translations().keys()


def test_whatever_a_form_says_of_its_fields_it_says_in_swedish() -> None:
    said = {
        text
        for kind in RESOURCES.values()
        for part in documents(kind.model)
        for field in part.model_fields.values()
        for text in (field.title, field.description)
        if text
    }
    said |= {
        text for kind in RESOURCES.values() for text in (kind.title, kind.help, kind.empty) if text
    }
    assert said <= translations().keys(), said - translations().keys()
