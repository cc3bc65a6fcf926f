"""One key, one answer: v1 replays the first for a day, errors included; v2 replays success only.

The answer is written in the transaction of its effect, so a killed gateway has both or neither.
"""

import hashlib
from dataclasses import dataclass

from mainstem_gateway.store import Store
from mainstem_gateway.wire import WireError, invalid

KEPT_SECONDS = {"v1": 24 * 3600, "v2": 30 * 86400}
KEY_LENGTH_MAX = 255


@dataclass(frozen=True)
class Keyed:
    """A request that carries a key."""

    scope: str
    key: str
    method: str
    path: str
    digest: str


@dataclass(frozen=True)
class Kept:
    """The first answer, and the id of the request that earned it."""

    status: int
    body: bytes
    request: str


def keyed(account: str, key: str, method: str, path: str, body: bytes) -> Keyed:
    if len(key) > KEY_LENGTH_MAX:
        raise invalid(f"Idempotency keys can be at most {KEY_LENGTH_MAX} characters.")
    scope = f"{path[1:3]}:{account}"
    return Keyed(scope, key, method, path, hashlib.sha256(body).hexdigest())


def first_answer(store: Store, request: Keyed, now: int) -> Kept | None:
    """The answer to replay. Raises Stripe's refusal if the key was used for something else."""
    age = KEPT_SECONDS[request.scope[:2]]
    row = store.db.execute(
        "SELECT method, path, digest, status, body, request FROM answers "
        "WHERE scope = ? AND key = ? AND created > ?",
        (request.scope, request.key, now - age),
    ).fetchone()
    if row is None:
        return None
    method, path, digest, status, body, id = row
    if (method, path) != (request.method, request.path):
        raise WireError(
            400, "idempotency_error",
            "Keys for idempotent requests can only be used for the same endpoint they were "
            f"first used for ('{request.path}' vs '{path}'). Try using a key other than "
            f"'{request.key}' if you meant to execute a different request.",
        )  # fmt: skip
    if digest != request.digest:
        raise WireError(
            400, "idempotency_error",
            "Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. Try using a key other than '{request.key}' if you meant to "
            "execute a different request.",
        )  # fmt: skip
    return Kept(status, body, id)


def keep(store: Store, request: Keyed, kept: Kept, now: int) -> None:
    """Remember the answer; inside the transaction of its effect."""
    store.db.execute(
        "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (request.scope, request.key, request.method, request.path, request.digest, kept.status,
         kept.body, kept.request, now),
    )  # fmt: skip


def in_flight(request: Keyed) -> WireError:
    return WireError(
        409, "idempotency_error",
        "There is currently another in-progress request using this Idempotent Key (that probably "
        "means you submitted twice, and the other request is still going through): "
        f"{request.key}.",
        code="idempotency_key_in_use",
    )  # fmt: skip


def prune(store: Store, now: int) -> None:
    store.db.execute("DELETE FROM answers WHERE created < ?", (now - max(KEPT_SECONDS.values()),))
