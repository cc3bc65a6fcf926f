"""What happens to a picture that somebody uploads, and to what only looks like one."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from mainstem import pictures
from mainstem.kit.db import Database
from mainstem.pictures import (
    FolderStore,
    PictureDamaged,
    PictureHidesSomething,
    PictureIsDrawing,
    PictureRefused,
    PictureTooLarge,
    PictureUnknown,
)
from mainstem.pictures.reencoding import _opened, _Unfit

SCRIPT = b"<script>alert(1)</script>"


def a_picture(
    kind: str = "PNG", size: tuple[int, int] = (800, 400), mode: str = "RGB", **options: object
) -> bytes:
    """Left half red, right half blue."""
    made = Image.new(mode, size, "red")
    made.paste(Image.new(mode, (size[0] // 2, size[1]), "blue"), (size[0] // 2, 0))
    out = io.BytesIO()
    made.save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def a_bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says it is so large, all of one colour."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    rows = zlib.compress((b"\0" + b"\0" * ((width + 7) // 8)) * height, 9)
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def with_place() -> bytes:
    """A photograph, held sideways, that tells where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    exif[0x010F] = "Camera of Ada"
    exif.get_ifd(0x8825).update({1: "N", 2: (59.0, 19.0, 0.0), 3: "E", 4: (18.0, 4.0, 0.0)})
    return a_picture("JPEG", exif=exif, comment=b"taken at home")


def hiding(what: bytes) -> bytes:
    return a_picture("GIF") + what


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "pictures")


