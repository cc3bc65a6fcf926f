"""Two plans over the same facts: what each costs, and who gains and who loses by the change."""

from __future__ import annotations

from dataclasses import dataclass

from mainstem.lab.engines import Engine
from mainstem.lab.report import Change, Group, Unchanged
from mainstem.lab.runs import Ran

STEPS = (-50, -20, -5, 0, 5, 20, 50)
"""Where the groups of changes end, in per cent of what somebody had before."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What becomes of whom between two runs. The groups are in order, those without anybody left out."""

    groups: tuple[Group, ...]
    most: tuple[Change, ...]
    """Who gains most in each currency, the most first."""
    least: tuple[Change, ...]
    """Who loses most in each currency, the most first."""
    unchanged: tuple[Unchanged, ...]
    """How many get the same as before, in each currency."""


def compare(engine: Engine, before: Ran, after: Ran, *, shown: int = 10) -> Compared:
    """What becomes of whom, by what stands after everything that went back."""
    engine.keeps("changes", _CHANGES.format(before=before.affiliates, after=after.affiliates))
    cases = "\n".join(
        f"WHEN 100 * (after_minor - before_minor) <= {step} * before_minor THEN {n}"
        for n, step in enumerate(STEPS)
    )
    found = engine.rows(
        f"""SELECT currency, CASE {cases} ELSE {len(STEPS)} END AS step, count(*),
                   CAST(sum(after_minor - before_minor) AS BIGINT)
              FROM changes WHERE after_minor <> before_minor GROUP BY 1, 2 ORDER BY 1, 2"""
    )
    unchanged = engine.rows(
        """SELECT currency, count(*) FROM changes WHERE after_minor = before_minor GROUP BY 1 ORDER BY 1"""
    )
    ends = [None, *STEPS, None]
    return Compared(
        tuple(
            Group(currency, ends[n], ends[n + 1], many, minor) for currency, n, many, minor in found
        ),
        _extremes(engine, ">", "DESC", shown),
        _extremes(engine, "<", "ASC", shown),
        tuple(Unchanged(*row) for row in unchanged),
    )


_CHANGES = """
SELECT affiliate_id, currency, CAST(sum(before_minor) AS BIGINT) AS before_minor,
       CAST(sum(after_minor) AS BIGINT) AS after_minor
  FROM (SELECT affiliate_id, currency, stands_minor AS before_minor, 0 AS after_minor FROM {before}
        UNION ALL
        SELECT affiliate_id, currency, 0, stands_minor FROM {after}) AS both_plans
 GROUP BY affiliate_id, currency"""


def _extremes(engine: Engine, way: str, order: str, shown: int) -> tuple[Change, ...]:
    """In each currency so many: amounts are compared in their own only."""
    rows = engine.rows(
        f"""SELECT affiliate_id, currency, before_minor, after_minor
              FROM (SELECT changes.*, row_number() OVER (
                             PARTITION BY currency ORDER BY after_minor - before_minor {order}, affiliate_id) AS place
                      FROM changes WHERE after_minor {way} before_minor) AS ordered
             WHERE place <= {shown} ORDER BY currency, place"""
    )
    return tuple(Change(*row) for row in rows)
