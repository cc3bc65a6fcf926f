"""A company written into a folder: a file a kind of thing, the same for the same company."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Array

from mainstem.kit.documents import Document
from mainstem.kit.work import Work
from mainstem.setup.folder.pictures import Store, names_in, write_pictures
from mainstem.setup.registry import RESOURCES
from mainstem.setup.resource import AnyResource

LINE_MAX = 110
"""What is longer is written on lines of its own."""


def write_folder(work: Work, folder: Path, *, store: Store | None = None) -> list[Path]:
    """Write everything that the company has set; the files. Secrets and passwords are in none.

    With a store, the pictures that documents name are written as well, in their largest form.
    What is in the way of a file is written over; nothing else in the folder is touched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written, named = [], set[str]()
    for kind in RESOURCES.values():
        documents = [*kind.read(work, None).values()]
        named.update(name for one in documents for name in names_in(one.written()))
        path = folder / f"{kind.name}.{kind.file}"
        if documents or path.exists():
            path.write_text(_text(kind, documents), encoding="utf-8", newline="\n")
            written.append(path)
    return written + (write_pictures(work, store, folder, named) if store else [])


def _text(kind: AnyResource, documents: list[Document]) -> str:
    if kind.file == "csv":
        return _csv(kind, documents)
    if kind.single:
        return _toml(_sparse(documents[0]) if documents else {})
    tables = tomlkit.aot()
    for one in documents:
        tables.append(_filled(tomlkit.table(), _sparse(one)))
    return tomlkit.dumps(tomlkit.document().add(table_of(kind), tables)) if documents else ""


def table_of(kind: AnyResource) -> str:
    """What one of them is called in its file."""
    return kind.one.replace(" ", "_")


def _sparse(document: Document) -> dict[str, Any]:
    """What a document says beyond what it would say by itself."""
    said = document.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    return {name: said[name] for name in type(document).model_fields if name in said}


def _toml(said: dict[str, Any]) -> str:
    return tomlkit.dumps(_filled(tomlkit.document(), said))


def _filled(table: Any, said: dict[str, Any]) -> Any:
    """A table with what it says: first what fits a line, then what is a table of its own."""
    short = {name: item for name, value in said.items() if (item := _short(value)) is not None}
    for name, item in short.items():
        table.add(name, item)
    for name, value in said.items():
        if name not in short:
            table.add(name, _long(value))
    return table


def _short(value: Any) -> Any:
    """A value on one line, or a text of several; None for what is better a table."""
    if isinstance(value, dict) or (
        isinstance(value, list) and isinstance(value[:1] and value[0], dict)
    ):
        item = tomlkit.item(_inline(value))
        written = item.as_string()
        return item if len(written) <= LINE_MAX and "\\n" not in written else None
    if isinstance(value, str) and "\n" in value:
        return tomlkit.string(f"\n{value}", multiline=True)
    item = tomlkit.item(value)
    if isinstance(item, Array) and len(item.as_string()) > LINE_MAX:
        return item.multiline(True)
    return item


def _inline(value: Any) -> Any:
    if isinstance(value, list):
        return [_inline(one) for one in value]
    if not isinstance(value, dict):
        return value
    table = tomlkit.inline_table()
    for name, part in value.items():
        table.append(name, _inline(part))
    return table


def _long(value: Any) -> Any:
    if isinstance(value, dict):
        return _filled(tomlkit.table(), value)
    tables = tomlkit.aot()
    for one in value:
        tables.append(_filled(tomlkit.table(), one))
    return tables


def _csv(kind: AnyResource, documents: Iterable[Document]) -> str:
    out = io.StringIO()
    rows = csv.DictWriter(out, [*kind.model.model_fields], lineterminator="\n")
    rows.writeheader()
    for document in documents:
        rows.writerow({name: safe(value) for name, value in document.written().items()})
    return out.getvalue()


def safe(value: Any) -> Any:
    """A cell as a spreadsheet takes it for text: what looks like a formula is told not to be one."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value
