"""Fetching a picture that a file names by its address: from the public internet and nowhere else.

An address in a file is a stranger's word. Only https is followed, by its own port, and only to public
addresses, checked after the name was looked up and used as looked up, and no further than a few megabytes.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from mainstem.kit.outside import is_public, no_longer_than
from mainstem.pictures import BYTES_MAX

PORT = 443
SECONDS = 15
REDIRECTS = 3


class NotFetched(Exception):
    """The picture cannot be had; `message`, with its facts, says why."""

    def __init__(self, message: str, **facts: Any) -> None:
        self.message, self.facts = message, facts
        super().__init__(message)


def fetch(url: str) -> bytes:
    """The bytes at an address. Raises NotFetched."""
    for _ in range(REDIRECTS + 1):
        status, there, data = _one(url)
        if status in (301, 302, 303, 307, 308) and there:
            url = urljoin(url, there)
            continue
        if status != 200:
            raise NotFetched("The server answered {status}.", status=status)
        return data
    raise NotFetched("The address leads from one to the next without an end.")


def _one(url: str) -> tuple[int, str, bytes]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORT
    except ValueError:
        raise NotFetched("This is no address of a picture.") from None
    if parts.scheme != "https" or not host or parts.username or port != PORT:
        raise NotFetched("The address must begin with https:// and name a public server.")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    target = f"{path}?{parts.query}" if parts.query else path
    connection = _Public(host, port)
    try:
        with connection.in_time():
            connection.request(
                "GET", target, headers={"accept": "image/*", "user-agent": "Mainstem"}
            )
            answer = connection.getresponse()
            data = answer.read(BYTES_MAX + 1)
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise NotFetched("The server cannot be reached.") from error
    finally:
        connection.close()
    if len(data) > BYTES_MAX:
        raise NotFetched("The picture is larger than 20 MB.")
    return answer.status, answer.getheader("location") or "", data


class _Public(http.client.HTTPSConnection):
    """A connection to the address that was checked, under the name that was asked for."""

    def __init__(self, host: str, port: int) -> None:
        self._tls = ssl.create_default_context()
        super().__init__(host, port, timeout=SECONDS, context=self._tls)

    @contextmanager
    def in_time(self) -> Iterator[None]:
        """Connect to a public address of the host, for `SECONDS` in all."""
        plain = socket.create_connection((public_address(self.host, self.port), self.port), SECONDS)
        self.sock = plain
        with no_longer_than(plain, SECONDS):
            self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
            yield


def public_address(host: str, port: int) -> str:
    """An address of a host; NotFetched where any of them is not public."""
    try:
        found = {
            str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        }
    except OSError:
        raise NotFetched("There is no such server.") from None
    if not found or not all(map(is_public, found)):
        raise NotFetched("The address must begin with https:// and name a public server.")
    return sorted(found)[0]
