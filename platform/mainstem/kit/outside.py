"""Going to a server that a stranger has named: only on the public internet, and not for long."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an address is one machine's of the public internet, and leads to no other kind.

    An address of IPv6 may carry one of IPv4 that a gateway goes on to: a private one stays private.
    """
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        carried = parsed.ipv4_mapped
        if parsed in _NAT64:
            carried = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if carried is not None:
            return is_public(str(carried))
        return parsed.is_global and parsed in _GLOBAL_UNICAST and parsed.sixtofour is None
    return parsed.is_global and not parsed.is_multicast


@contextmanager
def no_longer_than(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Cut a connection off after so long, however it is used meanwhile. Raises TimeoutError, unless what
    was cut off has raised an error of its own.

    A time limit of a socket begins anew with each byte: who sends one now and then would hold us for days.
    """
    twin, over = connection.dup(), threading.Event()  # TLS takes the socket itself over

    def cut_off() -> None:
        over.set()
        with suppress(OSError):
            twin.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut_off)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        twin.close()
    if over.is_set():
        raise TimeoutError
