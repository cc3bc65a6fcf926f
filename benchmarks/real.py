"""The real year, timed: where its seconds go, and the line of JSON that it ends with.

    python benchmarks/real.py [--orders N] [--workers N] [--batch N] [--keep [--fresh]]

Plays the year anew in a folder of its own, which is removed again; or, with --keep, in the company's
data folder (MAINSTEM_DATA), where it may be stopped and goes on.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import tempfile
import time
from pathlib import Path

from mainstem.kit import settings
from real_year import play, run

STEPS = {
    "place": "Placed, paid and routed",
    "ship": "Shipped",
    "deliver": "Delivered, performed and settled",
    "refund": "Refunded and settled",
    "week's end": "Released, closed and paid out, week by week",
}


def main() -> int:
    """Run, print the table and the JSON; the run's exit status."""
    given = _parser().parse_args()
    if given.keep:
        return run.run(
            settings.read(),
            orders=given.orders,
            workers=given.workers,
            batch=given.batch,
            fresh=given.fresh,
            source=given.source,
        )
    seconds: dict[str, float] = {}
    printed = io.StringIO()
    with tempfile.TemporaryDirectory(prefix="mainstem-real-") as folder:
        config = settings.read({"MAINSTEM_DATA": folder})
        began = time.perf_counter()
        with contextlib.redirect_stdout(printed):
            status = run.run(
                config,
                orders=given.orders,
                workers=given.workers,
                batch=given.batch,
                source=given.source,
                stages=seconds,
            )
        whole = time.perf_counter() - began
    if status == 0:
        _print_table(seconds, whole, given.workers)
    sys.stdout.write(printed.getvalue())
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, help="only the first so many baskets")
    parser.add_argument("--workers", type=int, default=run.WORKERS)
    parser.add_argument("--batch", type=int, default=run.BATCH)
    parser.add_argument("--source", type=Path, help="a folder with the two Parquet files")
    parser.add_argument("--keep", action="store_true", help="in the data folder, resumable")
    parser.add_argument("--fresh", action="store_true", help="forget an earlier run and begin anew")
    return parser


def _print_table(seconds: dict[str, float], whole: float, workers: int) -> None:
    print(f"{'Step':<46}{'Seconds':>9}   in each of {workers} processes")
    for step, words in STEPS.items():
        each = seconds.get(step, 0.0) / (1 if step == "week's end" else workers)
        print(f"{words:<46}{each:>9.1f}")
    print(f"{'Every check run, as a company runs them':<46}{seconds[run.CHECKED]:>9.1f}")
    print(f"{'Founding and all':<46}{whole:>9.1f}")
    own = play.memory()
    each = seconds.get(play.MEMORY, 0.0)
    print(f"Python in the processes took {seconds.get(play.PROCESSOR, 0.0):.0f} processor seconds,")
    print(f"and at most {own:.0f} MB in the first and {each:.0f} MB in each of {workers} others.")
    if "until 100000" in seconds:
        first, second = seconds["until 50000"], seconds["until 100000"] - seconds["until 50000"]
        print(f"The second 50,000 orders took {second / first:.2f} times as long as the first.")


if __name__ == "__main__":
    sys.exit(main())
