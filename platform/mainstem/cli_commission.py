"""The commands of commissions: how each came to be, and why somebody was not paid, in the words of the pages."""

from __future__ import annotations

import argparse
from uuid import UUID

from mainstem import rewards
from mainstem.earnings import queries, why_not_more, why_order_unpaid
from mainstem.kit.db import Database
from mainstem.kit.errors import NotFound
from mainstem.kit.locale import LOCALES, Language
from mainstem.kit.work import SYSTEM, Work
from mainstem.money import Money
from mainstem.paths import TEMPLATES
from mainstem.plan import SIDE_WORDS, book, tell, tell_no_reward, tell_reward, tell_unpaid
from mainstem.rewards import RewardView


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parsers of these commands; `given.with_database` runs one of them."""
    commission = commands.add_parser("commission", help="Ask about what a sale has earned.")
    verbs = commission.add_subparsers(required=True, metavar="VERB")
    why = verbs.add_parser("why", help="Say why an affiliate was not paid for an order.")
    why.add_argument("order", help="the order's number")
    why.add_argument("--affiliate", required=True, metavar="SLUG", help="their name in addresses")
    why.add_argument("--language", choices=LOCALES, default="en")
    why.set_defaults(with_database=say_why)
    explains = verbs.add_parser("explain", help="Say how each commission on an order came to be.")
    explains.add_argument("order", help="the order's number")
    explains.add_argument("--affiliate", metavar="SLUG", help="only theirs")
    explains.add_argument("--language", choices=LOCALES, default="en")
    explains.set_defaults(with_database=say_each)


def say_why(database: Database, given: argparse.Namespace) -> int:
    """Say which rule keeps an affiliate from an order's commission; 1 where there is no such order."""
    language = Language(given.language, TEMPLATES / "locale", database.tools.zone)
    try:
        with database.work(SYSTEM) as work:
            found = why_order_unpaid(work, _affiliate(work, given.affiliate), given.order)
    except NotFound as no:
        _say(no.text(language.text))
        return 1
    _say(tell_unpaid(found.reason, language))
    return 0


def say_each(database: Database, given: argparse.Namespace) -> int:
    """Say each movement on an order, with the version of the plan and the rule that it came by, and what would
    have made it more; 1 where there is no such order."""
    language = Language(given.language, TEMPLATES / "locale", database.tools.zone)
    try:
        with database.work(SYSTEM) as work:
            only = _affiliate(work, given.affiliate) if given.affiliate else None
            of = _order(work, given.order)
            found = [
                one for one in queries.of_order(work, *of) if only in (None, one.beneficiary_id)
            ]
            versions = book.versions(work, {one.plan_version for one in found if one.plan_version})
            people = {one.beneficiary_id: one.beneficiary for one in found}
            not_more = {id: why_not_more(work, *of, id, language) for id in people}
            reward = None if given.affiliate else rewards.reward_of(work, *of)
    except NotFound as no:
        _say(no.text(language.text))
        return 1
    for one in found:
        amount = language.money(Money(one.amount_minor, one.currency))
        version = versions.get(one.plan_version or 0)
        by = f"{version.name} {version.version} ({version.fingerprint[:16]})" if version else "-"
        _say(f"{language.when(one.credited_at)}  {amount}  {one.beneficiary}")
        _say(f"  {by}, {one.rule}, {one.level}: {tell(one.explanation, language)}")
    for id, sentences in not_more.items():
        for sentence in sentences:
            _say(f"{people[id]}: {sentence}")
    if reward:
        _say_reward(reward, language)
    return 0


def _say_reward(reward: RewardView, language: Language) -> None:
    """What the order gave for a friend, by side, and why."""
    for side, said in sorted(reward.explanations.items(), reverse=True):
        amount = language.money(reward.stands[side])
        _say(f"{amount}  {language.text(SIDE_WORDS[side])}")
        _say(f"  {tell_reward(said, language)}")
    if reward.why and not reward.explanations:
        _say(f"{language.text('Reward for a friend')}: {tell_no_reward(reward.why, language)}")


def _order(work: Work, number: str) -> tuple[int, UUID]:
    row = work.row("SELECT home_id, id FROM orders WHERE number = %(n)s", n=number.upper())
    if row is None:
        raise NotFound("order")
    return row.home_id, row.id


def _affiliate(work: Work, slug: str) -> int:
    id = work.value("SELECT id FROM affiliate WHERE slug = %(slug)s", slug=slug.lower())
    if id is None:
        raise NotFound("affiliate")
    return int(id)


def _say(line: str) -> None:
    print(line)  # noqa: T201
