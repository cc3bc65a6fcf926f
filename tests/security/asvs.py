"""OWASP's ASVS 5.0.0, levels 1 and 2: what each requirement asks, in our words, and what answers it.

    python -m tests.security.asvs

writes the tables of docs/security.md from asvs.toml. Nothing is measured by it: the tests that the
list names are run with all others.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).with_name("asvs.toml")
REPORT = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- asvs: begin -->", "<!-- asvs: end -->"

CHAPTERS = {
    1: "Encoding and sanitization",
    2: "Validation and business logic",
    3: "Web frontend",
    4: "API and web service",
    5: "Files",
    6: "Authentication",
    7: "Sessions",
    8: "Authorization",
    9: "Self-contained tokens",
    10: "OAuth and OIDC",
    11: "Cryptography",
    12: "Secure communication",
    13: "Configuration",
    14: "Data protection",
    15: "Secure coding and architecture",
    16: "Logging and error handling",
    17: "WebRTC",
}
KINDS = {
    "tests": "shown by tests",
    "construction": "by construction",
    "documents": "written down",
    "deployer": "the deployer's",
    "absent": "not applicable",
    "open": "open",
}
"""What can answer a requirement, and how a table calls it."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement. It has tests, or says by what it holds and why, or says that it is open."""

    id: str
    level: int
    asks: str
    tests: list[str] = field(default_factory=list)
    by: str = ""
    reason: str = ""
    where: list[str] = field(default_factory=list)
    open: str = ""

    @property
    def number(self) -> tuple[int, ...]:
        """Its id as it is sorted."""
        return tuple(int(part) for part in self.id.removeprefix("V").split("."))

    @property
    def chapter(self) -> int:
        """The chapter that it stands in."""
        return self.number[0]

    @property
    def kind(self) -> str:
        """Which of `KINDS` answers it. What is open is open, whatever part of it is shown."""
        return "open" if self.open else self.by or "tests"


def requirements() -> list[Requirement]:
    """Every requirement of the list, in its order."""
    return [Requirement(**row) for row in tomllib.loads(LIST.read_text())["requirement"]]


def report(rows: Iterable[Requirement]) -> str:
    """The figures and the tables as they stand in the documentation."""
    rows = list(rows)
    return "\n".join([BEGIN, *_figures(rows), *_tables(rows), END])


def _figures(rows: list[Requirement]) -> list[str]:
    counted = Counter(row.kind for row in rows)
    said = ", ".join(f"{counted[kind]} {words}" for kind, words in KINDS.items())
    lines = [
        f"**{len(rows)} requirements of levels 1 and 2:** {said}.",
        "",
        f"| Chapter | {' | '.join(KINDS.values())} | in all |",
        f"|---|{'--:|' * (len(KINDS) + 1)}",
    ]
    for no, name in CHAPTERS.items():
        of_it = Counter(row.kind for row in rows if row.chapter == no)
        figures = " | ".join(str(of_it[kind] or "") for kind in KINDS)
        lines.append(f"| V{no} {name} | {figures} | {of_it.total()} |")
    figures = " | ".join(str(counted[kind]) for kind in KINDS)
    return [*lines, f"| **In all** | {figures} | {len(rows)} |"]


def _tables(rows: list[Requirement]) -> list[str]:
    lines: list[str] = []
    for no, name in CHAPTERS.items():
        lines += [
            "",
            f"### V{no} {name}",
            "",
            "| | L | Asks for | Answered by |",
            "|---|---|---|---|",
        ]
        for row in rows:
            if row.chapter == no:
                lines.append(f"| {row.id} | {row.level} | {row.asks} | {_answer(row)} |")
    return lines


def _answer(row: Requirement) -> str:
    said = []
    if row.open:
        said.append(f"**Open.** {row.open}")
    elif row.by:
        said.append(f"*{KINDS[row.by].capitalize()}.*")
    said += [row.reason] if row.reason else []
    said += [f"[{_title(place)}]({_link(place)})." for place in row.where]
    said += ["; ".join(f"`{test.partition('::')[2]}`" for test in row.tests)] if row.tests else []
    return " ".join(said)


def _title(place: str) -> str:
    """What a link to a part of a document is called: its heading."""
    found = headings(ROOT / place.partition("#")[0])
    return found[place.partition("#")[2]]


def _link(place: str) -> str:
    document, _, anchor = place.partition("#")
    own = (ROOT / document) == REPORT
    return f"#{anchor}" if own else f"{Path(document).relative_to('docs')}#{anchor}"


def headings(document: Path) -> dict[str, str]:
    """The headings of a document by the anchors that lead to them."""
    found = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-"): title for title in found}


def written(text: str) -> str:
    """The document with this report where it has its place for it."""
    said = REPORT.read_text()
    before, _, rest = said.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + text + after


def main() -> int:
    """Write the tables."""
    REPORT.write_text(written(report(requirements())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
