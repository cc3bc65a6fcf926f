"""Figures of a period as they are kept: columns into rows and back. Of what is kept already only that is written
that has changed, so that a night after which few have sold costs little.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from mainstem.kit import columns
from mainstem.kit.columns import AS_INSTANT, Given, Ints, as_numbers, given, numbers
from mainstem.kit.work import Work
from mainstem.periods.batch import Paid
from mainstem.periods.columns import NOBODY, People, Sales
from mainstem.periods.reckoning import OnTheWay
from mainstem.periods.titles import Titles


@contextmanager
def many(work: Work) -> Iterator[None]:
    """In here rows are joined a million at a time: what was just written is known to no statistics, and a loop
    over it would not end."""
    work.run("SET LOCAL enable_nestloop = off")
    yield
    work.run("SET LOCAL enable_nestloop = on")


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of a period in one table: which part of it they are all of, the columns that are given as numbers
    beside `home_id`, and what each column of the table is made of."""

    table: str
    given: Mapping[str, Given]
    made_of: Mapping[str, str]
    values: Mapping[str, Any]
    part: Sequence[str] = ("starts_on",)


def _keep(work: Work, rows: _Rows) -> None:
    """Have exactly these rows in their part of the table."""
    given = ", ".join(f"%({name})s" for name in rows.given)
    made = ", ".join(f"{made} AS {name}" for name, made in rows.made_of.items())
    new = f"(SELECT {made} FROM unnest({given}) AS given ({', '.join(rows.given)})) AS new"
    part = " AND ".join(f"t.{name} = %({name})s" for name in rows.part)
    key = " AND ".join(f"new.{name} = t.{name}" for name in ("home_id", *rows.part))
    same = " AND ".join(
        f"new.{name} IS NOT DISTINCT FROM t.{name}" for name in rows.made_of if name != "home_id"
    )
    values = {**rows.given, **rows.values}
    work.run(
        f"DELETE FROM {rows.table} t WHERE {part} AND NOT EXISTS (SELECT FROM {new} WHERE {key} AND {same})",
        **values,
    )
    work.run(
        f"""INSERT INTO {rows.table} ({", ".join(rows.made_of)})
            SELECT {", ".join(rows.made_of)} FROM {new}
             WHERE NOT EXISTS (SELECT FROM {rows.table} t WHERE {part} AND {key})""",
        **values,
    )


def keep_people(work: Work, day: date, people: People) -> None:
    """Keep who took part, and under whom they stood."""
    groups = sorted({tuple(sorted(names)) for names in people.groups.values()})
    place = {names: number for number, names in enumerate(groups, 2)}
    in_groups = np.ones(len(people.id), np.int64)
    for id, names in people.groups.items():
        in_groups[np.searchsorted(people.id, id)] = place[tuple(sorted(names))]
    _keep(
        work,
        _Rows(
            "period_participant",
            {
                "ids": given(people.id),
                "sponsors": given(people.sponsor),
                "houses": given(people.house),
                "suspended_ones": given(people.suspended),
                "in_groups": given(in_groups),
            },
            {
                "home_id": "ids",
                "starts_on": "%(starts_on)s::date",
                "sponsor_id": f"nullif(sponsors, {NOBODY})",
                "house": "houses = 1",
                "suspended": "suspended_ones = 1",
                "groups": "(%(groups)s::text[])[in_groups]::text[]",
            },
            {"starts_on": day, "groups": ["{}", *map(_array, groups)]},
        ),
    )


def _array(names: Sequence[str]) -> str:
    return "{" + ",".join(f'"{name}"' for name in names) + "}"


def keep_sales(work: Work, day: date, sold: Mapping[str, Sales]) -> None:
    """Keep what each has sold, by currency."""
    work.run(
        "DELETE FROM period_volume WHERE starts_on = %(day)s AND currency <> ALL(%(sold)s::text[])",
        day=day,
        sold=list(sold),
    )
    for currency, sales in sold.items():
        _keep(
            work,
            _Rows(
                "period_volume",
                _given_sales(sales),
                {
                    "home_id": "ids",
                    "starts_on": "%(starts_on)s::date",
                    "currency": "%(currency)s::char(3)",
                    "volume_minor": "volumes",
                    "clients": "clients::int",
                    "reached_at": AS_INSTANT.format("reached"),
                },
                {"starts_on": day, "currency": currency},
                part=("starts_on", "currency"),
            ),
        )


def _given_sales(sales: Sales) -> dict[str, Given]:
    names = ("ids", "volumes", "clients", "reached")
    return dict(zip(names, map(given, sales.all()), strict=True))


def keep_corrections(work: Work, day: date, settlement: int, currency: str, now: Sales) -> None:
    """Keep what these have sold since a settlement, in one currency; nothing, where it is nothing."""
    work.run(
        f"""INSERT INTO period_correction (home_id, starts_on, settlement, currency, volume_minor, clients,
                                           reached_at)
            SELECT ids, %(day)s, %(settlement)s, %(currency)s, volumes, clients, {AS_INSTANT.format("reached")}
              FROM unnest(%(ids)s, %(volumes)s, %(clients)s, %(reached)s) AS new (ids, volumes, clients, reached)""",
        day=day,
        settlement=settlement,
        currency=currency,
        **_given_sales(now),
    )


_RANKS = ("highest", "paid_as", "paid_as_before", "qualified")


