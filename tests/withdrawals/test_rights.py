"""Until when one may withdraw, and from what: weekends, holidays, several parcels, the changed clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.calendar import place_of
from mainstem.withdrawals import right_ends, why_not

STOCKHOLM = ZoneInfo("Europe/Stockholm")
SWEDEN = place_of("SE", "114 55")
FINLAND = place_of("FI", "00100")


@dataclass(frozen=True)
class Line:
    """A line as it stands."""

    kind: str = "goods"
    quantity: int = 1
    canceled: int = 0
    delivered: int = 0
    delivered_at: datetime | None = None
    withdrawal: str = "yes"


def at(year: int, month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=STOCKHOLM)


def come(when: datetime, **changes: object) -> Line:
    told: dict[str, object] = {"delivered": 1, "delivered_at": when}
    return Line(**(told | changes))  # type: ignore[arg-type]


PLACED = at(2026, 1, 1)


@pytest.mark.parametrize(
    ("why", "lines", "last_day"),
    [
        ("fourteen days after a Monday is a Monday", [come(at(2026, 3, 2))], date(2026, 3, 16)),
        ("a Saturday runs to Monday", [come(at(2026, 3, 7))], date(2026, 3, 23)),
        ("a Sunday runs to Monday", [come(at(2026, 3, 8))], date(2026, 3, 23)),
        ("Good Friday runs past Easter Monday", [come(at(2026, 3, 20))], date(2026, 4, 7)),
        ("the first of May, a Friday, to Monday", [come(at(2026, 4, 17))], date(2026, 5, 4)),
        ("Christmas Eve runs to the 28th", [come(at(2026, 12, 10))], date(2026, 12, 28)),
        ("Epiphany, a Wednesday, to Thursday", [come(at(2026, 12, 23))], date(2027, 1, 7)),
        ("just before midnight is that day", [come(at(2026, 3, 2, 23, 59))], date(2026, 3, 16)),
        ("just after it is the next", [come(at(2026, 3, 3, 0, 0))], date(2026, 3, 17)),
        ("the last parcel counts", [come(at(2026, 3, 2)), come(at(2026, 3, 10))], date(2026, 3, 24)),
        ("in whatever order they came", [come(at(2026, 3, 10)), come(at(2026, 3, 2))], date(2026, 3, 24)),
        ("what was cancelled is not waited for",
         [come(at(2026, 3, 2)), Line(canceled=1)], date(2026, 3, 16)),
        ("over the night that loses an hour", [come(at(2026, 3, 16))], date(2026, 3, 30)),
        ("over the night that gains one", [come(at(2026, 10, 12))], date(2026, 10, 26)),
        ("something is still to come", [come(at(2026, 3, 2)), Line()], None),
        ("half a line is still to come", [come(at(2026, 3, 2), quantity=2)], None),
        ("nothing has come", [Line()], None),
        ("there are no goods", [Line(kind="service")], None),
    ],
)  # fmt: skip
def test_the_right_to_withdraw_from_goods_runs_until(
    why: str, lines: list[Line], last_day: date | None
) -> None:
    ending = right_ends(lines, placed_at=PLACED, place=SWEDEN).goods
    assert (ending.last_day if ending else None) == last_day, why


def test_a_service_counts_from_the_contract_however_late_it_is_performed() -> None:
    ends = right_ends(
        [come(at(2026, 5, 20), kind="service")], placed_at=at(2026, 3, 2), place=SWEDEN
    )
    assert ends.services.last_day == date(2026, 3, 16)
    assert ends.goods is None


def test_the_holidays_are_those_where_the_client_lives() -> None:
    # Midsummer Eve is a holiday of the law in Sweden and in Finland; the sixth of June is Sweden's alone.
    day = [come(at(2028, 5, 23))]
    assert right_ends(day, placed_at=PLACED, place=SWEDEN).goods.last_day == date(2028, 6, 7)  # type: ignore[union-attr]
    assert right_ends(day, placed_at=PLACED, place=FINLAND).goods.last_day == date(2028, 6, 6)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("line", "moment", "begin_asked", "why"),
    [
        (come(at(2026, 3, 2)), at(2026, 3, 16, 23, 59), False, ""),
        (come(at(2026, 3, 2)), at(2026, 3, 17, 0, 0), False, "out_of_time"),
        (Line(), at(2027, 3, 17), False, ""),
        (Line(withdrawal="made_to_measure"), at(2026, 1, 2), False, "made_to_measure"),
        (Line(withdrawal="perishable"), at(2026, 1, 2), False, "perishable"),
        (come(at(2026, 3, 2), withdrawal="sealed"), at(2026, 3, 3), False, ""),
        (Line(withdrawal="digital"), at(2026, 1, 2), False, ""),
        (come(at(2026, 3, 2), withdrawal="digital"), at(2026, 3, 3), False, "digital"),
        (come(at(2026, 3, 2), withdrawal="perishable"), at(2026, 4, 3), False, "out_of_time"),
        (Line(kind="service"), at(2026, 1, 10), True, ""),
        (come(at(2026, 1, 9), kind="service"), at(2026, 1, 10), True, "performed"),
        (come(at(2026, 1, 9), kind="service"), at(2026, 1, 10), False, ""),
        (come(at(2026, 1, 9), kind="service"), at(2026, 2, 10), True, "out_of_time"),
    ],
)  # fmt: skip
def test_what_the_right_does_not_cover(
    line: Line, moment: datetime, begin_asked: bool, why: str
) -> None:
    ends = right_ends([line], placed_at=PLACED, place=SWEDEN)
    assert why_not(line, ends, moment, begin_asked=begin_asked) == why


@given(
    st.lists(
        st.integers(0, 5 * 365 * 24 * 4).map(
            lambda quarters: at(2025, 1, 1) + timedelta(minutes=15 * quarters)
        ),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from(["SE", "DE", "FI", "ES", "US", "XX"]),
)
def test_nobody_has_less_than_fourteen_whole_days_after_the_last_parcel(
    came: list[datetime], country: str
) -> None:
    place = place_of(country)
    ending = right_ends([come(day) for day in came], placed_at=PLACED, place=place).goods
    assert ending is not None
    assert ending.over_at >= max(came) + timedelta(days=13)
    for line in (come(day) for day in came):
        assert why_not(line, right_ends([line], placed_at=PLACED, place=place), max(came)) in (
            "",
            "out_of_time",
        )
    just_before = ending.over_at - timedelta(seconds=1)
    both = right_ends([come(day) for day in came], placed_at=PLACED, place=place)
    assert why_not(come(came[0]), both, just_before) == ""
    assert why_not(come(came[0]), both, ending.over_at) == "out_of_time"
