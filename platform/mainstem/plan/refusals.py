"""Why a plan is not published."""

from __future__ import annotations

from typing import ClassVar

from mainstem.kit.errors import Refused


class PlanRefused(Refused):
    """The plan cannot be published; every reason is named."""

    code: ClassVar[str] = "plan_refused"
    status: ClassVar[int] = 422
    message: ClassVar[str] = "This plan cannot be published."


class PlanAsks(Refused):
    """The plan does what its reader may not expect; whoever publishes it is to say that it is meant."""

    code: ClassVar[str] = "plan_asks"
    status: ClassVar[int] = 409
    message: ClassVar[str] = "Something in this plan may not be meant. Publish it only if it is."
