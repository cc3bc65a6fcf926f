"""Pictures: taken in, re-encoded, kept by their content, and named in the database."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.events import record
from mainstem.kit.work import Work
from mainstem.pictures.checking import (
    PictureDamaged,
    PictureRefused,
    PictureTooLarge,
    PictureUnknown,
    refuse_what_is_no_picture,
)
from mainstem.pictures.stores import PicturesUnavailable, Store

SIZES = (320, 640, 1280, 1920)
FORMATS = ("avif", "webp", "jpg")
SECONDS_MAX = 60
AT_ONCE = 2
WAIT_SECONDS = 30

_PROGRAM = Path(__file__).with_name("reencoding.py")
_REFUSED: dict[str, type[PictureRefused]] = {
    "too_large": PictureTooLarge,
    "not_a_picture": PictureUnknown,
    "damaged": PictureDamaged,
}
_places = threading.BoundedSemaphore(AT_ONCE)


class PicturesBusy(Refused):
    """As many pictures are being made as this machine makes at once."""

    code = "busy"
    status = 503
    message = "A lot is happening at once. Try again in a moment."
    retry_after = 5


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is kept: what it is called, and how large it was."""

    hash: str
    width: int
    height: int


def upload(work: Work, store: Store, data: bytes) -> Picture:
    """Take in a picture: checked, re-encoded, kept. The same file twice is one picture.

    Raises PictureRefused with nothing kept.
    """
    name = hashlib.sha256(data).hexdigest()
    if (there := find(work, name)) is not None:
        return there
    return named(work, prepared(store, data))


def find(work: Work, hash: str) -> Picture | None:
    """The picture of this name; None where there is none."""
    row = work.row("SELECT hash, width, height FROM picture WHERE hash = %(hash)s", hash=hash)
    return Picture(*row) if row else None


def get(work: Work, hash: str) -> Picture:
    """The picture of this name; NotFound where there is none."""
    found = find(work, hash)
    if found is None:
        raise NotFound("picture")
    return found


def prepared(store: Store, data: bytes, *, name: str = "") -> Picture:
    """Check a picture, re-encode it and keep its files. Needs no database; `named` follows.

    `name` is the one that it had in the company whose export this comes from.
    """
    refuse_what_is_no_picture(data)
    hash = name or hashlib.sha256(data).hexdigest()
    assert is_uploaded(hash)
    width, height, files = reencoded(data)
    for name, content in files.items():
        store.put(f"{hash}-{name}", content)
    return Picture(hash, width, height)


def named(work: Work, picture: Picture) -> Picture:
    """Say in the database that a picture is kept."""
    fresh = work.run(
        """INSERT INTO picture (hash, width, height, sizes, formats, created_at, created_by)
           VALUES (%(hash)s, %(width)s, %(height)s, %(sizes)s, %(formats)s, %(now)s, %(actor)s)
           ON CONFLICT DO NOTHING""",
        hash=picture.hash,
        width=picture.width,
        height=picture.height,
        sizes=list(SIZES),
        formats=list(FORMATS),
        now=work.now(),
        actor=str(work.actor),
    )
    if fresh:
        record(work, "picture.uploaded", picture.hash)
    return picture


def reencoded(data: bytes) -> tuple[int, int, dict[str, bytes]]:
    """Width, height and every file of a picture, made in a process that may not take much.

    Raises PictureRefused, or PicturesBusy when too many wait.
    """
    if not _places.acquire(timeout=WAIT_SECONDS):
        raise PicturesBusy
    try:
        done = subprocess.run(  # noqa: S603 - our own program, without a shell
            [sys.executable, "-I", str(_PROGRAM)],
            input=data,
            capture_output=True,
            timeout=SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PictureTooLarge from None
    finally:
        _places.release()
    if done.returncode != 0:
        # It was ended for the memory or the time that it took, or the decoder fell over it.
        raise PictureTooLarge if done.returncode < 0 else PictureDamaged
    head, _, rest = done.stdout.partition(b"\n")
    said = json.loads(head)
    if "refused" in said:
        raise _REFUSED[said["refused"]]
    files, at = {}, 0
    for name, length in said["files"]:
        files[name] = rest[at : at + length]
        at += length
    return said["width"], said["height"], files


def content(work: Work, hash: str, size: int, kind: str) -> bytes:
    """A picture itself, in one of SIZES; empty where it cannot be had just now."""
    store: Store | None = work.tools.pictures
    try:
        return (store.get(f"{hash}-{size}.{kind}") or b"") if store else b""
    except PicturesUnavailable:
        return b""


def is_uploaded(file: str) -> bool:
    """Whether a picture's name is that of an uploaded one, and not of a drawing that we ship."""
    return len(file) == 64 and all(letter in "0123456789abcdef" for letter in file)


def url(hash: str, size: int = 640, kind: str = "webp") -> str:
    """The address of a picture in one of SIZES."""
    assert size in SIZES
    assert kind in FORMATS
    return f"/media/{hash}-{size}.{kind}"


def sources(hash: str, kind: str) -> str:
    """Every size of a picture in one format, as `srcset` lists them."""
    return ", ".join(f"{url(hash, size, kind)} {size}w" for size in SIZES)
