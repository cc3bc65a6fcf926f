"""No test's outcome depends on how fast the machine is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).resolve().parents[1]

FORBIDDEN = {
    # A duration that is asserted.
    r"assert [^\n]*(?:monotonic|perf_counter|process_time)\(\) - ": "a timed assertion",
    r"assert \w+(?:_seconds|_ms) < ": "a timed assertion",
    r"@?settings\([^)]*deadline=(?!None)": "a deadline for an example",
    # Such a list stands in the place of the profile's.
    r"suppress_health_check=\[(?![^\]]*too_slow)": "examples that may not be drawn slowly",
    # Ten or twenty seconds are enough on an idle machine alone: PATIENCE is for all of them.
    r"\.(?:join|result)\(\d{1,2}(?:\.\d+)?\)": "little patience",
    r"\.communicate\(timeout=\d{1,2}\)": "little patience",
}


def found() -> Iterator[str]:
    for path in sorted(TESTS.rglob("*.py")):
        if path == Path(__file__).resolve() or "mutants" in path.parts or "kill" in path.parts:
            continue
        text = path.read_text("utf-8")
        for pattern, what in FORBIDDEN.items():
            for match in re.finditer(pattern, text):
                line = text.count("\n", 0, match.start()) + 1
                yield f"{path.relative_to(TESTS)}:{line}: {what}"


def test_no_test_is_timed() -> None:
    assert list(found()) == []


@pytest.mark.parametrize("check", [HealthCheck.too_slow])
def test_a_slow_machine_is_no_fault_of_a_property(check: HealthCheck) -> None:
    assert settings.default.deadline is None  # type: ignore[union-attr]
    assert check in settings.default.suppress_health_check  # type: ignore[union-attr]
