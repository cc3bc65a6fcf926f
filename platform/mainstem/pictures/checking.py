"""What an upload is, by its content and not by its name; and what hides in it."""

from __future__ import annotations

import re
from typing import ClassVar

from mainstem.kit.errors import Refused

BYTES_MAX = 20_000_000


class PictureRefused(Refused):
    """The upload is no picture that we take; `code` says why."""

    code = "picture_refused"
    status = 422
    message = "This is no picture that we can take."


class PictureTooLarge(PictureRefused):
    """It has more bytes or more pixels than we take."""

    code: ClassVar[str] = "picture_too_large"
    message: ClassVar[str] = (
        "This picture is too large: at most 20 MB, 40 million pixels and 16,000 pixels a side."
        " Save it smaller."
    )


class PictureUnknown(PictureRefused):
    """Its content is of no kind that we take."""

    code: ClassVar[str] = "picture_unknown"
    message: ClassVar[str] = (
        "This is not a picture in a format that we take. Save it as JPEG, PNG, WebP, AVIF or GIF."
    )


class PictureIsDrawing(PictureRefused):
    """It is an SVG, which may carry a script."""

    code: ClassVar[str] = "picture_is_svg"
    message: ClassVar[str] = (
        "SVG files are not taken, for they can carry scripts. Save the drawing as PNG."
    )


class PictureDamaged(PictureRefused):
    """It begins as a picture and does not go on as one."""

    code: ClassVar[str] = "picture_damaged"
    message: ClassVar[str] = (
        "This picture is damaged or cut off. Open it, save it again and upload it anew."
    )


class PictureHidesSomething(PictureRefused):
    """It is a picture and something else at once."""

    code: ClassVar[str] = "picture_hides_something"
    message: ClassVar[str] = (
        "There is something in this file besides a picture. Open it, save it again as PNG and upload that."
    )


_KINDS = (
    ("jpeg", re.compile(rb"\xff\xd8\xff")),
    ("png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("gif", re.compile(rb"GIF8[79]a")),
    ("webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
    ("avif", re.compile(rb"....ftyp(avif|avis|mif1|msf1)", re.DOTALL)),
)
_DRAWING = re.compile(rb"<svg[\s>:]|<!DOCTYPE\s+svg", re.IGNORECASE)
_HIDDEN = re.compile(
    rb"<script[\s>/]|<html[\s>]|<!doctype\s+html|<\?php|<svg[\s>]|<iframe[\s>]|\)\s*;?\s*</script",
    re.IGNORECASE,
)
_ARCHIVE_END, _PDF = b"PK\x05\x06", b"%PDF-"
_LAST = 70_000


def refuse_what_is_no_picture(data: bytes) -> None:
    """Raise PictureRefused for anything that is not one picture of a kind that we take.

    This looks at bytes only; that it can be decoded as a whole shows when it is.
    """
    if len(data) > BYTES_MAX:
        raise PictureTooLarge
    if not any(begins.match(data) for _, begins in _KINDS):
        if _DRAWING.search(data[:4096]):
            raise PictureIsDrawing
        raise PictureUnknown
    # What a browser or a server might take for something else, wherever it was put.
    if _HIDDEN.search(data) or _ARCHIVE_END in data[-_LAST:] or _PDF in data[:1024]:
        raise PictureHidesSomething
