"""Pictures in a bucket, on a server that speaks S3."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.pictures.test_uploads import a_picture
from tests.waits import PATIENCE

from mainstem import pictures
from mainstem.kit.db import Database
from mainstem.pictures import BucketStore, FolderStore, PicturesUnavailable, store_at


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = Path(sys.executable).with_name("moto_server")
    server = subprocess.Popen(
        [command, "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                make = urllib.request.Request(f"{url}/goods", method="PUT")
                urllib.request.urlopen(make, timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < until and server.poll() is None
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait(PATIENCE)


def test_a_picture_is_kept_in_the_bucket_and_fetched_from_it(
    database: Database, endpoint: str, tmp_path: Path
) -> None:
    store = store_at(f"s3://goods/shop?endpoint={endpoint}", tmp_path)
    assert isinstance(store, BucketStore)
    with database.work() as work:
        kept = pictures.upload(work, store, a_picture())
    data = store.get(f"{kept.hash}-640.webp")
    assert data is not None
    assert data[8:12] == b"WEBP"
    assert store.get("0" * 64 + "-640.webp") is None
    assert not list(tmp_path.iterdir()), "nothing lies in the folder"


def test_a_bucket_that_does_not_answer_is_a_refusal_to_try_again(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    store = store_at("s3://goods?endpoint=http://127.0.0.1:1", tmp_path)
    with database.work() as work:
        with pytest.raises(PicturesUnavailable):
            pictures.upload(work, store, a_picture())
        assert work.value("SELECT count(*) FROM picture") == 0
    with pytest.raises(PicturesUnavailable):
        store.get("0" * 64 + "-640.webp")


def test_without_a_setting_pictures_lie_in_the_data_folder(tmp_path: Path) -> None:
    assert isinstance(store_at("", tmp_path), FolderStore)
