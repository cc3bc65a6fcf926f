"""Where the gateway is to send events: looked at, created where missing, asked for what lacks.

A destination is known by its address and by what it carries. Several that lead to one address do no
harm, since an event is kept once; the best of them counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mainstem.payments.errors import GatewayDeclined, GatewayUnavailable
from mainstem.payments.gateway import API_VERSION, Destination, Gateway, NewDestination
from mainstem.payments.subscriptions import SUBSCRIBED

READY, OTHER_VERSION, INCOMPLETE, DISABLED, MISSING = STATES = (
    "ready", "other_version", "incomplete", "disabled", "missing",
)  # fmt: skip
"""From the best to the worst. One of another API version serves: we read where to look, no more."""

NO_ANSWER = "no_answer"
"""The problem of a destination about which the gateway gave no certain answer."""

_PATHS = {"platform": "platform", "connect": "connect", "thin": "connect"}
_NAMES = {
    "platform": "Mainstem: payments",
    "connect": "Mainstem: payouts of affiliates",
    "thin": "Mainstem: affiliates' accounts",
}
_EVERYTHING = "*"
_SAID_MAX = 300


@dataclass(frozen=True, slots=True)
class DestinationState:
    """One destination that is needed: where, and what there is of it. `lacking` are its events."""

    kind: str
    url: str
    state: str
    lacking: tuple[str, ...] = ()
    problem: str = ""
    """What the gateway said when it was to be created or changed."""

    @property
    def serves(self) -> bool:
        """Whether everything that is needed comes."""
        return self.state in (READY, OTHER_VERSION)

    @property
    def can_be_mended(self) -> bool:
        """Whether the button does it. What somebody has turned off, somebody turns on again."""
        return self.state in (MISSING, INCOMPLETE)


@dataclass(frozen=True, slots=True)
class Created:
    """What creating has come to: every destination, and the secrets of new ones, by their kind."""

    destinations: tuple[DestinationState, ...]
    secrets: dict[str, str]


def look_at_destinations(gateway: Gateway, public_url: str) -> tuple[DestinationState, ...]:
    """Each destination that is needed, as it is now."""
    return _states(gateway.destinations(), public_url)


def create_destinations(gateway: Gateway, public_url: str, *, attempt: str) -> Created:
    """Create what is missing and ask for the events that lack; what is right is left alone.

    `attempt` makes the keys of what is sent. Only one may be under way at a time, and whoever calls
    sees to that (`lease_destinations`). Where one fails, its reason stands with it and the others go
    on: the secret of one that was made is shown this once and must not be lost with the rest.
    """
    found = gateway.destinations()
    states, secrets = [], {}
    for one in _states(found, public_url):
        try:
            if one.state == MISSING:
                wanted = _wanted(one.kind, one.url)
                secrets[one.kind] = gateway.create_destination(wanted, f"{attempt}:{one.kind}")
                one = replace(one, state=READY)
            elif one.state == INCOMPLETE:
                _complete(gateway, found, one)
                one = replace(one, state=READY, lacking=())
        except GatewayDeclined as no:
            one = replace(one, problem=no.message[:_SAID_MAX])
        except GatewayUnavailable:
            one = replace(one, problem=NO_ANSWER)
        states.append(one)
    return Created(tuple(states), secrets)


def _complete(gateway: Gateway, found: Sequence[Destination], one: DestinationState) -> None:
    there = _best(found, one.kind, one.url)
    assert there is not None, "it lacks events, so it is there"
    gateway.update_destination(there, _united(there.events, SUBSCRIBED[one.kind]))


def _states(found: Sequence[Destination], public_url: str) -> tuple[DestinationState, ...]:
    states = []
    for kind, path in _PATHS.items():
        url = f"{public_url}/webhooks/stripe/{path}"
        there = _best(found, kind, url)
        states.append(
            DestinationState(
                kind,
                url,
                _state(there, kind),
                _lacking(there, kind) if there else (),
            )
        )
    return tuple(states)


def _best(found: Sequence[Destination], kind: str, url: str) -> Destination | None:
    there = [one for one in found if _is_of(one, kind, url)]
    return min(there, key=lambda one: STATES.index(_state(one, kind)), default=None)


def _is_of(one: Destination, kind: str, url: str) -> bool:
    thin = kind == "thin"
    return one.url == url and one.is_thin == thin and one.of_connected in (None, kind != "platform")


def _state(there: Destination | None, kind: str) -> str:
    if there is None:
        return MISSING
    if not there.is_enabled:
        return DISABLED
    if _lacking(there, kind):
        return INCOMPLETE
    return READY if there.api_version in (None, API_VERSION) else OTHER_VERSION


def _lacking(there: Destination, kind: str) -> tuple[str, ...]:
    if _EVERYTHING in there.events:
        return ()
    return tuple(event for event in SUBSCRIBED[kind] if event not in there.events)


def _united(there: Sequence[str], needed: Sequence[str]) -> list[str]:
    return [*there, *(event for event in needed if event not in there)]


def _wanted(kind: str, url: str) -> NewDestination:
    return NewDestination(
        name=_NAMES[kind],
        url=url,
        is_thin=kind == "thin",
        of_connected=kind != "platform",
        events=SUBSCRIBED[kind],
    )
