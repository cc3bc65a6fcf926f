"""Re-encodes one picture: run as a process of its own, for what a stranger made is decoded here.

It reads the upload from its input, decodes the whole of it within limits of memory, time and pixels,
turns it the way its camera was held, and writes every size in every format, without any metadata.
Nothing of the upload's own bytes survives. It imports nothing of ours, so that it starts at once.

The answer is JSON on one line, then the files one after another, as long as the line says.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

PIXELS_MAX = 40_000_000
SIDE_MAX = 16_000  # a WebP has no more than 16,383
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
SIZES = (320, 640, 1280, 1920)
MEMORY_MAX = 1_500_000_000
CPU_SECONDS_MAX = 60
_WRITTEN = (
    ("avif", "AVIF", {"quality": 55, "speed": 8}),
    ("webp", "WEBP", {"quality": 80, "method": 4}),
    ("jpg", "JPEG", {"quality": 82, "optimize": True, "progressive": True}),
)


_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"


class _Unfit(Exception):
    """Why the upload is no picture that we take: a code."""


def _opened(data: bytes) -> Image.Image:
    """The picture, decoded to its last pixel."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as looked_at:
            _refuse_large(looked_at)
            looked_at.verify()
            # The library does not look at the sum behind the mark that ends a PNG.
            if looked_at.format == "PNG" and _PNG_END not in data:
                raise _Unfit("damaged")
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
        picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        raise _Unfit("too_large") from None
    except UnidentifiedImageError:
        raise _Unfit("not_a_picture") from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError):
        raise _Unfit("damaged") from None
    return picture


def _refuse_large(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > PIXELS_MAX or max(width, height) > SIDE_MAX:
        raise _Unfit("too_large")


def _upright(picture: Image.Image) -> Image.Image:
    """As it is to be looked at: turned, in plain colours, and with nothing else to it."""
    turned = ImageOps.exif_transpose(picture)
    has_alpha = turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info
    plain = turned.convert("RGBA" if has_alpha else "RGB")
    bare = Image.new(plain.mode, plain.size)
    bare.paste(plain)
    return bare


def _scaled(picture: Image.Image, width: int) -> Image.Image:
    """No wider than this; never larger than it was."""
    if picture.width <= width:
        return picture
    height = max(1, round(picture.height * width / picture.width))
    return picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _written(picture: Image.Image, kind: str, options: dict[str, int | bool]) -> bytes:
    if kind == "JPEG" and picture.mode == "RGBA":
        ground = Image.new("RGB", picture.size, "white")
        ground.paste(picture, mask=picture.getchannel("A"))
        picture = ground
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def main() -> None:
    """Re-encode what comes in."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_MAX, CPU_SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    Image.MAX_IMAGE_PIXELS = PIXELS_MAX
    # The library only warns of a picture of up to twice the limit.
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    out = sys.stdout.buffer
    try:
        picture = _upright(_opened(sys.stdin.buffer.read()))
        files = []
        for size in SIZES:
            scaled = _scaled(picture, size)
            files += [
                (f"{size}.{name}", _written(scaled, kind, dict(options)))
                for name, kind, options in _WRITTEN
            ]
    except _Unfit as unfit:
        out.write(json.dumps({"refused": str(unfit)}).encode())
        return
    except MemoryError:
        out.write(json.dumps({"refused": "too_large"}).encode())
        return
    said = {
        "width": picture.width,
        "height": picture.height,
        "files": [(name, len(data)) for name, data in files],
    }
    out.write(json.dumps(said).encode() + b"\n")
    for _, data in files:
        out.write(data)


if __name__ == "__main__":
    main()
