"""The order of the pieces: nothing before its turn, everything once, and nobody idle for nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from real_year.schedule import BUY, END, FOLLOW, Schedule, Task

WEEKS = 6


def allowed(task: Task, shares: int, busy: int, done: set[Task]) -> bool:
    """Whether everything has happened that must have happened before."""

    def has(kind: str, week: int, *, of: range) -> bool:
        return week < 0 or week >= busy or all(Task(kind, week, share) in done for share in of)

    own, all_of_them = range(task.share, task.share + 1), range(shares)
    if task.kind == BUY:
        return has(BUY, task.week - 1, of=own)
    ended = task.week == 0 or Task(END, task.week - 1) in done
    if task.kind == FOLLOW:
        return ended and has(BUY, task.week, of=own)
    return ended and has(FOLLOW, task.week, of=all_of_them)


@given(
    shares=st.integers(1, 4),
    players=st.integers(1, 5),
    busy=st.integers(0, WEEKS),
    picks=st.lists(st.integers(0, 4), min_size=200, max_size=200),
    killed=st.integers(0, 60),
)
def test_every_piece_is_played_once_and_in_its_turn(
    shares: int, players: int, busy: int, picks: list[int], killed: int
) -> None:
    schedule = Schedule(shares, busy)
    done: set[Task] = set()
    playing: list[Task] = []
    for step, pick in enumerate(picks):
        while len(playing) < players and schedule.over < WEEKS and (task := schedule.next()):
            assert task not in playing
            assert allowed(task, shares, busy, done), task
            playing.append(task)
        if schedule.over == WEEKS:
            break
        assert playing, "somebody always has something to do"
        if step == killed:
            # What was done may be asked for again, and is found done.
            playing.clear()
            schedule.again()
            continue
        task = playing.pop(pick % len(playing))
        done.add(task)
        schedule.done(task)
    assert schedule.over == WEEKS
    wanted = {Task(END, week) for week in range(WEEKS)} | {
        Task(kind, week, share)
        for kind in (BUY, FOLLOW)
        for week in range(busy)
        for share in range(shares)
    }
    assert done >= wanted


def test_one_buys_while_the_other_sees_to_what_follows() -> None:
    schedule = Schedule(2, WEEKS)
    for share in (0, 1):
        task = schedule.next()
        assert task == Task(BUY, 0, share)
    schedule.done(Task(BUY, 0, 0))
    assert schedule.next() == Task(FOLLOW, 0, 0)
    schedule.done(Task(BUY, 0, 1))
    assert schedule.next() == Task(BUY, 1, 0)


def test_a_run_that_goes_on_begins_with_the_first_week_that_is_not_over() -> None:
    schedule = Schedule(1, WEEKS, 3)
    assert schedule.next() == Task(BUY, 3, 0)


def test_after_the_last_purchase_only_the_ends_of_weeks_are_left() -> None:
    schedule = Schedule(1, 2, 2)
    assert schedule.next() == Task(END, 2)
    assert schedule.next() is None
    schedule.done(Task(END, 2))
    assert schedule.next() == Task(END, 3)
