"""Static files, held in memory: each style sheet in one piece, every address with its version."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = "/static"
_IMPORT = re.compile(r'^@import "([^"]+)";$', re.MULTILINE)
_TEXT = {".css", ".js", ".svg", ".json", ".txt", ".map"}
_TYPES = {".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "public, max-age=0, must-revalidate"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file, ready to send."""

    body: bytes
    zipped: bytes | None
    media_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers and a body."""

    status: int
    headers: dict[str, str]
    body: bytes


class StaticFiles:
    """Every file of a folder. The version is a hash of all of them, so that a relative address
    inside a style sheet carries it too."""

    def __init__(self, folder: Path) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): _read(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        together = hashlib.sha256(
            "".join(f"{name} {file.etag}\n" for name, file in self._files.items()).encode()
        )
        self.version = together.hexdigest()[:12]
        self.root = f"{ROOT}/{self.version}"

    def url(self, name: str) -> str:
        """The address of a file, which changes when any file does."""
        return f"{self.root}/{name}"

    def answer(self, path: str, headers: dict[bytes, bytes]) -> Answer | None:
        """What to send for a path below /static; None where nothing is there."""
        name = path.removeprefix(ROOT).lstrip("/")
        versioned = name.startswith(f"{self.version}/")
        # A page from before a deployment asks for an older version: it gets today's file, which
        # it may not keep.
        older = re.match(r"[0-9a-f]{12}/", name)
        file = self._files.get(name[13:] if older else name)
        if file is None:
            return None
        sent = {
            "content-type": file.media_type,
            "cache-control": _FOREVER if versioned else _ASK_AGAIN,
            "etag": file.etag,
            "vary": "accept-encoding",
        }
        if headers.get(b"if-none-match", b"").decode("latin-1") == file.etag:
            return Answer(304, sent, b"")
        if file.zipped is not None and b"gzip" in headers.get(b"accept-encoding", b""):
            return Answer(200, sent | {"content-encoding": "gzip"}, file.zipped)
        return Answer(200, sent, file.body)


def _read(path: Path) -> StaticFile:
    body = _in_one_piece(path).encode() if path.suffix == ".css" else path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    kind = kind or "application/octet-stream"
    is_text = path.suffix in _TEXT
    zipped = gzip.compress(body, 9, mtime=0) if is_text and len(body) > 800 else None
    return StaticFile(
        body=body,
        zipped=zipped,
        media_type=f"{kind}; charset=utf-8" if is_text else kind,
        etag=f'W/"{hashlib.sha256(body).hexdigest()[:16]}"',
    )


def _in_one_piece(path: Path) -> str:
    """A style sheet with its imports written in: one request instead of a chain of them."""
    return _IMPORT.sub(lambda found: _in_one_piece(path.parent / found[1]), path.read_text("utf-8"))