def opened(store: FolderStore, picture: pictures.Picture, name: str) -> Image.Image:
    data = store.get(f"{picture.hash}-{name}")
    assert data is not None, name
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
def test_a_picture_is_kept_in_every_size_and_format(
    database: Database, store: FolderStore, kind: str
) -> None:
    data = a_picture(kind, (2400, 1200))
    with database.work() as work:
        kept = pictures.upload(work, store, data)
        assert pictures.upload(work, store, data) == kept, "the same file is the same picture"
        assert pictures.get(work, kept.hash) == kept
        assert work.value("SELECT count(*) FROM fact WHERE name = 'picture.uploaded'") == 1
    assert (kept.width, kept.height) == (2400, 1200)
    for size in pictures.SIZES:
        for name, format in (("avif", "AVIF"), ("webp", "WEBP"), ("jpg", "JPEG")):
            file = opened(store, kept, f"{size}.{name}")
            assert (file.format, file.size) == (format, (size, size // 2))


def test_a_small_picture_is_not_made_larger(database: Database, store: FolderStore) -> None:
    with database.work() as work:
        kept = pictures.upload(work, store, a_picture(size=(100, 50)))
    assert opened(store, kept, "1920.webp").size == (100, 50)


def test_a_photograph_is_turned_upright_and_forgets_where_it_was_taken(
    database: Database, store: FolderStore
) -> None:
    with database.work() as work:
        kept = pictures.upload(work, store, with_place())
    assert (kept.width, kept.height) == (400, 800), "it was held sideways"
    for name in ("640.jpg", "640.webp", "640.avif"):
        data = store.get(f"{kept.hash}-{name}")
        assert data is not None
        assert b"Camera" not in data and b"at home" not in data
        shown = Image.open(io.BytesIO(data))
        assert not shown.getexif().get_ifd(0x8825)
        assert dict(shown.getexif()) == {}
        red, _, blue = shown.convert("RGB").getpixel((200, 50))  # type: ignore[misc]
        assert red > blue, "the left half is on top now"


def test_what_is_transparent_is_on_white_where_a_format_knows_no_transparency(
    database: Database, store: FolderStore
) -> None:
    clear = io.BytesIO()
    Image.new("RGBA", (400, 400), (0, 0, 0, 0)).save(clear, "PNG")
    with database.work() as work:
        kept = pictures.upload(work, store, clear.getvalue())
    assert opened(store, kept, "320.webp").convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]
    assert opened(store, kept, "320.jpg").getpixel((5, 5)) == (255, 255, 255)


def test_of_what_moves_the_first_picture_is_kept(database: Database, store: FolderStore) -> None:
    moving = a_picture("GIF", save_all=True, append_images=[Image.new("RGB", (800, 400), "green")])
    with database.work() as work:
        kept = pictures.upload(work, store, moving)
    red, green, _ = opened(store, kept, "640.jpg").getpixel((10, 10))  # type: ignore[misc]
    assert red > 200 > green


REFUSED: list[tuple[str, Callable[[], bytes], type[PictureRefused]]] = [
    ("empty", lambda: b"", PictureUnknown),
    ("a text", lambda: b"hello", PictureUnknown),
    ("a page", lambda: b"<!doctype html><html><body>hi</body></html>", PictureUnknown),
    ("an svg", lambda: b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", PictureIsDrawing),
    ("an svg with a script", lambda: b"<svg><script>alert(1)</script></svg>", PictureIsDrawing),
    ("a program", lambda: b"\x7fELF" + bytes(100), PictureUnknown),
    ("a tiff", lambda: a_picture("TIFF"), PictureUnknown),
    ("a bmp", lambda: a_picture("BMP"), PictureUnknown),
    ("a postscript", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n", PictureUnknown),
    ("a gif and a page", lambda: hiding(b"<html>" + SCRIPT), PictureHidesSomething),
    ("a gif whose comment is a script", lambda: a_picture("GIF", comment=SCRIPT), PictureHidesSomething),
    ("a jpeg with php in a comment", lambda: a_picture("JPEG", comment=b"<?php system(1) ?>"), PictureHidesSomething),
    ("a picture and an archive", lambda: a_picture() + b"PK\x05\x06" + bytes(18), PictureHidesSomething),
    ("a picture and a pdf", lambda: b"GIF89a" + b"%PDF-1.7" + bytes(200), PictureHidesSomething),
    ("a truncated jpeg", lambda: a_picture("JPEG")[:700], PictureDamaged),
    ("a truncated png", lambda: a_picture()[:-40], PictureDamaged),
    ("a webp of nothing", lambda: b"RIFF\x10\0\0\0WEBPVP8 " + bytes(20), PictureRefused),
    ("only a signature", lambda: b"\x89PNG\r\n\x1a\n", PictureRefused),
    ("a bomb", lambda: a_bomb(20_000, 20_000), PictureTooLarge),
    ("a bomb that the library only warns of", lambda: a_bomb(9_000, 5_000), PictureTooLarge),
    ("a long strip", lambda: a_bomb(100, 30_000), PictureTooLarge),
    ("a strip that no WebP is as long as", lambda: a_bomb(10, 16_384), PictureTooLarge),
    ("twenty megabytes and more", lambda: a_picture() + bytes(20_000_001), PictureTooLarge),
]  # fmt: skip


@pytest.mark.parametrize(("make", "why"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED])
def test_what_is_no_picture_is_refused_with_a_sentence_and_nothing_is_kept(
    database: Database, store: FolderStore, tmp_path: Path,
    make: Callable[[], bytes], why: type[PictureRefused],
) -> None:  # fmt: skip
    with database.work() as work:
        with pytest.raises(why) as refused:
            pictures.upload(work, store, make())
        assert work.value("SELECT count(*) FROM picture") == 0
    assert refused.value.status == 422
    assert refused.value.text().endswith(".")
    assert not list(tmp_path.rglob("*.webp"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_picture_that_is_cut_short_anywhere_is_refused(kind: str) -> None:
    whole = a_picture(kind, (60, 40))
    assert _opened(whole).size == (60, 40)
    for length in [*range(40, len(whole), 7), *range(len(whole) - 16, len(whole))]:
        with pytest.raises(_Unfit):
            _opened(whole[:length])


def test_a_name_that_is_none_of_ours_opens_no_file(store: FolderStore) -> None:
    for name in ("../secrets", "a" * 64 + "-999.webp", "a" * 64 + "-320.svg"):
        with pytest.raises(AssertionError):
            store.get(name)
    assert store.get("a" * 64 + "-320.webp") is None
