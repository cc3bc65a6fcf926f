"""What a plan says of all that an affiliate gets of a period together: what is kept, how much of it at most, and
the bonus for the first sale of somebody whom they brought in.

Pure, and after everything else that a period pays: what is taken back is an earning below nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mainstem.money import BASIS
from mainstem.plan.periods import (
    OVERRIDES,
    Participant,
    PeriodCap,
    PeriodEarning,
    PeriodRules,
)


@dataclass(frozen=True, slots=True)
class Earned:
    """What sales have earned an affiliate in one currency by the orders that count in a period.

    `own_minor` is of what they sold themselves, `sponsor_minor` of what others sold. `sales` is how many of their
    own orders count, of which something was kept; `is_first` whether the first that they ever delivered is among
    them.
    """

    own_minor: int = 0
    sponsor_minor: int = 0
    sales: int = 0
    is_first: bool = False


NOTHING = Earned()


def limited(
    rules: PeriodRules,
    participants: Sequence[Participant],
    earned: Mapping[int, Earned],
    active: Collection[int],
    found: Sequence[PeriodEarning],
) -> list[PeriodEarning]:
    """Everything that a period pays and takes back, in one currency: what was `found` and what follows from it.

    `active` are those who sold themselves what the plan asks of whoever keeps a sponsor's shares. A cap is
    applied to what the rules before it left, and takes back no more than that.
    """
    paid = [*found, *_first_sales(rules, participants, earned)]
    taken = list(_not_kept(rules, earned, active))
    for cap in rules.caps:
        taken += _above(cap, earned, taken, paid)
    return [*paid, *taken]


def _first_sales(
    rules: PeriodRules, participants: Sequence[Participant], earned: Mapping[int, Earned]
) -> Iterator[PeriodEarning]:
    """For each sponsor, what the first sales of those whom they brought in come to together."""
    known = {one.id: one for one in participants}
    for rule in rules.first_sales:
        of: dict[int, list[tuple[int, int]]] = {}
        for one in participants:
            sponsor = known.get(one.sponsor_id or 0)
            if sponsor is None or sponsor.house or sponsor.suspended or one.house:
                continue
            if earned.get(one.id, NOTHING).is_first:
                most = one.volume_minor * rule.at_most_bp // BASIS
                if pays := min(rule.pays_minor, most):
                    of.setdefault(sponsor.id, []).append((one.volume_minor, pays))
        for id, each in sorted(of.items()):
            yield PeriodEarning(
                rule.id, id, sum(sold for sold, _ in each), sum(pays for _, pays in each),
                points=len(each),
            )  # fmt: skip


def _not_kept(
    rules: PeriodRules, earned: Mapping[int, Earned], active: Collection[int]
) -> Iterator[PeriodEarning]:
    if not rules.overrides_are_asked:
        return
    for id, one in sorted(earned.items()):
        if one.sponsor_minor > 0 and id not in active:
            yield PeriodEarning(OVERRIDES, id, one.sponsor_minor, -one.sponsor_minor)


def _above(
    cap: PeriodCap,
    earned: Mapping[int, Earned],
    taken: Iterable[PeriodEarning],
    paid: Iterable[PeriodEarning],
) -> list[PeriodEarning]:
    stands = {id: one.own_minor + one.sponsor_minor for id, one in earned.items()}
    for one in [*taken, *(paid if cap.of == "everything" else ())]:
        stands[one.beneficiary_id] = stands.get(one.beneficiary_id, 0) + one.amount_minor
    return [
        PeriodEarning(cap.id, id, minor, cap.at_most_minor - minor)
        for id, minor in sorted(stands.items())
        if minor > cap.at_most_minor
    ]
