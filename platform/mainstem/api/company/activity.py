"""What should have followed from a fact, and has failed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from mainstem.api.company.listing import Listing, Row, list_route
from mainstem.console import lists


class FailedTask(Row):
    """What follows from a fact for one consumer, and has failed. `id` and `consumer` lead to it."""

    id: UUID
    consumer: str
    fact: str = Field(validation_alias="name")
    subject: str
    state: str = Field(description="`dead`: it is tried again only when somebody says so.")
    attempts: int
    next_at: datetime
    error: str | None
    recorded_at: datetime


routes = [
    list_route(
        Listing(
            name="list_failed_tasks",
            path="/facts/failed",
            row=FailedTask,
            scope="activity:read",
            tag="Activity",
            words="What followed from a fact and has failed, the dead letters first.",
            find=lists.in_trouble,
        )
    )
]
