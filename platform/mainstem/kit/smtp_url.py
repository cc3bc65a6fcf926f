"""The server that mail leaves by, as one address says it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over, and as whom. `tls`: starttls, implicit or off."""

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = field(default="", repr=False)


def read(url: str) -> SmtpServer:
    """The server of `smtp://user:password@host:587` or `smtps://…`; ValueError with a sentence.

    The connection is encrypted, always: `?tls=off` is for a server on this very machine.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.fragment:
        raise ValueError("is an address such as smtp://user:password@mail.example.com:587.")
    if bool(parts.username) != bool(parts.password):
        raise ValueError("names a user and a password, or neither.")
    tls = "implicit" if parts.scheme == "smtps" else "starttls"
    asked = parse_qs(parts.query, keep_blank_values=True)
    if asked and asked != {"tls": ["off"]}:
        raise ValueError("knows one option, ?tls=off.")
    if asked:
        if parts.hostname not in LOOPBACK or tls == "implicit":
            raise ValueError("may say ?tls=off only of a server on this machine.")
        tls = "off"
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        tls=tls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
