"""How a file is read: as it declares itself, every fault with its line, and no order left out."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstem.importing.file import COLUMNS, OPTIONAL, OrdersFile
from mainstem.kit.csv_rows import CsvRows, Fault, FileUnreadable, Row

NOW = datetime(2026, 11, 1, tzinfo=UTC)
HEADER = [name for name in COLUMNS if name not in ("address_line2", "code")]
ROW = {
    "external_id": "A-1", "storefront": "shop", "placed_at": "2026-10-01T10:00:00Z", "currency": "SEK",
    "locale": "sv", "client_name": "Ada Lind", "client_email": "ada@example.com", "client_phone": "",
    "address_line1": "Storgatan 1", "postal_code": "114 55", "city": "Stockholm", "country": "SE",
    "paid_at": "2026-10-01T10:05:00Z", "payment_reference": "", "shipped_at": "", "delivered_at": "",
    "sku": "KETTLE-1", "quantity": "1", "line_total_minor": "10000", "refunded_minor": "", "refunded_at": "",
}  # fmt: skip


def a_text(*rows: dict[str, str], delimiter: str = ",", end: str = "\r\n") -> str:
    words = io.StringIO()
    table = csv.DictWriter(words, HEADER, delimiter=delimiter, lineterminator=end)
    table.writeheader()
    table.writerows([ROW | row for row in rows])
    return words.getvalue()


def a_file(folder: Path, text: str | bytes) -> Path:
    path = folder / "orders.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@contextmanager
def opened(folder: Path, text: str | bytes, *, encoding: str = "utf-8") -> Iterator[OrdersFile]:
    file = OrdersFile(a_file(folder, text), now=NOW, encoding=encoding)
    try:
        yield file
    finally:
        file.close()


def problems(folder: Path, text: str | bytes) -> list[tuple[int, str, str]]:
    with opened(folder, text) as file:
        return [(one.at, one.field, one.reason) for one in file.problems()]


# ------------------------------------------------------------------------- quoting and delimiters


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_header_says_what_parts_the_cells(tmp_path: Path, delimiter: str, end: str) -> None:
    names = ["Lind, Ada", "Lind; Ada", "Lind\tAda", 'Ada "the pan" Lind', "Ada #1", "'Ada'"]
    rows = [{"external_id": f"A-{n}", "client_name": name} for n, name in enumerate(names)]
    with opened(tmp_path, a_text(*rows, delimiter=delimiter, end=end)) as file:
        assert file.problems() == []
        assert [order.said["client_name"] for order in file.orders()] == names


def test_a_quoted_cell_is_read_however_late_it_comes(tmp_path: Path) -> None:
    rows = [{"external_id": f"A-{n:05}"} for n in range(25_000)]
    rows.append({"external_id": "last", "client_name": "Lind, Ada"})
    with opened(tmp_path, a_text(*rows)) as file:
        assert file.problems() == []
        assert file.count() == (25_001, 25_001)
        [name] = [o.said["client_name"] for o in file.orders() if o.said["external_id"] == "last"]
        assert name == "Lind, Ada"


def test_lines_are_counted_as_an_editor_does_inside_of_quoted_cells_too(tmp_path: Path) -> None:
    text = a_text(
        {"external_id": "1", "address_line1": "Storgatan 1\r\nin the yard"},
        {"external_id": "2", "quantity": "x"},
        {"external_id": "3", "client_name": "A\nB\nC", "quantity": "y"},
        {"external_id": "4", "quantity": "z"},
    )
    assert problems(tmp_path, text) == [
        (4, "quantity", "is no whole number: x"),
        (5, "quantity", "is no whole number: y"),
        (8, "quantity", "is no whole number: z"),
    ]


@pytest.mark.parametrize(
    ("cell", "line", "reason"),
    [
        ('Ada "the pan" Lind', 3, "has a quote inside a cell: put the whole cell in quotes, and double those in it"),
        ('"Ada" Lind', 3, "has text after the quote that ends a cell"),
        ('"Ada Lind', 3, "begins a quoted cell that does not end"),
        ('"Ada\n Lind" x', 4, "has text after the quote that ends a cell"),
        ("Lind, Ada", 3, "has 22 cells, and the header 21: put a cell that holds a comma in quotes"),
    ],
)  # fmt: skip
def test_a_row_that_breaks_the_rules_of_quoting_is_told_with_its_line(
    tmp_path: Path, cell: str, line: int, reason: str
) -> None:
    text = a_text({"external_id": "1"}, {"external_id": "2", "client_name": "@"})
    assert problems(tmp_path, text.replace("@,", f"{cell},", 1)) == [(line, "", reason)]


@settings(max_examples=300)
@given(
    st.lists(
        st.lists(st.text("ab,;\t\"\n\r 'å", max_size=6), min_size=3, max_size=3),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_is_quoted_by_the_rules_comes_out_as_it_went_in(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], delimiter: str, end: str
) -> None:
    words = io.StringIO()
    table = csv.writer(words, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    table.writerows([["a", "b", "c"], *rows])
    path = a_file(tmp_path_factory.mktemp("any"), words.getvalue())
    found = list(CsvRows(path, encoding="utf-8", names=COLUMNS).rows(may_be_absent=()))
    plain = [[cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row] for row in rows]
    assert [row.cells for row in found if isinstance(row, Row)] == plain
    assert not [row for row in found if isinstance(row, Fault)]


# ------------------------------------------------------------------------- headers and cells


def test_a_second_header_in_the_file_is_refused_by_name(tmp_path: Path) -> None:
    first, second = a_text({"external_id": "1"}, {"external_id": "2"}), a_text({"external_id": "3"})
    told = [
        (
            4,
            "",
            "is a second header: two exports in one file. Import each from a file of its own."
            " What follows it was not read",
        )
    ]
    assert problems(tmp_path, first + second) == told
    assert problems(tmp_path, first + "\ufeff" + second.replace("locale,", "locale,code,")) == told
    assert problems(tmp_path, first + second.replace(",", ";")) == told
    assert problems(tmp_path, first + second.replace("external_id", '"external_id"')) == told


def test_empty_cells_may_be_absent_at_the_end_of_a_row(tmp_path: Path) -> None:
    text = a_text({"external_id": "1"}, {"external_id": "2"})
    short = text.replace("10000,,\r\n", "10000\r\n", 1)
    with opened(tmp_path, short) as file:
        assert file.problems() == []
        assert file.count() == (2, 2)
    assert problems(tmp_path, text.replace("KETTLE-1,1,10000,,\r\n", "KETTLE-1\r\n", 1)) == [
        (2, "", "has 17 cells, and the header 21: quantity, line_total_minor must be there")
    ]


def test_lines_that_are_empty_are_no_rows(tmp_path: Path) -> None:
    text = a_text({"external_id": "1"}, {"external_id": "2", "quantity": "x"})
    assert problems(
        tmp_path, text.replace("\r\nA", "\r\n\r\nA").replace("\r\n2", "\r\n\r\n2") + "\r\n\r\n"
    ) == [(4, "quantity", "is no whole number: x")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Line 1 is empty. The first line must name the columns."),
        ("\r\n" + a_text({}), "Line 1 is empty"),
        ("sep=;\r\n" + a_text({}, delimiter=";"), "Take out the line that begins with sep=."),
        (a_text({}).replace("sku,", "sku,sku,", 1), "These columns are there twice: sku."),
        (
            a_text({}).replace("sku,", "artikel,", 1),
            "missing: sku. These columns are not known: artikel.",
        ),
        (
            a_text({}).replace("\r\n", ",\r\n", 1),
            "These columns are not known: one without a name.",
        ),
        (a_text({"city": "Stock\0holm"}), "Line 2 holds a zero character: this is no text."),
    ],
)
def test_what_is_no_table_of_orders_is_refused_with_the_reason(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(FileUnreadable) as refused, opened(tmp_path, text):
        pass
    assert said in str(refused.value)


# ------------------------------------------------------------------------- encodings

ASA = a_text({"external_id": "1"}, {"external_id": "2", "client_name": "Åsa Öberg"})


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (ASA.encode("utf-8"), "utf-8"), (ASA.encode("utf-8-sig"), "utf-8"),
        (ASA.encode("utf-16"), "utf-16"), (b"\xfe\xff" + ASA.encode("utf-16-be"), "utf-16"),
        (ASA.encode("cp1252"), "windows-1252"),
    ],
)  # fmt: skip
def test_a_file_is_read_in_the_encoding_that_is_named(
    tmp_path: Path, data: bytes, encoding: str
) -> None:
    with opened(tmp_path, data, encoding=encoding) as file:
        assert file.problems() == []
        assert [order.said["client_name"] for order in file.orders()] == ["Ada Lind", "Åsa Öberg"]


@pytest.mark.parametrize(
    ("data", "encoding", "said"),
    [
        (ASA.encode("cp1252"), "utf-8",
         "is not UTF-8: line 3 holds the byte 0xC5. If it was saved as CSV on Windows, import it with"
         " --encoding windows-1252."),
        (ASA.encode("utf-16"), "utf-8", "is UTF-16. Import it with --encoding utf-16."),
        (ASA.encode("utf-8"), "utf-16", "is not UTF-16: it does not begin with a byte order mark."),
        (ASA.replace("Ö", "\x81").encode("latin-1"), "windows-1252",
         "is not windows-1252: line 3 holds the byte 0x81."),
    ],
)  # fmt: skip
def test_another_encoding_is_told_by_name_and_line(
    tmp_path: Path, data: bytes, encoding: str, said: str
) -> None:
    with pytest.raises(FileUnreadable) as refused, opened(tmp_path, data, encoding=encoding):
        pass
    assert str(refused.value) == f"orders.csv {said}"


# ------------------------------------------------------------------------- times

TEN = datetime(2026, 10, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-10-01T10:00:00Z", TEN), ("2026-10-01 10:00:00", TEN), ("2026-10-01T10:00", TEN),
        ("2026-10-01T10", TEN), ("2026-10-01 12:00:00 +0200", TEN), ("2026-10-01T12:00:00+02:00", TEN),
        ("2026-10-01 12:00:00+02", TEN), ("20261001T100000Z", TEN), ("2026-10-01 10:00:00 UTC", TEN),
        ("2026-10-01t10:00:00z", TEN), ("2026-10-01T04:30:00-05:30", TEN),
        ("2026-10-01T10:00:00.250Z", TEN.replace(microsecond=250000)),
        ("2026-10-01T10:00:00,25Z", TEN.replace(microsecond=250000)),
        ("2026-10-01", TEN.replace(hour=0)), ("20261001", TEN.replace(hour=0)),
        ("2026-13-01", None), ("2026-02-30", None), ("2026-10-01 25:00", None), ("1 Oct 2026", None),
        ("10/01/2026", None), ("2026-10-01 10:00 Stockholm", None), ("1790848800", None), ("infinity", None),
    ],
)  # fmt: skip
def test_times_are_read_as_iso_writes_them_and_never_guessed(
    tmp_path: Path, written: str, at: datetime | None
) -> None:
    row = {"placed_at": written, "paid_at": "2026-10-02", "shipped_at": "2026-10-03"}
    with opened(tmp_path, a_text(row)) as file:
        if at is None:
            assert [(p.field, p.reason) for p in file.problems()] == [
                ("placed_at", f"is no time: {written}")
            ]
        else:
            assert file.problems() == []
            assert [order.placed_at for order in file.orders()] == [at]


def test_an_event_told_by_its_day_was_after_what_came_before_it_that_day(tmp_path: Path) -> None:
    row = {
        "paid_at": "2026-10-01T10:05:00Z", "shipped_at": "2026-10-01", "delivered_at": "2026-10-01",
        "refunded_minor": "10000", "refunded_at": "2026-10-01",
    }  # fmt: skip
    paid = datetime(2026, 10, 1, 10, 5, tzinfo=UTC)
    with opened(tmp_path, a_text(row)) as file:
        assert file.problems() == []
        [order] = file.orders()
        assert (order.shipped_at, order.delivered_at) == (paid, paid)
        assert order.lines[0].refunded_at == paid


def test_a_day_is_that_of_where_it_was_written(tmp_path: Path) -> None:
    # The evening of the 1st in New York is the 2nd in UTC.
    west = {
        "paid_at": "2026-10-01T23:30:00-04:00",
        "refunded_minor": "1",
        "refunded_at": "2026-10-01",
    }
    assert problems(tmp_path, a_text(west)) == []
    before = west | {"refunded_at": "2026-09-30"}
    assert problems(tmp_path, a_text(before)) == [(2, "refunded_at", "is before paid_at")]
    placed = {"placed_at": "2026-10-01", "paid_at": "2026-10-01T01:00:00+02:00"}
    assert problems(tmp_path, a_text(placed)) == []


# ------------------------------------------------------------------------- the guide

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "import.md"


def test_the_guides_file_is_one_and_comes_to_what_the_guide_says(tmp_path: Path) -> None:
    blocks = dict(re.findall(r"^```(\w+)\n(.*?)^```", GUIDE.read_text(), re.S | re.M))
    with opened(tmp_path, blocks["csv"]) as file:
        assert file.problems() == []
        told = json.loads(blocks["json"])
        assert file.count() == (told["orders"], told["lines"])


def test_the_guide_names_every_column_and_says_which_are_needed() -> None:
    rows = re.findall(r"^\| (`.+?) \| (needed)? *\|", GUIDE.read_text(), re.M)
    needed = {name for names, word in rows if word for name in re.findall(r"`(\w+)`", names)}
    named = {name for names, _ in rows for name in re.findall(r"`(\w+)`", names)}
    assert named == set(COLUMNS)
    assert needed == set(COLUMNS) - set(OPTIONAL)


def test_the_times_in_the_guide_are_times(tmp_path: Path) -> None:
    written = re.findall(r"`(2026\S[^`]*)`", GUIDE.read_text())
    assert len(written) >= 4
    for time in written:
        row = {"placed_at": time, "paid_at": "2026-10-02"}
        assert problems(tmp_path, a_text(row)) == [], time
