"""Servers that strangers have named are reached on the public internet alone, and hold nobody up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mainstem.catalog_files import fetching
from mainstem.domains import Prover, proving
from mainstem.kit.outside import is_public, no_longer_than


@contextmanager
def a_server_that_drips(first: bytes) -> Iterator[int]:
    """Says something at once, and from then on a byte every twentieth of a second, for ever."""
    listener, stopped = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def serve() -> None:
        try:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(first)
                while not stopped.wait(0.05):
                    connection.sendall(b"x")
        except OSError:
            return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stopped.set()
        listener.close()
        thread.join()


HEADERS = b"HTTP/1.1 200 OK\r\nX-Long: "
BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"
TLS = b"\x16\x03\x03\x40\x00"  # a record of 16 kB is to follow


@pytest.mark.parametrize("first", [HEADERS, BODY])
def test_a_web_server_that_drips_holds_no_proof_of_a_host_up(
    first: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving, "SECONDS", 1.0)
    with a_server_that_drips(first) as port:
        prover = Prover(may_reach=lambda _: True, port=port)
        with pytest.raises(OSError):
            prover._one(f"http://127.0.0.1:{port}/x")


def test_a_web_server_that_drips_holds_no_catalogue_file_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with a_server_that_drips(TLS) as port:
        monkeypatch.setattr(fetching, "SECONDS", 1.0)
        monkeypatch.setattr(fetching, "PORT", port)
        monkeypatch.setattr(fetching, "public_address", lambda host, port: "127.0.0.1")
        with pytest.raises(fetching.NotFetched):
            fetching.fetch(f"https://pictures.example:{port}/a.png")


def test_what_is_done_in_time_is_not_cut_off() -> None:
    here, there = socket.socketpair()
    with here, there:
        with no_longer_than(here, 60):
            there.sendall(b"done")
            assert here.recv(4) == b"done"
        there.sendall(b"more")
        assert here.recv(4) == b"more"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1::1", True), ("64:ff9b::5db8:d822", True),
        ("127.0.0.1", False), ("::1", False), ("10.0.0.1", False), ("169.254.169.254", False),
        ("192.168.1.1", False), ("fd00::1", False), ("0.0.0.0", False), ("100.64.0.1", False),
        ("::ffff:127.0.0.1", False), ("::127.0.0.1", False),
        # what a gateway would take on to a private place
        ("64:ff9b::a9fe:a9fe", False), ("64:ff9b::7f00:1", False), ("64:ff9b:1::1", False),
        ("2002:a9fe:a9fe::1", False), ("2002:7f00:1::", False),
        # many machines, or those of one site
        ("224.0.0.1", False), ("ff02::1", False), ("ff0e::1", False), ("fec0::1", False),
        ("255.255.255.255", False), ("240.0.0.1", False), ("fe80::1", False),
    ],
)  # fmt: skip
def test_only_addresses_of_the_public_internet_are_reached(address: str, public: bool) -> None:
    assert is_public(address) is public
