"""The real run, timed: where its seconds go, and the line of JSON that it ends with.

    python benchmarks/real.py [--orders N] [--workers N] [--batch N]

Plays the year anew in a folder of its own, which is removed again.
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
from mainstem.simulate import real, real_play

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
    seconds: dict[str, float] = {}
    printed = io.StringIO()
    with tempfile.TemporaryDirectory(prefix="mainstem-real-") as folder:
        config = settings.read({"MAINSTEM_DATA": folder})
        began = time.perf_counter()
        with contextlib.redirect_stdout(printed):
            status = real.run(
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, help="only the first so many baskets")
    parser.add_argument("--workers", type=int, default=real.WORKERS)
    parser.add_argument("--batch", type=int, default=real.BATCH)
    parser.add_argument("--source", type=Path, help="a folder with the two Parquet files")
    return parser


def _print_table(seconds: dict[str, float], whole: float, workers: int) -> None:
    print(f"{'Step':<46}{'Seconds':>9}   in each of {workers} processes")
    for step, words in STEPS.items():
        each = seconds.get(step, 0.0) / (1 if step == "week's end" else workers)
        print(f"{words:<46}{each:>9.1f}")
    print(f"{'Every check run, as a company runs them':<46}{seconds[real.CHECKED]:>9.1f}")
    print(f"{'Founding and all':<46}{whole:>9.1f}")
    own = real_play.memory()
    each = seconds.get(real_play.MEMORY, 0.0)
    print(
        f"Python in the processes took {seconds.get(real_play.PROCESSOR, 0.0):.0f} processor seconds,"
    )
    print(f"and at most {own:.0f} MB in the first and {each:.0f} MB in each of {workers} others.")
    if "until 100000" in seconds:
        first, second = seconds["until 50000"], seconds["until 100000"] - seconds["until 50000"]
        print(f"The second 50,000 orders took {second / first:.2f} times as long as the first.")


if __name__ == "__main__":
    sys.exit(main())
