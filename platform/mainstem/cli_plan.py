"""The commands of a plan in a file: what is found in it, what it says, what two say differently."""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from mainstem.kit.locale import LOCALES, Language
from mainstem.money import Money
from mainstem.paths import TEMPLATES
from mainstem.plan import (
    Finding,
    PlanDocument,
    PlanRefused,
    clauses,
    compiled,
    dearest_month,
    difference,
    from_first_format,
    lint,
    most_percent,
    parse,
    properties,
    worst_case,
)

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_commands(commands: Commands) -> Commands:
    """Add the parsers of these commands; what can be done with a plan, for others to add to."""
    plan = commands.add_parser("plan", help="Check a plan in a file, or read it in words.")
    verbs = plan.add_subparsers(required=True, metavar="VERB")
    check = verbs.add_parser("check", help="Find what is unlawful, unwise or not meant in a plan.")
    check.add_argument("file", type=Path, help="the plan, as TOML or JSON")
    check.set_defaults(command=check_plan)
    tells = verbs.add_parser("show", help="Read a plan in words.")
    tells.add_argument("file", type=Path, help="the plan, as TOML or JSON")
    tells.set_defaults(command=show_plan)
    compares = verbs.add_parser("diff", help="Read what two plans say differently.")
    compares.add_argument("before", type=Path)
    compares.add_argument("after", type=Path)
    compares.set_defaults(command=compare_plans)
    for verb in (check, tells, compares):
        verb.add_argument("--language", choices=LOCALES, default="en")
    return verbs


def check_plan(given: argparse.Namespace) -> int:
    """Say everything that is found in a plan; 1 where it could not be published."""
    try:
        sent = _read(given.file)
    except NotRead as no:
        return _fail(str(no))
    language = _language(given.language)
    found = lint(sent)
    for one in found:
        _say(f"{one.severity}  {one.code}  {one.problem.pointer or '/'}")
        _say(f"        {one.problem.text(language.text)}")
        if one.source:
            _say(f"        {one.source}")
    if any(one.severity == "refuse" for one in found):
        return 1
    _say_costs(PlanDocument.model_validate(sent), found, language)
    return 0


def _say_costs(plan: PlanDocument, found: Sequence[Finding], language: Language) -> None:
    """Say the sale and the month that cost most, and which properties the plan has and gives up."""
    worst = worst_case(compiled(plan))
    _say(
        language.text("The most that a sale can pay: {paid} of {whole}, under {rule}.").format(
            paid=language.money(Money(worst.paid_minor, "SEK")),
            whole=language.money(Money(worst.of_minor, "SEK")),
            rule=worst.rule,
        )
    )
    if worst.unpaid:
        levels = ", ".join(map(str, worst.unpaid))
        _say(language.text("Nobody is paid there at level {levels}.").format(levels=levels))
    if plan.period is not None:
        for line in _worst_month(plan, language):
            _say(line)
    for one in properties(plan, found):
        word = language.text("Holds") if one.holds else language.text("Given up")
        _say(f"{word}: {language.text(one.says).format(**one.facts)}")


def _worst_month(plan: PlanDocument, language: Language) -> Iterator[str]:
    worst = dearest_month(plan)
    code = worst.currency
    yield language.text(
        "The dearest period that was found: {sellers} who sell {volume} each, {above} above them."
        " Sales pay {sales} and its rules {rules}: {share} %. None can pay more than {most} %."
    ).format(
        sellers=worst.sellers,
        volume=language.money(Money(worst.volume_minor, code)),
        above=worst.above,
        sales=language.money(Money(int(worst.sales_minor), code)),
        rules=language.money(Money(sum(worst.paid.values()), code)),
        share=worst.percent,
        most=most_percent(plan),
    )


def show_plan(given: argparse.Namespace) -> int:
    """Say what a plan pays, clause by clause."""
    try:
        plan = plan_in(given.file)
    except NotRead as no:
        return _fail(str(no))
    for clause in clauses(plan, _language(given.language)):
        _say(f"[{clause.about}]" if clause.about else plan.name)
        for sentence in clause.sentences:
            _say(f"  {sentence}")
    return 0


def compare_plans(given: argparse.Namespace) -> int:
    """Say what two plans say differently."""
    language = _language(given.language)
    try:
        before, after = (
            clauses(plan_in(file), language) for file in (given.before, given.after)
        )  # fmt: skip
    except NotRead as no:
        return _fail(str(no))
    changes = difference(before, after)
    if not changes:
        _say(language.text("Both say the same."))
    for change in changes:
        _say(f"[{change.about}]" if change.about else language.text("For all rules"))
        for sentence in change.before:
            _say(f"- {sentence}")
        for sentence in change.after:
            _say(f"+ {sentence}")
    return 0


class NotRead(Exception):
    """The file holds no plan, for the reason given."""


def plan_in(file: Path) -> PlanDocument:
    """The plan in a file, of either format. Raises NotRead for one that could not be published."""
    sent = _read(file)
    refused = [one for one in lint(sent) if one.severity == "refuse"]
    if refused:
        said = "\n".join(f"  {one.problem.pointer}: {one.problem.text()}" for one in refused)
        raise NotRead(f"{file} is no plan that could be published:\n{said}")
    return PlanDocument.model_validate(sent)


def _read(file: Path) -> Mapping[str, Any]:
    """What a file says, in the format of today; a plan of the first format is said anew."""
    try:
        text = file.read_text("utf-8")
        sent = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        raise NotRead(f"{file} cannot be read: {error}") from None
    if not isinstance(sent, dict):
        raise NotRead(f"{file} holds no plan: a plan is an object.")
    if "format" in sent or not isinstance(sent.get("rules"), dict):
        return sent
    try:
        parse(sent, version=0)
    except PlanRefused as no:
        said = "\n".join(f"  {problem.pointer}: {problem.text()}" for problem in no.problems)
        raise NotRead(f"{no.text()}\n{said}") from None
    return from_first_format(sent)


def _language(code: str) -> Language:
    return Language(code, TEMPLATES / "locale", ZoneInfo("UTC"))


def _fail(said: str) -> int:
    _say(said)
    return 1


def _say(line: str) -> None:
    print(line)  # noqa: T201
