"""Faults of a catalogue file: told in the reader's language, and none leaves half of it without a word."""

from __future__ import annotations

import ast
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from tests.catalogs import translations
from tests.catalogue.test_files import SEK, a_file, applied, came, work
from tests.catalogue.test_saving import a_pan

from mainstem import catalog, catalog_files, worker
from mainstem.catalog import Product
from mainstem.catalog_files import TableRefused, service
from mainstem.kit import csv_rows
from mainstem.kit.db import Database
from mainstem.kit.errors import Refused
from mainstem.kit.events import Fact
from mainstem.kit.work import Work

__all__ = ["work"]

SAID = {"FileUnreadable": 0, "CellUnfit": 0, "NotFetched": 0, "TableRefused": 0, "_Unfit": 1,
        "Fault": 1, "RowProblem": 2, "_problem": 2}  # fmt: skip
"""Where each of these is given its sentence."""


def sentences() -> Iterator[str]:
    """Every sentence that the reading of a catalogue file can say, as its code has it."""
    folder = Path(service.__file__).parent
    for path in (*folder.glob("*.py"), Path(csv_rows.__file__)):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in SAID and len(node.args) > SAID[name]:
                said = node.args[SAID[name]]
                if isinstance(said, ast.Constant) and isinstance(said.value, str):
                    yield said.value
    for reason in [one for one in _unfit() if one]:
        yield f"Line {{line}} {reason}."
    yield from (csv_rows.WITHOUT, csv_rows.NOT_ENCODED, csv_rows.NOT_UTF_8)
    yield from csv_rows.IN_QUOTES.values()


def _unfit() -> Iterator[str]:
    tree = ast.parse(Path(csv_rows.__file__).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_Unfit":
            said = node.args[1]
            assert isinstance(said, ast.Constant)
            yield str(said.value)


def test_whatever_is_wrong_with_a_file_is_said_in_swedish_too() -> None:
    said = set(sentences())
    assert len(said) > 30
    swedish = translations()
    assert said <= swedish.keys(), said - swedish.keys()
    for sentence in said:
        assert placeholders(swedish[sentence]) == placeholders(sentence), sentence


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize(
    ("data", "swedish"),
    [
        (b"sep=;\nHandle;Title\n", "Ta bort raden som börjar med sep=."),
        (b"Handle,Handle\na,b\n", "De här kolumnerna finns två gånger: Handle."),
        (b',"Title\n', "Rad 1 börjar en citerad cell som aldrig slutar."),
        (b",,,\n1,2,3,4\n", "Den första raden måste namnge kolumnerna."),
        (b"Handle,Title\na,\x81\n", "vara.csv är inte windows-1252: på rad 2 finns byten 0x81."),
        ("Handle,Title\n".encode("utf-16") + b"\x00", "vara.csv är inte utf-16: på rad 2 finns"),
        (b"Handle,Title\na,b\0\n", "Rad 2 innehåller ett nolltecken"),
    ],
    ids=["sep", "twice", "quote", "no names", "encoding", "half a character", "zero"],
)
def test_a_file_that_is_no_table_says_so_in_the_readers_language(
    work: Work, data: bytes, swedish: str
) -> None:
    with pytest.raises(TableRefused) as refused:
        catalog_files.receive(work, "vara.csv", data, assumed=SEK)
    [problem] = refused.value.problems
    assert problem.pointer == "/file"
    assert swedish in problem.text(in_swedish)
    assert swedish not in problem.text()


def in_swedish(sentence: str) -> str:
    return str(translations()[sentence])


def products(count: int) -> bytes:
    return a_file(
        [
            {
                "Handle": f"p{no}",
                "Title": f"P {no}",
                "Variant SKU": f"P-{no}",
                "Variant Price": "10",
            }
            for no in range(count)
        ]
    )


def requested(work: Work, count: int) -> UUID:
    id = came(work, products(count))
    catalog_files.request(work, id)
    work.session.commit()
    return id


def run(database: Database, id: UUID, save: Callable[[Work, Product], bool]) -> None:
    catalog_files.run(database, Fact(id, 0, service.REQUESTED, str(id)), save=save)


def plainly(work: Work, said: Product) -> bool:
    return catalog.save_product(work, None, said)


def test_a_file_that_breaks_off_says_how_far_it_came_and_goes_on_from_there(
    database: Database, work: Work
) -> None:
    id = requested(work, 60)

    def fails_at_the_end(work: Work, said: Product) -> bool:
        assert said.slug != "p55", "the machine fails here"
        return plainly(work, said)

    with pytest.raises(AssertionError, match="fails here"):
        run(database, id, fails_at_the_end)
    file = catalog_files.look(work, id)
    assert (file.state, file.done, file.total, file.report["new"]) == ("applying", 50, 60, 50)
    assert len(catalog.products(work)) == 50
    work.session.commit()
    by_hand = catalog.products(work)["p0"].model_copy(update={"names": {"en": "By hand"}})
    catalog.save_product(work, None, by_hand)
    work.session.commit()
    run(database, id, plainly)
    file = catalog_files.look(work, id)
    assert (file.state, file.done) == ("applied", 60)
    assert dict(file.report) | {"departments": []} == {
        "new": 60, "changed": 0, "same": 0, "problems": [], "departments": [],
    }  # fmt: skip
    assert len(catalog.products(work)) == 60
    assert catalog.products(work)["p0"].names == {"en": "By hand"}


def test_a_file_that_is_given_up_says_so(database: Database, work: Work) -> None:
    id = requested(work, 1)
    assert not catalog_files.look(work, id).stopped
    work.run("UPDATE fact_waiting SET state = 'dead' WHERE subject = %(id)s", id=str(id))
    assert catalog_files.look(work, id).stopped
    work.run("UPDATE fact_waiting SET state = 'waiting' WHERE subject = %(id)s", id=str(id))
    work.session.commit()
    while worker.work_outside(database) or worker.work_inside(database):
        pass
    assert catalog_files.look(work, id).state == "applied"


class Sold(Refused):
    """Any refusal at all."""

    message = "It is sold out for ever."


def test_one_product_that_cannot_be_saved_is_told_and_stops_none_of_the_others(
    database: Database, work: Work
) -> None:
    id = requested(work, 3)

    def refuses_one(work: Work, said: Product) -> bool:
        if said.slug == "p1":
            raise Sold
        return plainly(work, said)

    run(database, id, refuses_one)
    report = catalog_files.look(work, id).report
    assert report["new"] == 2
    [problem] = catalog_files.problems_of(report)
    assert (problem.line, problem.text()) == (3, "It is sold out for ever.")


def test_that_goods_stay_goods_is_told_before_anything_is_applied(
    database: Database, work: Work
) -> None:
    catalog.save_product(work, None, a_pan())
    ours = catalog_files.exported(work).replace("goods", "service")
    id = catalog_files.receive(work, "ours.csv", ours.encode(), assumed=SEK)
    found = catalog_files.previewed(work, id)
    assert [(one.column, one.text()) for one in found.problems] == [
        ("kind", "Goods stay goods, and a service a service.")
    ]
    assert found.proposals == []
    assert applied(database, work, id, leave_out=True)["problems"]
