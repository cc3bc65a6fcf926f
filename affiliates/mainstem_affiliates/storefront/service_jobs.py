"""What a storefront's pages know of service jobs: they are done elsewhere, and the app hands them in.

A storefront may not import `mainstem_fulfillment`; these are the parts of it that it uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from mainstem.kit.work import Work


class JobName(Protocol):
    """The name of a job: an order's line."""

    @property
    def line_no(self) -> int: ...


class JobAction(Protocol):
    """Something that a client may do about a job, when its time has come."""

    @property
    def name(self) -> str: ...

    @property
    def allowed(self) -> bool: ...


class ClientJob(Protocol):
    """A job as its client sees it. Work nobody objects to is accepted at `signs_off_at`."""

    @property
    def key(self) -> JobName: ...

    @property
    def service(self) -> str: ...

    @property
    def state(self) -> str: ...

    @property
    def team(self) -> str: ...

    @property
    def starts_at(self) -> datetime | None: ...

    @property
    def report(self) -> str: ...

    @property
    def objection(self) -> str: ...

    @property
    def signs_off_at(self) -> datetime | None: ...

    @property
    def signed_off_at(self) -> datetime | None: ...

    @property
    def actions(self) -> Sequence[JobAction]: ...


class JobReads(Protocol):
    """What a client may read of the service side."""

    def of_order(self, work: Work, home_id: int, order_id: UUID) -> Sequence[ClientJob]:
        """The jobs of one order, as its client sees them."""
        ...


class Jobs(Protocol):
    """`mainstem_fulfillment.jobs`: what a client does about a job is done there."""

    queries: JobReads

    def JobKey(self, home_id: int, order_id: UUID, line_no: int) -> Any:  # noqa: N802
        """The name of a job."""
        ...

    def sign_off(self, work: Work, key: Any, *, by: str) -> None:
        """The client accepts the work."""
        ...

    def dispute(self, work: Work, key: Any, *, objection: str) -> None:
        """The client says that it is not done."""
        ...
