"""Where pictures lie: a folder beside the company's other data, or a bucket that speaks S3.

A file's name is made from the content of the upload, so it never changes and may be kept for ever.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import parse_qs, urlsplit

from obstore.exceptions import BaseError
from obstore.store import S3Store

from mainstem.kit.errors import Refused

NAME = re.compile(r"([0-9a-f]{64})-(320|640|1280|1920)\.(avif|webp|jpg)")
T = TypeVar("T")
MEDIA_TYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}


class PicturesUnavailable(Refused):
    """The bucket does not answer; the same succeeds when it does."""

    code = "pictures_unavailable"
    status = 503
    message = "Pictures cannot be reached just now. Try again in a moment."


class Store(Protocol):
    """Keeps files by name."""

    def put(self, name: str, data: bytes) -> None:
        """Keep a file; one that is there already stays."""

    def get(self, name: str) -> bytes | None:
        """The file; None where there is none."""


class FolderStore:
    """Files in a folder, spread by the first two letters of their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, data: bytes) -> None:
        """Keep a file, whole or not at all."""
        path = self._path(name)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        begun = path.with_name(f".{name}.{os.getpid()}.{os.urandom(4).hex()}")
        begun.write_bytes(data)
        begun.replace(path)

    def get(self, name: str) -> bytes | None:
        """The file; None where there is none."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None

    def _path(self, name: str) -> Path:
        assert NAME.fullmatch(name)
        return self._folder / name[:2] / name


class BucketStore:
    """Files in a bucket. Who we are there is said by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        said = {name: values[0] for name, values in parse_qs(parts.query).items()}
        endpoint = said.get("endpoint")
        self._store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            endpoint=endpoint,
            region=said.get("region", "us-east-1"),
            virtual_hosted_style_request=endpoint is None,
            client_options={
                "allow_http": bool(endpoint and endpoint.startswith("http://")),
                "timeout": "20s",
                "connect_timeout": "5s",
            },
            retry_config={"max_retries": 2},
        )

    def put(self, name: str, data: bytes) -> None:
        """Keep a file."""
        kind = MEDIA_TYPES[name.rpartition(".")[2]]
        attributes = {"Content-Type": kind, "Cache-Control": "public, max-age=31536000, immutable"}
        _reach(lambda: self._store.put(f"{name[:2]}/{name}", data, attributes=attributes))

    def get(self, name: str) -> bytes | None:
        """The file; None where there is none."""
        assert NAME.fullmatch(name)
        try:
            return _reach(lambda: bytes(self._store.get(f"{name[:2]}/{name}").bytes()))
        except FileNotFoundError:
            return None


def _reach(do: Callable[[], T]) -> T:
    try:
        return do()
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        raise PicturesUnavailable from error


@lru_cache(maxsize=4)
def store_at(place: str, data: Path) -> Store:
    """The store of a setting: empty for the data folder, or s3://bucket/folder?endpoint=…&region=…."""
    return BucketStore(place) if place else FolderStore(data / "pictures")
