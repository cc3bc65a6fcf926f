"""A scanner on loopback that speaks clamd's INSTREAM: it finds one text, or answers what a test says."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from mainstem.kit.malware import Scanner

BAD = b"what a test takes for malware"


@dataclass
class Clamd:
    """Where it listens, and what it was sent."""

    scanner: Scanner
    files: list[bytes] = field(default_factory=list)


@contextmanager
def a_clamd(answer: bytes | None = None) -> Iterator[Clamd]:
    """Answers each file as clamd does; or with `answer` whatever it is."""
    listener = socket.create_server(("127.0.0.1", 0))
    made = Clamd(Scanner(host="127.0.0.1", port=listener.getsockname()[1]))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as sent:
                assert sent.read(10) == b"zINSTREAM\0"
                data = b""
                while length := struct.unpack("!L", sent.read(4))[0]:
                    data += sent.read(length)
                made.files.append(data)
                said = b"stream: Win.Test.Fake FOUND\0" if BAD in data else b"stream: OK\0"
                connection.sendall(said if answer is None else answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield made
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()
