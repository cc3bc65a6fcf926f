"""The states of an inquiry: one table, read by verbs and pages."""

from __future__ import annotations

from mainstem.kit.transitions import Machine, Step

INQUIRIES = Machine(
    "inquiry",
    Step("uphold", "answered", ("open",), "upheld"),
    Step("decline", "answered", ("open",), "declined"),
    Step("withdraw", "withdrawn", ("open",), "withdrawn"),
)
"""An answer is given once. Whoever finds it wrong asks anew, and both stay to be read."""
