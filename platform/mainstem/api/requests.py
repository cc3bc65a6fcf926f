"""What every request of the API has: a key of its own, a fingerprint, and a rate limit."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, TypeVar, cast

from litestar import Request, Response
from litestar.exceptions import ValidationException
from litestar.params import HeaderParameter, QueryParameter

from mainstem.identity import StorefrontKey
from mainstem.kit import paging
from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.kit.idempotency import KEY_MAX, KEY_MIN
from mainstem.web.context import app_context_of, request_context_of
from mainstem.web.problems import answer
from mainstem_affiliates.intake import Intake

PER_SECOND = 100
"""Requests that one storefront's key may send in the long run."""

BURST = 400
"""How many of them may come at once."""

_POLICY = f'"key";q={BURST};w={BURST // PER_SECOND}'

T = TypeVar("T")
IdempotencyKey = Annotated[
    str,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=KEY_MIN,
        max_length=KEY_MAX,
        description=(
            "Yours, new for each request; the same request may be sent again with it, for 30 days."
        ),
    ),
]
Cursor = Annotated[
    str | None,
    QueryParameter(
        description="`next` or `previous` of another page", max_length=paging.CURSOR_MAX
    ),
]
ExternalId = Annotated[
    str | None,
    QueryParameter(description="Only the one that you call so", min_length=1, max_length=64),
]
Since = Annotated[
    datetime | None, QueryParameter(description="Only from this instant on, with its offset")
]
Until = Annotated[
    datetime | None, QueryParameter(description="Only before this instant, with its offset")
]
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="How many at most")]


class IdempotencyKeyMissing(Refused):
    """The request has no key, so that its repeat could not be known."""

    code: ClassVar[str] = "idempotency_key_missing"
    status: ClassVar[int] = 400
    message: ClassVar[str] = (
        "Send an Idempotency-Key of {min} to {max} characters, new for each request."
    )

    def __init__(self) -> None:
        super().__init__(min=KEY_MIN, max=KEY_MAX)


class RateLimited(Refused):
    """This key has sent more than its share."""

    code: ClassVar[str] = "rate_limited"
    status: ClassVar[int] = 429
    message: ClassVar[str] = "Too many requests. Go on in a moment, more slowly."

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__()


def intake_of(request: Request[Any, Any, Any]) -> Intake:
    """The one entry point for orders and leads."""
    return app_context_of(request).parts.get(Intake)


def key_of(request: Request[Any, Any, Any]) -> StorefrontKey:
    """Which storefront is speaking. Raises RateLimited for what it sends beyond its share."""
    key = request_context_of(request).storefront
    assert key is not None, "a guard has let it in"
    request.scope["left"] = app_context_of(request).parts.get(RateLimiter).take(key.key_hash)  # type: ignore[typeddict-unknown-key]
    return key


def limited(request: Request[Any, Any, Any]) -> None:
    """Take one of the requests that this program may send. Raises RateLimited."""
    key = request_context_of(request).api_key
    assert key is not None, "a guard has let it in"
    app_context_of(request).parts.get(RateLimiter).take(key.key_hash)


def instant(name: str, at: datetime | None) -> datetime | None:
    """An instant that bounds a list. Raises InvalidInput for one that has no offset."""
    if at is not None and (at.tzinfo is None or not 1900 <= at.year <= 9000):
        raise InvalidInput(
            Problem(f"/{name}", "invalid_field", "Send an instant with its offset from UTC.")
        )
    return at


# ------------------------------------------------------------------------- the rate limit


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class RateLimiter:
    """A bucket of requests for each key, filled again as time goes by."""

    def __init__(self, *, per_second: int = PER_SECOND, burst: int = BURST) -> None:
        self.per_second = per_second
        self.burst = burst
        self._buckets: dict[bytes, _Bucket] = {}

    def take(self, key_hash: bytes) -> int:
        """Take one; how many are left. Raises RateLimited when there was none."""
        now = time.monotonic()
        bucket = self._buckets.get(key_hash)
        if bucket is None:
            bucket = self._buckets[key_hash] = _Bucket(self.burst, now)
        bucket.left = min(self.burst, bucket.left + (now - bucket.at) * self.per_second)
        bucket.at = now
        if bucket.left < 1:
            raise RateLimited(retry_after=1)
        bucket.left -= 1
        return int(bucket.left)


def reply(
    request: Request[Any, Any, Any], content: T, *, status: int = 200, replayed: bool = False
) -> Response[T]:
    """An answer that also tells how many requests the storefront has left."""
    left = cast("dict[str, Any]", request.scope)["left"]
    headers = {"RateLimit-Policy": _POLICY, "RateLimit": f'"key";r={left};t=1'}
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(content, status_code=status, headers=headers)


def answer_invalid(request: Request[Any, Any, Any], error: ValidationException) -> Response[Any]:
    """A missing idempotency key is a fault of its own; all else is told as everywhere."""
    if request.method == "POST" and "idempotency-key" not in request.headers:
        return answer(request, IdempotencyKeyMissing())
    return answer(request, error)
