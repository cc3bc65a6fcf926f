"""A company written into a folder: a file a kind of thing, the same for the same company."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tomli_w

from mainstem.kit.documents import Document
from mainstem.kit.work import Work
from mainstem.setup.registry import RESOURCES
from mainstem.setup.resource import AnyResource


def write_folder(work: Work, folder: Path) -> list[Path]:
    """Write everything that the company has set; the files. Secrets and passwords are in none.

    What is in the way of a file is written over; nothing else in the folder is touched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind in RESOURCES.values():
        documents = [*kind.read(work, None).values()]
        path = folder / f"{kind.name}.{kind.file}"
        if documents or path.exists():
            path.write_text(_text(kind, documents), encoding="utf-8", newline="\n")
            written.append(path)
    return written


def _text(kind: AnyResource, documents: list[Document]) -> str:
    if kind.file == "csv":
        return _csv(kind, documents)
    if kind.single:
        return _toml(_sparse(documents[0]) if documents else {})
    return "\n".join(_toml({table_of(kind): [_sparse(one)]}) for one in documents)


def table_of(kind: AnyResource) -> str:
    """What one of them is called in its file."""
    return kind.one.replace(" ", "_")


def _sparse(document: Document) -> dict[str, Any]:
    """What a document says beyond what it would say by itself."""
    said = document.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    return {name: said[name] for name in type(document).model_fields if name in said}


def _toml(said: dict[str, Any]) -> str:
    return tomli_w.dumps(said, multiline_strings=True)


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
