"""The tree as it stood at any instant, after any moves: what is asked is what was so then."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.company import an_affiliate

from mainstem import network
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import Refused
from mainstem.kit.work import Work
from mainstem.network import MemberThen


def uplines_now(work: Work) -> dict[int, list[int]]:
    return {row.id: list(row.upline) for row in work.rows("SELECT id, upline FROM affiliate")}


def test_who_stood_above_and_below_before_and_after_a_move(
    database: Database, clock: FixedClock
) -> None:
    start = clock.now()
    with database.work() as work:
        oak, elm = an_affiliate(work, "oak"), an_affiliate(work, "elm")
        fir = an_affiliate(work, "fir", sponsor_id=oak)
        yew = an_affiliate(work, "yew", sponsor_id=fir)
    clock.move(timedelta(days=1))
    with database.work() as work:
        assert network.move(work, fir, elm, why="A test", actor="test").members == 2
        assert network.upline_as_of(work, [yew], start) == {yew: [yew, fir, oak]}
        assert network.upline_as_of(work, [yew], clock.now()) == {yew: [yew, fir, elm]}
        assert network.upline_as_of(work, [yew], start - timedelta(seconds=1)) == {}
        assert network.team_as_of(work, oak, start) == [MemberThen(fir, 1), MemberThen(yew, 2)]
        assert network.team_as_of(work, oak, clock.now()) == []
        assert network.team_as_of(work, elm, clock.now()) == [
            MemberThen(fir, 1), MemberThen(yew, 2),
        ]  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(-1, 6), st.booleans()), max_size=14))
def test_the_tree_of_each_instant_is_what_it_was(
    database: Database, clock: FixedClock, moves: list[tuple[int, int, bool]]
) -> None:
    """Any moves, several in one instant too: the last of an instant is what held from it on."""
    stem = f"t{clock.now().timestamp():.0f}-{len(moves)}-{abs(hash(tuple(moves)))}"[:50]
    with database.work() as work:
        ids = [an_affiliate(work, f"{stem}-{'abcdefg'[n]}{n * 111}") for n in range(7)]
    seen: dict[datetime, dict[int, list[int]]] = {}
    for who, under, later in moves:
        if later:
            clock.move(timedelta(hours=1))
        try:
            with database.work() as work:
                sponsor = ids[under] if under >= 0 else None
                network.move(work, ids[who], sponsor, why="A test", actor="test")
        except Refused:
            continue
        with database.work() as work:
            # The moves of one instant follow each other by microseconds.
            seen[clock.now() + timedelta(milliseconds=1)] = uplines_now(work)
    with database.work() as work:
        for at, was in seen.items():
            found = network.upline_as_of(work, ids, at)
            assert found == {id: was[id] for id in ids}
            for head in ids:
                below = {m.id: m.level for m in network.team_as_of(work, head, at)}
                assert below == {
                    id: was[id].index(head) for id in ids if head in was[id] and id != head
                }
