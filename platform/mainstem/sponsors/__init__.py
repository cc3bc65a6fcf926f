"""Another sponsor: asked for with its reason, approved by a second person, carried out at its instant."""

from mainstem.sponsors.asking import DayNotAhead, MoveWaits, ask, withdraw
from mainstem.sponsors.deciding import MayNotApproveMoves, approve, carry_out_due, deny
from mainstem.sponsors.holding import (
    NotInHoldingTank,
    Waiting,
    empty_holding_tank,
    in_holding_tank,
    place,
)
from mainstem.sponsors.previewing import Changed, Preview, preview
from mainstem.sponsors.queries import SponsorMove, move_of, moves, moves_of
from mainstem.sponsors.rules import MAY_APPROVE, TooDeep

__all__ = [
    "MAY_APPROVE",
    "Changed",
    "DayNotAhead",
    "MayNotApproveMoves",
    "MoveWaits",
    "NotInHoldingTank",
    "Preview",
    "SponsorMove",
    "TooDeep",
    "Waiting",
    "approve",
    "ask",
    "carry_out_due",
    "deny",
    "empty_holding_tank",
    "in_holding_tank",
    "move_of",
    "moves",
    "moves_of",
    "place",
    "preview",
    "withdraw",
]
