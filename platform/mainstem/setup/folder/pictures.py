"""The pictures of a folder: written beside the files that name them, and taken in from there.

A document names a picture that lies in the folder as `pictures/skillet.jpg`; it is kept under the
hash of its content, so the same file is the same picture. One that an export wrote is called by the
name that the company has given it, and keeps that name wherever it is applied.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mainstem import pictures
from mainstem.kit.errors import Problem, Refused
from mainstem.kit.work import Work

FOLDER = "pictures"
LARGEST = f"{pictures.SIZES[-1]}.jpg"
_NAMED = re.compile(rf"{FOLDER}/([A-Za-z0-9][A-Za-z0-9 ._-]{{0,200}})")

Store = Callable[[], pictures.Store]
"""Gives the store where pictures lie, once there is one to read or to keep."""


class NoSuchPicture(Refused):
    """The folder names a picture and does not hold it."""

    code = "picture_not_in_folder"
    status = 422
    message = "There is no such picture in the folder. Put it there, or leave its name out."


def names_in(value: Any) -> Iterator[str]:
    """The uploaded pictures that a document as it is written names."""
    if isinstance(value, str):
        if pictures.is_uploaded(value):
            yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from names_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from names_in(part)


def write_pictures(work: Work, store: Store, folder: Path, names: set[str]) -> list[Path]:
    """Write the largest form of each of these pictures that the company has; the files."""
    known = work.rows("SELECT hash FROM picture WHERE hash = ANY(%(names)s)", names=sorted(names))
    written = []
    for name in sorted(row.hash for row in known):
        content = store().get(f"{name}-{LARGEST}")
        if content is not None:
            path = folder / FOLDER / f"{name}.jpg"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            written.append(path)
    return written


def resolved(value: Any, folder: Path, found: dict[str, Path]) -> Any:
    """What a file says, with the pictures that it names by file named as they will be kept.

    Those that lie in the folder are put into `found`, by that name; a missing one is a refusal.
    """
    if isinstance(value, str):
        return _resolved_name(value, folder, found)
    if isinstance(value, dict):
        return {key: resolved(part, folder, found) for key, part in value.items()}
    return [resolved(part, folder, found) for part in value] if isinstance(value, list) else value


def _resolved_name(text: str, folder: Path, found: dict[str, Path]) -> str:
    match = _NAMED.fullmatch(text)
    if match is None:
        exported = folder / FOLDER / f"{text}.jpg"
        if pictures.is_uploaded(text) and exported.is_file():
            found[text] = exported
        return text
    path = folder / FOLDER / match[1]
    if not path.is_file():
        raise NoSuchPicture
    name = path.stem if pictures.is_uploaded(path.stem) else _hash_of(path)
    found[name] = path
    return name


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def take_in(
    work: Work, store: Store, found: Mapping[str, Path]
) -> Iterator[tuple[str, Problem | Refused]]:
    """Upload what the company does not have yet; which files were refused, and why."""
    for name, path in found.items():
        if pictures.find(work, name) is not None:
            continue
        if path.stat().st_size > pictures.BYTES_MAX:
            yield f"{FOLDER}/{path.name}", pictures.PictureTooLarge()
            continue
        try:
            pictures.named(work, pictures.prepared(store(), path.read_bytes(), name=name))
        except Refused as no:
            yield f"{FOLDER}/{path.name}", no
