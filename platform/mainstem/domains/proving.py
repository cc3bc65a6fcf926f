"""Looking whether a host is proved: by a TXT record, or by a file that only its owner can put there.

Names and answers are strangers'. A file is fetched from public addresses alone, checked after the name was
looked up and used as looked up, and no further than a few bytes. That a host leads to us proves nothing:
anybody may point a name at anybody.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urljoin, urlsplit

import dns.exception
import dns.nameserver
import dns.resolver

from mainstem.domains.rules import FILE, RECORD
from mainstem.kit.outside import is_public, no_longer_than

SECONDS = 5.0
BYTES_MAX = 1_000
REDIRECTS = 2
RECORDS_MAX = 50

Found = Literal["proved", "nothing", "other", "unreachable"]
"""What was found: the value; nothing at all; another value; or nobody answered in time."""


@dataclass(frozen=True, slots=True)
class Prover:
    """Looks hosts up. `servers` are asked instead of the machine's own, as (address, port)."""

    servers: Sequence[tuple[str, int]] = ()
    may_reach: Callable[[str], bool] = is_public
    port: int = 80

    def look(self, host: str, value: str) -> Found:
        """What proves a host: the record first, then the file."""
        record = self._record(host, value)
        if record == "proved":
            return record
        file = self._file(host, value)
        if file == "proved" or record == "nothing":
            return file if file in ("proved", "other") else record
        return record

    def _record(self, host: str, value: str) -> Found:
        try:
            answer = self._resolver().resolve(f"{RECORD}.{host}", "TXT", lifetime=SECONDS)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return "nothing"
        except (dns.exception.DNSException, OSError):
            return "unreachable"
        texts = [b"".join(one.strings).decode("latin-1").strip() for one in [*answer][:RECORDS_MAX]]
        return "proved" if value in texts else "other"

    def _resolver(self) -> dns.resolver.Resolver:
        resolver = dns.resolver.Resolver(configure=not self.servers)
        if self.servers:
            resolver.nameservers = [
                dns.nameserver.Do53Nameserver(address, port) for address, port in self.servers
            ]
        return resolver

    def _file(self, host: str, value: str) -> Found:
        url = f"http://{host}:{self.port}{FILE}"
        for _ in range(REDIRECTS + 1):
            try:
                status, there, said = self._one(url)
            except (OSError, http.client.HTTPException, UnicodeError, ValueError):
                return "unreachable"
            if status in (301, 302, 307, 308) and there:
                url = urljoin(url, there)
                if not self._is_same_place(url, host):
                    return "other"
                continue
            if status != 200:
                return "nothing"
            return "proved" if said.decode("latin-1").strip() == value else "other"
        return "nothing"

    def _is_same_place(self, url: str, host: str) -> bool:
        """Only from http to https of the very same host: behind another port may be what is nobody's
        business, at an address that is public and ours."""
        try:
            parts = urlsplit(url)
            usual = {"http": self.port, "https": 443}.get(parts.scheme)
            return parts.hostname == host and usual is not None and parts.port in (None, usual)
        except ValueError:  # a port that is none
            return False

    def _one(self, url: str) -> tuple[int, str, bytes]:
        parts = urlsplit(url)
        is_tls = parts.scheme == "https"
        host, port = parts.hostname or "", parts.port or (443 if is_tls else self.port)
        plain = socket.create_connection((self._address(host, port), port), SECONDS)
        connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
        try:
            with no_longer_than(plain, SECONDS):
                connection.sock = plain
                if is_tls:
                    context = ssl.create_default_context()
                    connection.sock = context.wrap_socket(plain, server_hostname=host)
                connection.request("GET", parts.path, headers={"user-agent": "Mainstem"})
                answer = connection.getresponse()
                said = answer.read(BYTES_MAX)
        finally:
            connection.close()
        return answer.status, answer.getheader("location") or "", said

    def _address(self, host: str, port: int) -> str:
        """An address of a host, all of which must be public. Raises OSError."""
        if self.servers:
            found = {str(one) for kind in ("A", "AAAA") for one in self._addresses(host, kind)}
        else:
            found = {
                str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            }
        if not found or not all(map(self.may_reach, found)):
            raise OSError(f"{host} is not public")
        return sorted(found)[0]

    def _addresses(self, host: str, kind: str) -> list[object]:
        try:
            return [*self._resolver().resolve(host, kind, lifetime=SECONDS)]
        except dns.exception.DNSException:
            return []
