"""The benchmark of pages knows every page that there is."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from mainstem.app import create_app
from mainstem.kit import settings
from mainstem.kit.db import Database


def _loaded() -> ModuleType:
    """A program is no package: it is read from where it lies."""
    path = Path(__file__).parents[2] / "benchmarks" / "pages.py"
    spec = importlib.util.spec_from_file_location("pages_benchmark", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pages = _loaded()


@pytest.fixture
def routes(tmp_path: Path) -> set[str]:
    """Every path that a GET opens."""
    config = settings.read({"MAINSTEM_DATA": str(tmp_path)})
    return set(pages.routes(create_app(config, Database("postgresql://nobody@/nowhere", pool=1))))


def test_each_page_is_measured_or_it_is_said_why_not(routes: set[str]) -> None:
    told = set(pages.PAGES) | set(pages.NOT_OPENED)
    assert routes - told == set(), "say in benchmarks/pages.py how to open these"
    assert told - routes == set(), "these are no pages any more"


def test_a_page_above_the_limit_is_named_so() -> None:
    cheap, dear = pages.Cost(2.0, 0.5, 10, 5), pages.Cost(2.5, 2.5, 900, 5)
    measured = {
        "demo": {"/a": cheap, "/b": cheap, "/c": cheap},
        "full": {"/a": cheap, "/b": dear, "/c": None},
    }
    lines = list(pages.table(measured))
    assert [line.endswith("above") for line in lines[1:3]] == [False, True]
    assert "in one of the two" in lines[3]
    assert lines[-2].startswith("1 pages cost more than 1.5 times as much as on the demo for what")
    assert lines[-1].startswith("0 more")


def test_a_longer_page_may_cost_as_much_more_as_it_is_longer() -> None:
    short, long = pages.Cost(2.0, 0.5, 10, 5), pages.Cost(4.0, 1.0, 90, 10)
    assert (pages.ratio(short, long), pages.ratio_of_equal_length(short, long)) == (2.0, 1.0)
    assert pages.ratio_of_equal_length(long, short) == 0.5, "a shorter one is not excused"
    [_, line, *_, told] = pages.table({"demo": {"/a": short}, "full": {"/a": long}})
    assert line.endswith("longer")
    assert told.startswith("1 more")
