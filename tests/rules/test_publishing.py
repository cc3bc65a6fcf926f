"""Publishing a plan: numbered, once, one at a time, and nothing that its reader would not expect."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.company import PLAN
from tests.waits import PATIENCE, await_somebody_waits_for

from mainstem import cli
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.money import MINOR_MAX
from mainstem.plan import Plan, PlanAsks, PlanDocument, PlanRefused, book, fingerprint, parse

ROOT = Path(__file__).parents[2]

OTHER = PLAN | {"name": "Second plan"}


def test_the_same_plan_again_is_the_version_that_it_has(database: Database) -> None:
    with database.work() as work:
        start = work.now()
        first = book.publish(work, PLAN, effective_from=start)
        # However it was typed, it is the same plan.
        again = book.publish(work, dict(reversed(PLAN.items())), effective_from=start)
        assert (first.version, again.version) == (1, 1)
        assert work.value("SELECT count(*) FROM plan_version") == 1


def test_a_plan_from_another_day_on_is_told_which_version_it_is(database: Database) -> None:
    """Were it only handed its old version back, who publishes would believe in the new day."""
    with database.work() as work:
        start = work.now()
        book.publish(work, PLAN, effective_from=start)
        book.publish(work, OTHER, effective_from=start)
        with pytest.raises(book.PublishedAlready) as refusal:
            book.publish(work, PLAN, effective_from=start + timedelta(days=1))
    assert refusal.value.text() == (
        "This very plan is version 1, in force from 2026-03-02."
        " To bring it back, publish it under another name."
    )


def test_two_who_publish_at_once_get_a_version_each(database: Database) -> None:
    def publish_the_other() -> int:
        with database.work() as work:
            return book.publish(work, OTHER, effective_from=work.now()).version

    with ThreadPoolExecutor(1) as threads:
        with database.work() as work:
            assert book.publish(work, PLAN, effective_from=work.now()).version == 1
            second = threads.submit(publish_the_other)
            await_somebody_waits_for(work)
        assert second.result(PATIENCE) == 2


def levels(cap_bp: int, *levels_bp: int) -> dict[str, object]:
    """A plan whose goods pay these levels under this cap."""
    rule = PLAN["rules"]["goods"] | {"levels_bp": list(levels_bp), "cap_bp": cap_bp}  # type: ignore[index]
    name = f"{levels_bp} under {cap_bp}"
    return PLAN | {"name": name, "rules": PLAN["rules"] | {"goods": rule}}  # type: ignore[operator]


def _rates(plan: Plan) -> list[int]:
    return [level.rate_bp for level in plan.sale.rule("goods").levels]


def test_levels_above_their_cap_are_asked_about_and_published_when_that_is_meant(
    database: Database,
) -> None:
    plan = levels(1400, 1000, 800, 700)
    with database.work() as work:
        start = work.now()
        with pytest.raises(PlanAsks) as question:
            book.publish(work, plan, effective_from=start)
        problem = next(one for one in question.value.problems if one.code == "levels_above_cap")
        assert (problem.pointer, problem.code) == ("/rules/0/levels", "levels_above_cap")
        assert problem.text() == (
            "The levels add up to 25 %, above their cap of 14 %. On a sale with all of them, each"
            " gives way in proportion: who sold gets 5.6 % instead of 10 %."
        )
        assert work.value("SELECT count(*) FROM plan_version") == 0
        published = book.publish(work, plan, effective_from=start, confirmed=True)
        # It is published: to say so again needs no confirmation.
        assert book.publish(work, plan, effective_from=start) == published


@pytest.mark.parametrize("confirmed", [False, True])
def test_levels_above_the_whole_are_refused_whatever_is_confirmed(
    database: Database, confirmed: bool
) -> None:
    with database.work() as work:
        plan = levels(10000, 9000, 5000, 4000)
        with pytest.raises(PlanRefused) as refusal:
            book.publish(work, plan, effective_from=work.now(), confirmed=confirmed)
        assert [problem.code for problem in refusal.value.problems] == ["more_than_the_whole"]
        assert "180 %" in refusal.value.problems[0].text()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": "Plan\ud800"}, "/name"),
        ({"name": "Plan\x00"}, "/name"),
        ({"name": "Plan\u202e"}, "/name"),
        ({"name": "\nPlan"}, "/name"),
        ({"\ud800": 1}, ""),
        ({"minimum_payout_minor": {"SEK": MINOR_MAX + 1}}, "/minimum_payout_minor/SEK"),
        ({"minimum_payout_minor": {"SEK": 10**25}}, "/minimum_payout_minor/SEK"),
    ],
)
def test_a_plan_that_cannot_be_read_or_reached_is_refused(
    database: Database, changes: dict[str, object], pointer: str
) -> None:
    with database.work() as work:
        with pytest.raises(PlanRefused) as refusal:
            book.publish(work, PLAN | changes, effective_from=work.now())
        assert [problem.pointer for problem in refusal.value.problems] == [pointer]
        assert work.value("SELECT count(*) FROM plan_version") == 0


@pytest.mark.parametrize("levels_bp", [(1400,), (1000, 300, 100), (700, 700)])
def test_levels_within_their_cap_are_not_asked_about(
    database: Database, levels_bp: tuple[int, ...]
) -> None:
    with database.work() as work:
        plan = levels(1400, *levels_bp)
        assert book.publish(work, plan, effective_from=work.now()).version == 1


def written(work: Work, document: Mapping[str, Any]) -> None:
    """A version that is written past the verb."""
    work.run(
        """INSERT INTO plan_version (version, document, hash, effective_from, published_by, published_at)
           SELECT coalesce(max(version), 0) + 1, %(document)s::jsonb, %(hash)s, %(now)s, 'staff', %(now)s
             FROM plan_version""",
        document=json.dumps(document),
        hash=fingerprint(document),
        now=work.now(),
    )


def test_a_plan_that_was_published_before_anybody_was_asked_still_pays(database: Database) -> None:
    with psycopg.connect(database.url) as owner:
        owner.execute("ALTER TABLE plan_version DISABLE TRIGGER plan_version_lawful")
    with database.work() as work:
        written(work, levels(10000, 9000, 5000, 4000))
        assert _rates(book.in_force(work, work.now())) == [9000, 5000, 4000]


def in_full(**changes: Any) -> dict[str, Any]:
    """The plan as it is published, with these changes to its first rule."""
    said = parse(PLAN, version=1).document.written()
    said["rules"][0] |= changes
    return said


def of_an_earlier_release(said: dict[str, Any]) -> dict[str, Any]:
    """A plan as a release might have written it out that did not know the newest word yet."""
    return {key: value for key, value in said.items() if key != "refunded_orders"}


def test_a_plan_that_an_earlier_release_wrote_out_is_the_version_that_it_has(
    database: Database,
) -> None:
    said = in_full()
    older = of_an_earlier_release(said)
    assert older != said
    with database.work() as work:
        written(work, older)
        now = work.now()
        assert book.publish(work, said, effective_from=now).version == 1
        assert book.publish(work, PLAN, effective_from=now).version == 1
        assert book.publish(work, in_full(hold_days=99), effective_from=now).version == 2


@pytest.mark.parametrize(
    ("document", "because"),
    [
        (in_full(pays_on="recruit"), "only a delivered sale may pay"),
        (in_full(hold_days=7), "hold_days is from 14 to 365"),
        (in_full(hold_days=None), "hold_days is from 14 to 365"),
        (in_full(recruit_bonus_minor={"SEK": 5000}), "a setting that there is not"),
        (in_full(levels=[{"rate_bp": 300}, {"rate_bp": 1000}]), "no sponsor may earn more"),
        (in_full(levels=[{"rate_bp": 6000}, {"rate_bp": 6000}]), "nor all together more"),
        (in_full(levels=[{"rate_bp": 1000, "joining_fee": 1}]), "a setting that there is not"),
        (in_full(levels=[{"rate_bp": 10.5}]), "rate_bp is from 0 to 10000"),
        (in_full(levels=[]), "one to ten levels"),
        (in_full(levels=[{"rate_bp": 0, "each_minor": {"SEK": 5}},
                         {"rate_bp": 0, "each_minor": {"SEK": 6}}]), "no sponsor may earn more on a piece"),
        (in_full() | {"joining_fee_minor": 9900}, "a setting that there is not"),
        (in_full() | {"rules": []}, "it has no rules"),
        (PLAN, "not of format 2"),
    ],
)  # fmt: skip
def test_what_no_plan_may_say_cannot_be_written_past_the_verb_either(
    database: Database, document: dict[str, Any], because: str
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match=because), database.work() as work:
        written(work, document)


@pytest.mark.parametrize(
    "file", sorted((ROOT / "tests/plans/lawful").iterdir()), ids=lambda f: f.stem
)
def test_every_lawful_plan_is_published_and_kept_as_it_is_said(
    database: Database, file: Path
) -> None:
    said = tomllib.loads(file.read_text())
    with database.work() as work:
        made = book.publish(work, said, effective_from=work.now(), confirmed=True)
        assert book.in_force(work, work.now()) == made
        assert made.document == PlanDocument.model_validate(said)


def test_a_plan_that_costs_more_than_agreed_is_never_in_force_though_it_was_written(
    database: Database,
) -> None:
    costly = tomllib.loads(
        (ROOT / "tests/plans/refused/03-more-than-everything-may-cost.toml").read_text()
    )
    said = PlanDocument.model_validate(costly).written()
    with database.work() as work:
        lawful = book.publish(work, PLAN, effective_from=work.now())
        written(work, said)
        assert work.value("SELECT max(version) FROM plan_version") == 2
        assert book.in_force(work, work.now()) == lawful


def test_the_command_line_asks_too(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setenv("MAINSTEM_OWNER_URL", database.url)
    monkeypatch.setenv("MAINSTEM_MODE", "demo")
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(levels(1400, 1000, 800, 700)))
    assert cli.main(["publish-plan", str(file)]) == 1
    said = capsys.readouterr().err
    assert "/rules/0/levels: The levels add up to 25 %" in said
    assert "--confirmed" in said
    assert cli.main(["publish-plan", str(file), "--confirmed", "--from", "2027-01-01"]) == 0
    with database.work() as work:
        row = work.row("SELECT version, effective_from FROM plan_version")
        assert tuple(row or ()) == (1, datetime(2026, 12, 31, 23, tzinfo=UTC))
        assert work.value("SELECT subject FROM fact WHERE name = 'plan.published'") == "1"
    for text, complaint in (("{", "cannot be read as JSON"), ("[]", "a plan is a JSON object")):
        file.write_text(text)
        assert cli.main(["publish-plan", str(file)]) == 1
        assert complaint in capsys.readouterr().err


def test_a_plan_that_counted_teams_before_it_was_asked_whose_still_counts_as_at_the_close(
    database: Database,
) -> None:
    text = (ROOT / "tests/plans/refused/23-whose-team-is-not-said.toml").read_text()
    older = parse(tomllib.loads(text), version=0).document.written()
    with database.work() as work:
        written(work, older)
        plan = book.in_force(work, work.now())
        assert plan.fingerprint == fingerprint(older)
        assert plan.period("SEK").teams == "as_at_close"
        assert plan.document.written() == older, "it is still written as it was"
        with pytest.raises(PlanRefused):
            book.publish(work, older | {"name": "Again"}, effective_from=work.now())
