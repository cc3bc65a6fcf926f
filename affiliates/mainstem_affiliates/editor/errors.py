"""What an editor of a storefront is told when something cannot be done."""

from __future__ import annotations

from typing import ClassVar

from mainstem.kit.errors import Refused


class DraftChanged(Refused):
    """Somebody else has saved the draft since it was opened."""

    code: ClassVar[str] = "changed_meanwhile"
    status: ClassVar[int] = 409
    message: ClassVar[str] = (
        "{who} has changed this draft since you opened it. You see it as it is now; nothing of yours"
        " was saved. Make your change again."
    )


class DraftWaits(Refused):
    """The company is looking at it."""

    code: ClassVar[str] = "draft_waits"
    message: ClassVar[str] = "We are looking at this draft. Recall it first to change it."


class DraftClosed(Refused):
    """It was published or thrown away."""

    code: ClassVar[str] = "draft_closed"
    message: ClassVar[str] = "This draft is published or thrown away already. Begin a new one."


class NothingToPublish(Refused):
    """The draft says what the storefront says already."""

    code: ClassVar[str] = "nothing_to_publish"
    message: ClassVar[str] = "Nothing in this draft is different from what your clients see."


class NotWaiting(Refused):
    """Staff would decide on what waits for no decision any more."""

    code: ClassVar[str] = "not_waiting"
    message: ClassVar[str] = "This draft is not waiting for you any more."
