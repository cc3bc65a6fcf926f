"""A small name server and a small web server on loopback: real packets, and answers that a test sets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from mainstem.domains import Prover


class NameServer:
    """Answers over UDP what `records` say: {(name, kind): [texts]}. Silent while `is_away`."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.asked: list[tuple[str, str]] = []
        self.is_away = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.place: tuple[str, int] = self._socket.getsockname()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                data, sender = self._socket.recvfrom(4096)
            except OSError:
                return
            if not self.is_away:
                self._socket.sendto(self._answer(data), sender)

    def _answer(self, data: bytes) -> bytes:
        question = dns.message.from_wire(data)
        [asked] = question.question
        name, kind = asked.name.to_text().rstrip("."), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append((name, kind))
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.AA | dns.flags.RA
        texts = self.records.get((name, kind), [])
        if kind == "TXT":
            texts = [f'"{text}"' for text in texts]
        if texts:
            answer.answer.append(dns.rrset.from_text(asked.name, 1, "IN", kind, *texts))
        elif not any(known == name for known, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer.to_wire()

    def close(self) -> None:
        """Answer nothing any more."""
        self._socket.close()


@contextmanager
def a_file_server(body: str, *, status: int = 200, location: str = "") -> Iterator[int]:
    """A web server on loopback with one answer for every path; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/.well-known/mainstem-challenge" else 404)
            if location:
                self.send_header("location", location)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def on_loopback(names: NameServer, port: int = 9) -> Prover:
    """A prover that asks this name server, and may reach loopback. Port 9 is nobody's."""
    return Prover(
        servers=[names.place], may_reach=lambda address: address.startswith("127."), port=port
    )
