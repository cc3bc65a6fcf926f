"""What may be refused about a payout."""

from __future__ import annotations

from typing import ClassVar

from mainstem.kit.errors import Refused


class PayoutInProgress(Refused):
    """A failed payout whose affiliate is being paid by another one."""

    code: ClassVar[str] = "payout_in_progress"
    message: ClassVar[str] = (
        "Another payout to this affiliate is in progress. Wait until it has arrived."
    )