def keep_titles(work: Work, day: date, titles: Titles) -> None:
    """Keep everybody's ranks."""
    names = ("ids", *(f"{rank}_of" for rank in _RANKS), "graces")
    _keep(
        work,
        _Rows(
            "period_standing",
            dict(zip(names, map(given, titles.columns()), strict=True)),
            {
                "home_id": "ids",
                "starts_on": "%(starts_on)s::date",
                **{rank: f"(%(names)s::text[])[{rank}_of + 1]" for rank in _RANKS},
                "grace_used": "graces::int",
            },
            {"starts_on": day, "names": list(titles.names)},
        ),
    )


def titles_of(work: Work, starts_on: date, ranks: Sequence[str]) -> Titles:
    """The ranks of a period, beside those of a plan."""
    held = work.rows(
        f"""SELECT DISTINCT name FROM period_standing, unnest(ARRAY[{", ".join(_RANKS)}]) AS name
             WHERE starts_on = %(day)s AND name <> '' AND name <> ALL(%(ranks)s::text[]) ORDER BY 1""",
        day=starts_on,
        ranks=list(ranks),
    )
    names = ["", *ranks, *sorted(row.name for row in held)]
    places = ", ".join(
        numbers(f"array_position(%(names)s::text[], {rank}) - 1", rank) for rank in _RANKS
    )
    [found] = columns.read(
        work,
        f"""SELECT {numbers("home_id", "ids")}, {places}, {numbers("grace_used", "grace_used")}
              FROM period_standing WHERE starts_on = %(day)s""",
        {"day": starts_on, "names": names},
    )
    read = (found.ids, *(getattr(found, rank) for rank in _RANKS), found.grace_used)
    titles = Titles(names, *(as_numbers(column) for column in read))
    order = np.argsort(titles.id)
    return Titles(names, *(column[order] for column in titles.columns()))


def keep_teams(work: Work, day: date, found: Mapping[str, Sequence[OnTheWay]]) -> None:
    """Keep what everybody's team has come to, and what the next rank asks of them."""
    work.run(
        "DELETE FROM period_team WHERE starts_on = %(day)s AND currency <> ALL(%(sold)s::text[])",
        day=day,
        sold=list(found),
    )
    for currency, ranks in found.items():
        _forget_others(work, day, currency, ranks)
        for one in ranks:
            _keep_team(work, day, currency, one)


def _forget_others(work: Work, day: date, currency: str, ranks: Sequence[OnTheWay]) -> None:
    ids: Ints = np.concatenate([one.id for one in ranks])
    place: Ints = np.repeat(np.arange(len(ranks)), [len(one.id) for one in ranks]) + 1
    work.run(
        """DELETE FROM period_team t WHERE starts_on = %(day)s AND currency = %(currency)s
              AND NOT EXISTS (SELECT FROM unnest(%(ids)s, %(places)s) AS new (id, place)
                               WHERE new.id = t.home_id AND (%(ranks)s::text[])[new.place] = t.next_rank)""",
        day=day,
        currency=currency,
        ids=given(ids),
        places=given(place),
        ranks=[one.next_rank for one in ranks],
    )


def _keep_team(work: Work, day: date, currency: str, one: OnTheWay) -> None:
    have = {f"have_{what}": given(has) for what, has, _ in one.asked}
    need = {f"need_{what}": need for what, _, need in one.asked}
    asked = ", ".join(
        f"jsonb_build_array('{what}'::text, have_{what}, %(need_{what})s::bigint)"
        for what, _, _ in one.asked
    )
    _keep(
        work,
        _Rows(
            "period_team",
            {"ids": given(one.id), "volumes": given(one.team_minor), **have},
            {
                "home_id": "ids",
                "starts_on": "%(starts_on)s::date",
                "currency": "%(currency)s::char(3)",
                "volume_minor": "volumes",
                "next_rank": "%(next_rank)s::text",
                "asked": f"jsonb_build_array({asked})",
            },
            {"starts_on": day, "currency": currency, "next_rank": one.next_rank, **need},
            part=("starts_on", "currency", "next_rank"),
        ),
    )


def keep_preview(
    work: Work, day: date, preview: int, earnings: Mapping[str, Sequence[Paid]]
) -> None:
    """Keep what a preview would pay, and beside it the one before."""
    work.run(
        "DELETE FROM period_preview_earning WHERE starts_on = %(day)s AND preview NOT IN (%(now)s, %(now)s - 1)",
        day=day,
        now=preview,
    )
    rules = [(currency, paid) for currency, found in earnings.items() for paid in found]
    work.run(
        """DELETE FROM period_preview_earning WHERE starts_on = %(day)s AND preview = %(now)s
              AND currency || rule <> ALL(%(rules)s::text[])""",
        day=day,
        now=preview,
        rules=[currency + paid.rule for currency, paid in rules],
    )
    for currency, paid in rules:
        _keep(
            work,
            _Rows(
                "period_preview_earning",
                {"ids": given(paid.id), "ofs": given(paid.of), "amounts": given(paid.amount)},
                {
                    "home_id": "ids",
                    "starts_on": "%(starts_on)s::date",
                    "preview": "%(preview)s::int",
                    "currency": "%(currency)s::char(3)",
                    "rule": "%(rule)s::text",
                    "of_minor": "ofs",
                    "amount_minor": "amounts",
                },
                {"starts_on": day, "preview": preview, "currency": currency, "rule": paid.rule},
                part=("starts_on", "preview", "currency", "rule"),
            ),
        )
