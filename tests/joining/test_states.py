"""The table of states and the trees that joining makes: rules that hold whatever is tried."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.company import an_affiliate

from mainstem import network
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidTransition
from mainstem.kit.lookalike import skeleton, skeletons
from mainstem.network import MAY, NEEDS_WHY, ROLE_MAY, STATES

ACTIONS = sorted(STATES.steps)
LATER = ("pause", "resume", "suspend", "terminate")


def test_the_table_of_rights_knows_every_state_of_the_machine_and_no_other() -> None:
    assert STATES.states() == set(MAY)
    assert set(ROLE_MAY["owner"]) == set().union(*MAY.values()) - {network.ANSWER}


def test_only_applicants_answer_and_only_they_have_no_portal() -> None:
    for state, may in MAY.items():
        is_applicant = state in ("applied", "in_review")
        assert (network.ANSWER in may) == is_applicant
        assert (network.SEE_MONEY in may) == (state not in ("applied", "in_review", "rejected"))


@given(st.lists(st.sampled_from(ACTIONS), max_size=20))
def test_whatever_is_tried_one_becomes_an_affiliate_by_approval_alone(actions: list[str]) -> None:
    state, way = "applied", []
    for action in actions:
        try:
            state = STATES.step(state, action)
            way.append(action)
        except InvalidTransition:
            continue
        assert state in MAY
    if network.SEE_MONEY in MAY[state]:
        assert way.count("approve") == 1
    if "reject" in way:
        assert way[-1] == "reject", "what is rejected stays so; one applies again"
    assert not {"review", "ask", "reject"} & set(
        way[way.index("approve") :] if "approve" in way else []
    )


def steps(before: str) -> Iterator[str]:
    for action in ACTIONS:
        if STATES.action(before, action).allowed:
            yield action


@pytest.mark.parametrize("state", sorted(MAY))
def test_a_step_is_named_by_where_it_leads(state: str) -> None:
    for action in steps(state):
        after = STATES.step(state, action)
        if after != state:
            assert STATES.step(state, network.step_to(state, after)) == after


@given(actions=st.lists(st.sampled_from(LATER), max_size=8))
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_each_step_of_an_affiliate_is_kept_with_who_and_why(
    database: Database, actions: list[str]
) -> None:
    with database.work() as work:
        id = an_affiliate(work, f"a-{work.id}"[:40])
        state, taken = "active", []
        for action in actions:
            try:
                state = network.take_step(work, id, action, why=f"Because of {action}.")
                taken.append((state, f"Because of {action}."))
            except InvalidTransition:
                assert work.value("SELECT state FROM affiliate WHERE id = %(id)s", id=id) == state
        kept = [(step.after, step.why) for step in network.steps_of(work, id)]
        assert kept == taken[::-1] or sorted(kept) == sorted(taken)
        assert work.value("SELECT state FROM affiliate WHERE id = %(id)s", id=id) == state
        facts = work.rows(
            "SELECT name FROM fact WHERE home_id = %(id)s AND name LIKE 'affiliate.%%'", id=id
        )
        assert sorted(row.name for row in facts) == sorted(
            f"affiliate.{state}" for state, _ in taken
        )


@pytest.mark.parametrize("action", sorted(NEEDS_WHY & set(LATER)))
def test_nobody_is_suspended_or_ended_without_a_reason(database: Database, action: str) -> None:
    with database.work() as work:
        id = an_affiliate(work, "alder")
        with pytest.raises(network.WhyMissing):
            network.take_step(work, id, action, why="  ")


@given(sponsors=st.lists(st.integers(min_value=0, max_value=30), min_size=1, max_size=12))
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_an_upline_is_oneself_and_then_ones_sponsors_upline(
    database: Database, sponsors: list[int]
) -> None:
    with database.work() as work:
        ids: list[int] = []
        uplines: dict[int, list[int]] = {}
        for no, choice in enumerate(sponsors):
            sponsor = ids[choice % len(ids)] if ids and choice else None
            id = an_affiliate(work, f"u{no}-{work.id}"[:40], sponsor_id=sponsor)
            ids.append(id)
            uplines[id] = [id, *uplines.get(sponsor or 0, [])]
            assert work.get(network.Affiliate, id).upline == uplines[id]
            assert len(set(uplines[id])) == len(uplines[id]), "nobody is above themselves"


# ------------------------------------------------------------------------- look-alikes


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Härdvik", "HARDVIK"),
        ("Härdvik", "H\u0430rdvik"),
        ("Härdvik", "Hard-Vlk AB"),
        ("Kulla Hus", "Kul1a Hus"),
        ("Kulla Hus", "kulla-hus"),
        ("Modern", "Modem"),
        ("Wolf", "VVolf"),
        ("O\u2019Brien", "O'Brien Ltd"),
        ("\uff2b\uff35\uff2c\uff2c\uff21", "Kulla"),
        ("\u0391\u03a1\u039f", "Apo"),
        ("AB", "ab"),
        ("Kulla", "K\u1d1c\u029f\u029f\u1d00"),  # small capitals
        ("Kulla", "\u0199ull\u0251"),  # hooks, and letters of phonetics
        ("Ace", "\u0410\u0441\u0435"),
        ("Kulla", "\ua4d7\ua4f4\ua4e1\ua4e1\ua4ee"),  # Lisu
        ("Kale", "\u13e6\u13aa\u13de\u13ac"),  # Cherokee
        ("Oslo", "\u0585slo"),
    ],
)
def test_names_that_look_alike_have_one_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other) != ""


@pytest.mark.parametrize(
    ("one", "other"), [("Kulla Hus", "Kulla"), ("Härdvik", "Hårdvin"), ("Alder", "Elder")]
)
def test_names_that_differ_have_two(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


@given(st.text(max_size=60))
def test_every_text_has_a_skeleton_of_letters_and_digits_and_keeps_it(text: str) -> None:
    made = skeleton(text)
    assert all(one.isalnum() for one in made)
    assert skeletons(text) == ([made] if made else [])
    assert skeleton(text.upper().lower()) == skeleton(text.lower()) or not text.isascii()
