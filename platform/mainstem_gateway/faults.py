"""Trouble on order: what a network and a busy Stripe do to requests, said in advance.

Faults live in memory. A gateway that is started anew is well.
"""

from dataclasses import dataclass
from typing import Any

from mainstem_gateway.wire import invalid

KINDS = {
    "http_before": "answer with an error; nothing happened",
    "http_after": "it happened, the answer is an error; the same key replays what happened",
    "sticky_http": "it happened, the answer is an error, and the same key replays the error",
    "drop_before": "close the connection; nothing happened",
    "drop_after": "it happened, then the connection closes",
    "latency": "it happened, the answer comes late; the same key meets a 409 meanwhile",
    "lose_ack": "a webhook arrives and its acknowledgement is lost: it will come again",
}


@dataclass
class Fault:
    kind: str
    method: str = ""
    path: str = "/v"
    times: int = 1
    status: int = 500
    seconds: float = 1.0

    def hits(self, method: str, path: str) -> bool:
        return (
            self.times > 0
            and self.kind != "lose_ack"
            and self.method.upper() in ("", method)
            and path.startswith(self.path)
        )


class Faults:
    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def order(self, wanted: dict[str, Any]) -> Fault:
        unknown = set(wanted) - {"kind", "method", "path", "times", "status", "seconds"}
        if unknown:
            raise invalid(f"Received unknown parameter: {min(unknown)}", param=min(unknown))
        if wanted.get("kind") not in KINDS:
            raise invalid(f"A fault's kind is one of {', '.join(KINDS)}.", param="kind")
        for name, kind in (("times", int), ("status", int), ("seconds", int | float)):
            if not isinstance(wanted.get(name, 1), kind):
                raise invalid(f"Invalid number: {wanted[name]!r}", param=name)
        fault = Fault(**wanted)
        self.waiting.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """The next fault ordered for such a request, one of its times used up."""
        return self._take(lambda fault: fault.hits(method, path))

    def take_lost_ack(self) -> bool:
        return self._take(lambda fault: fault.kind == "lose_ack") is not None

    def clear(self) -> None:
        self.waiting.clear()

    def _take(self, fits: Any) -> Fault | None:
        for fault in self.waiting:
            if fits(fault):
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault
        return None
