"""How large the numbers of a plan become: what is asked before a run, since some engines would wrap."""

from __future__ import annotations

from collections.abc import Sequence

from mainstem.lab.cases import Stage
from mainstem.lab.expressions import Bounds, largest
from mainstem.lab.sale_forms import Shares


def largest_number(
    forms: Shares, *, base: int, pieces: int, portions: int, unnamed_of: int = 1
) -> int:
    """The most, in size, that any number on the way can be: for a portion's base, its pieces, and so many
    portions to an order, at most. Every engine must hold it."""
    known: dict[str, Bounds] = {
        "which": (0, portions),
        "base": (1, max(base, 1)),
        "returned": (0, base),
        "pieces": (0, pieces),
        "unnamed_minor": (0, unnamed_of),
        "unnamed_of_minor": (1, unnamed_of),
        **{f"paid_{n}": (0, 1) for n in range(forms.levels)},
    }
    found = _largest_of(forms.before, known)
    if forms.of_order:
        _, exact = known["exact"]
        known |= {
            "order_exact": (1, max(1, exact * portions)),
            "order_base": (1, max(1, base * portions)),
        }
        found = max(found, exact * portions)
    return max(found, _largest_of([*forms.after, *forms.back], known))


def _largest_of(stages: Sequence[Stage], known: dict[str, Bounds]) -> int:
    found = 0
    for stage in stages:
        found = max([found, *(largest(number, known) for number in stage.values())])
        known |= {name: number.bounds(known) for name, number in stage.items()}
    return found
