"""Requests of programs that come again: known by their Idempotency-Key, and answered as before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import HeaderParameter

from mainstem.kit.documents import Document
from mainstem.kit.errors import Refused
from mainstem.kit.idempotency import KEY_MAX, KEY_MIN
from mainstem.kit.work import Work
from mainstem.web.context import request_context_of

HttpRequest = Request[Any, Any, Any]
Repeatable = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=KEY_MIN,
        max_length=KEY_MAX,
        description="Yours, new for each change; the same change with it is answered the same.",
    ),
]


class IdempotencyKeyReused(Refused):
    """This key came with another request before."""

    code = "idempotency_key_reused"
    message = "This Idempotency-Key came with another request. Use a new one for each."


def answered_once(
    request: HttpRequest,
    work: Work,
    key: str | None,
    data: Document,
    do: Callable[[], Response[Any]],
) -> Response[Any]:
    """What `do` answers; or, without doing it again, what this very request was answered before.

    Raises IdempotencyKeyReused for the key of another request.
    """
    fingerprint = _fingerprint(request, data)
    before = _answered(request, work, key, fingerprint)
    if before is not None:
        return before
    answer = do()
    _keep_answer(request, work, key, fingerprint, answer)
    return answer


def _fingerprint(request: HttpRequest, data: Document) -> bytes:
    """What tells this request from another one."""
    return hashlib.sha256(f"{request.url.path}\n{data.model_dump_json()}".encode()).digest()


def _answered(
    request: HttpRequest, work: Work, key: str | None, fingerprint: bytes
) -> Response[Any] | None:
    """What this very request was answered before. Raises IdempotencyKeyReused for another one's key."""
    if key is None:
        return None
    program = request_context_of(request).api_key
    assert program is not None, "a guard has let it in"
    # Of two at once the second waits here, and finds what the first was answered.
    work.run(
        "SELECT pg_advisory_xact_lock(hashtextextended(%(key)s, 7221))", key=f"{program.id} {key}"
    )
    row = work.row(
        """SELECT fingerprint, status, body, etag FROM api_answer
            WHERE api_key_id = %(id)s AND idempotency_key = %(key)s""",
        id=program.id,
        key=key,
    )
    if row is None:
        return None
    if bytes(row.fingerprint) != fingerprint:
        raise IdempotencyKeyReused
    headers = {"Idempotent-Replayed": "true"} | ({"ETag": row.etag} if row.etag else {})
    return Response(row.body, status_code=row.status, headers=headers)


def _keep_answer(
    request: HttpRequest, work: Work, key: str | None, fingerprint: bytes, answer: Response[Any]
) -> None:
    """Keep the answer, for a request that may come again under its key."""
    if key is None:
        return
    program = request_context_of(request).api_key
    assert program is not None, "a guard has let it in"
    work.run(
        """INSERT INTO api_answer (api_key_id, idempotency_key, fingerprint, status, body, etag,
                                   created_at)
           VALUES (%(id)s, %(key)s, %(fingerprint)s, %(status)s, %(body)s::jsonb, %(etag)s, %(now)s)""",
        id=program.id,
        key=key,
        fingerprint=fingerprint,
        status=answer.status_code,
        body=json.dumps(answer.content),
        etag=answer.headers.get("ETag", ""),
        now=work.now(),
    )
