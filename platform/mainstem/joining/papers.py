"""Papers of applicants: PDF, JPEG or PNG by their content, kept by it in a folder that no page serves.

They lie beside the company's pictures and are nobody's to see but staff's. Nothing in them is opened here:
what is asked for is proof, as it was sent.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from mainstem.kit.errors import Refused
from mainstem.kit.malware import Scanner, ScannerAway
from mainstem.kit.telemetry import log
from mainstem.kit.text import unseen

BYTES_MAX = 5_000_000
NAME_MAX = 120
GIVEN_LATELY = 600
"""Seconds. A file that was given so lately is of somebody whose answer may not be written yet."""
MEDIA_TYPES = {"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png"}
_HASH = re.compile(r"[0-9a-f]{64}")
_PDF_END = b"%%EOF"
_HIDDEN = re.compile(
    rb"<script[\s>/]|<html[\s>]|<!doctype\s+html|<\?php|<svg[\s>]|<iframe[\s>]", re.I
)


class PaperRefused(Refused):
    """The file is none that we take."""

    code: ClassVar[str] = "paper_refused"
    status: ClassVar[int] = 422
    message: ClassVar[str] = "Send a PDF, or a picture as JPEG or PNG."


class PaperTooLarge(PaperRefused):
    """It is larger than we take."""

    code: ClassVar[str] = "paper_too_large"
    message: ClassVar[str] = "This file is larger than 5 MB. Save it smaller."


class PaperInfected(PaperRefused):
    """The company's scanner has found malware in it."""

    code: ClassVar[str] = "paper_infected"
    message: ClassVar[str] = (
        "Something harmful was found in this file. Make it anew, or send it from another computer."
    )


class PaperNotSearched(PaperRefused):
    """The company has a scanner, and it does not answer: so nobody knows."""

    code: ClassVar[str] = "paper_not_searched"
    status: ClassVar[int] = 503
    message: ClassVar[str] = (
        "Files cannot be searched for malware right now, so none is taken or opened. Try again in some"
        " minutes."
    )


@dataclass(frozen=True, slots=True)
class Paper:
    """A file as it is kept: by its content, with the name that its sender gave it."""

    hash: str
    name: str
    kind: str
    size: int


class PaperStore:
    """Files in a folder that only this machine's own account reads."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "papers"

    def put(self, hash: str, data: bytes) -> None:
        """Keep a file, whole or not at all; one that is there already stays."""
        path = self._path(hash)
        with suppress(FileNotFoundError):
            os.utime(path)
            return
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        begun = path.with_name(f".{hash}.{os.getpid()}.{os.urandom(4).hex()}")
        with os.fdopen(os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
        begun.replace(path)

    def get(self, hash: str) -> bytes | None:
        """The file; None where there is none."""
        try:
            return self._path(hash).read_bytes()
        except FileNotFoundError:
            return None

    def delete(self, hash: str) -> None:
        """Delete a file that nobody has given lately; whoever gives it anew keeps it."""
        path = self._path(hash)
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > GIVEN_LATELY:
                path.unlink()

    def _path(self, hash: str) -> Path:
        assert _HASH.fullmatch(hash)
        return self._folder / hash[:2] / hash


def take_paper(store: PaperStore, name: str, data: bytes) -> Paper:
    """Check a file and keep it. Raises PaperRefused with nothing kept."""
    if len(data) > BYTES_MAX:
        raise PaperTooLarge
    kind = kind_of(data)
    if kind is None:
        raise PaperRefused
    hash = hashlib.sha256(data).hexdigest()
    store.put(hash, data)
    return Paper(hash, _plain(name, kind), kind, len(data))


def refuse_infected(scanner: Scanner | None, data: bytes) -> None:
    """Have a file searched, where the company has a scanner. Raises PaperInfected and PaperNotSearched.

    Call it outside of any transaction that writes.
    """
    if scanner is None or not data:
        return
    try:
        found = scanner.search(data)
    except ScannerAway as error:
        log("joining").error("scanner away", cause=str(error))
        raise PaperNotSearched from error
    if found:
        log("joining").warning("malware in a paper", found=found)
        raise PaperInfected


def kind_of(data: bytes) -> str | None:
    """What a file is, by its content and not by its name; None for nothing that we take.

    A picture that is a page as well is refused: some browser would open it as one.
    """
    if data.startswith(b"%PDF-") and _PDF_END in data[-2048:]:
        return "pdf"
    if data.startswith(b"\xff\xd8\xff") and data.rstrip(b"\0").endswith(b"\xff\xd9"):
        return None if _HIDDEN.search(data) else "jpg"
    if data.startswith(b"\x89PNG\r\n\x1a\n") and b"IEND" in data[-64:]:
        return None if _HIDDEN.search(data) else "png"
    return None


def _plain(name: str, kind: str) -> str:
    """The name without its folder and without what a header or a file system would stumble over."""
    last = re.split(r"[\\/]", name)[-1]
    stem = re.sub(r"[^\w .()-]", "_", last.rpartition(".")[0] or last).strip(" .") or "paper"
    kept = stem if not unseen(stem) else "paper"
    return f"{kept[:NAME_MAX]}.{kind}"
