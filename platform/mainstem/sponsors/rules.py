"""What must hold for a move: asked when it is requested, again when it is approved, and when it is done."""

from __future__ import annotations

from typing import ClassVar

from mainstem import joining, network
from mainstem.kit.errors import Refused
from mainstem.kit.work import Work
from mainstem.network import Standing

MAY_APPROVE = ("finance", "admin")
"""Roles of whoever may be the second person: those who approve refunds, too."""


class TooDeep(Refused):
    """The tree would be deeper than the programme lets it be."""

    code: ClassVar[str] = "too_deep"
    message: ClassVar[str] = (
        "Below {sponsor} the team would reach level {levels} of the tree, and {max} is the most."
    )


def checked(
    work: Work, affiliate_id: int, sponsor_id: int | None
) -> tuple[Standing, Standing | None]:
    """Both as they stand now.

    Raises NotFound, HouseStaysAlone, UnderOwnTeam, SponsorAlready, SponsorMayNotRecruit, TooDeep.
    """
    who = network.standing(work, affiliate_id)
    under = network.standing(work, sponsor_id) if sponsor_id is not None else None
    network.refuse_move(work, who, under)
    if under is not None:
        if no := joining.why_not_sponsor(work, joining.sponsor_of(work, under.id)):
            raise no
        _refuse_depth(work, who, under)
    return who, under


def _refuse_depth(work: Work, who: Standing, under: Standing) -> None:
    """No deeper than the programme says, or than they reach already: what was brought in so may move."""
    reach = work.value(
        "SELECT max(cardinality(upline)) FROM affiliate WHERE upline @> ARRAY[%(id)s::bigint]",
        id=who.id,
    )
    levels = len(under.upline) + reach - len(who.upline) + 1
    most = joining.programme_of(work).levels_max
    if levels > max(most, reach):
        raise TooDeep(sponsor=under.name, levels=levels, max=most)
