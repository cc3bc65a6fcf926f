"""What a backtest came to as a file: every sum as CSV, or the whole report as JSON."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import backtests
from mainstem.catalog_files import harmless
from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.lab import SIDES, Report, as_json

COLUMNS = ("of", "rule", "level", "kind", "currency", "before_minor", "after_minor")


@get("/plan/lab/{run:uuid}/report.csv", sync_to_thread=True)
def report_csv(work: NamedDependency[Work], run: FromPath[UUID]) -> Response[str]:
    """What each rule pays at each level under both plans, in minor units."""
    out = io.StringIO()
    written = csv.writer(out)
    written.writerow(COLUMNS)
    written.writerows(_rows(_report(work, run)))
    return _file(out.getvalue(), "text/csv; charset=utf-8", "backtest.csv")


@get("/plan/lab/{run:uuid}/report.json", sync_to_thread=True)
def report_json(work: NamedDependency[Work], run: FromPath[UUID]) -> Response[str]:
    """The whole report."""
    return _file(as_json(_report(work, run)), "application/json", "backtest.json")


def _report(work: Work, run: UUID) -> Report:
    report = backtests.report_of(work, run)
    if report is None:
        raise NotFound("report")
    return report


def _rows(report: Report) -> list[tuple[str | int, ...]]:
    sums: dict[tuple[str, str, int, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for n, side in enumerate(SIDES):
        for row in report.rows(side):
            sums[row.of, row.rule, row.level, row.kind, row.currency][n] += row.minor
    return [
        (of, harmless(rule), level, kind, currency, *sums[of, rule, level, kind, currency])
        for of, rule, level, kind, currency in sorted(sums)
    ]


def _file(text: str, media_type: str, name: str) -> Response[str]:
    disposition = f'attachment; filename="{name}"'
    return Response(text, media_type=media_type, headers={"content-disposition": disposition})


routes = [report_csv, report_json]
