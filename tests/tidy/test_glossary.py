"""The glossary is kept: what a thing is not called, nothing is called.

The third column of docs/glossary.md, "not called", holds terms with commas between them:

- `in_backticks`: no word of our source may have these parts, in snake_case or in CamelCase, in the
  singular or the plural: `apply_letters` finds `apply_letters_again` and `ApplyLetter`.
- plain: no page and no message says it, as whole words.
- plain (and where): the word is right elsewhere. RESTRICTED says what it is looked for by.

Migrations are history and may say anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from jinja2 import Environment
from jinja2.ext import extract_from_ast
from tests.catalogs import translations

from mainstem.paths import TEMPLATES

ROOT = Path(__file__).resolve().parents[2]
SOURCE_ROOTS = ("platform", "affiliates", "fulfillment", "templates")
SUFFIXES = {".py", ".html", ".css", ".js"}
HISTORY = "migrations/versions"

RESTRICTED = {
    # as it stands in the glossary: what must not be found, in source or in messages
    "she (of an affiliate, a client or a colleague)": r"(?i)\b(?:she|her|hers|herself)\b",
    "letter (of the gateway)": (
        r"(?i)\bletters? (?:of|from) (?:the gateway|Stripe)"
        r"|\bthis letter is\b|\bapply_letters?\b|\bLetterRefused\b"
    ),
    "Ask (as a class)": r"\bclass _?Ask\b",
    "Seen (as a class)": r"\bclass _?Seen\b",
    "Won (as a class)": r"\bclass _?Won\b",
    "Question (of the database)": r"\bclass _?Question\b",
    "House (of a request)": r"\bclass (?:House|Visit)\b",
    # Chrome is also a browser, which a list of sessions names.
    "chrome (around a page)": r"\bchrome\b|_chrome\b|\bchrome_|\bclass \w*Chrome\b",
    "fact (on pages)": r"""\b_n?\("[^"]*\b[Ff]acts?\b""",
}


def rows() -> list[tuple[str, list[str]]]:
    """Each word of the glossary, with what it is not called."""
    text = (ROOT / "docs/glossary.md").read_text("utf-8")
    found = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("| ") and len(cells) == 3 and cells[0] != "word":
            found.append((cells[0], [term for term in terms_in(cells[2]) if term]))
    return found


def terms_in(cell: str) -> list[str]:
    """The terms of a cell. A comma within parentheses parts none."""
    return [term.strip() for term in re.split(r",(?![^(]*\))", cell)]


@cache
def parts_of(name: str) -> tuple[str, ...]:
    """The words of an identifier."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return tuple(part.lower() for part in re.split(r"[_\W]+", spaced) if part)


def has_parts(name: str, term: str) -> bool:
    """Whether an identifier has the parts of a term in it, one after another."""
    wanted, given = parts_of(term), parts_of(name)
    return any(
        all(
            part in (word, f"{word}s")
            for part, word in zip(given[at : at + len(wanted)], wanted, strict=True)
        )
        for at in range(len(given) - len(wanted) + 1)
    )


def says(text: str, term: str) -> bool:
    """Whether a sentence says a term, as whole words, in the singular or the plural."""
    return bool(re.search(rf"(?i)(?<![\w-]){re.escape(term)}s?(?![\w-])", text))


def source() -> Iterator[tuple[str, str]]:
    """Every file of ours, with its text; its name is part of what is read."""
    for root in SOURCE_ROOTS:
        for path in sorted((ROOT / root).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if path.suffix in SUFFIXES and HISTORY not in name and ".min." not in name:
                yield name, f"{name}\n{path.read_text('utf-8')}"


def messages() -> set[str]:
    """What pages and refusals say in English."""
    environment = Environment(autoescape=True)
    said = set(translations())
    for path in sorted(TEMPLATES.rglob("*.html")):
        tree = environment.parse(path.read_text("utf-8"))
        for _line, _name, texts in extract_from_ast(tree, ("_", "_n")):
            said |= {text for text in (texts if isinstance(texts, tuple) else (texts,)) if text}
    for _name, text in source():
        said |= {
            "".join(re.findall(r'"([^"\n]*)"', found))
            for found in re.findall(
                r"message(?:: ClassVar\[str\])? = (\(.*?\)|\"[^\n]*\")\n", text, re.S
            )
        }
    return said


def not_called(terms: list[str], files: dict[str, str], said: set[str]) -> list[str]:
    """Where something is called what it is not called."""
    found = []
    names: dict[str, set[str]] = {}
    for file, text in files.items():
        for name in re.findall(r"[A-Za-z_][A-Za-z0-9_]*", text):
            names.setdefault(name, set()).add(file)
    for term in terms:
        if term.startswith("`"):
            code = term.strip("`")
            found += [
                f"{term}: {name} in {', '.join(sorted(where))}"
                for name, where in names.items()
                if has_parts(name, code)
            ]
        elif term.endswith(")"):
            pattern = re.compile(RESTRICTED[term])
            found += [f"{term}: {name}" for name, text in files.items() if pattern.search(text)]
            found += [f"{term}: “{text}”" for text in said if pattern.search(text)]
        else:
            found += [f"{term}: “{text}”" for text in said if says(text, term)]
    return found


def test_the_glossary_says_of_its_words_what_they_are_not_called() -> None:
    found = rows()
    assert len(found) > 50, "they are found"
    assert sum(bool(terms) for _, terms in found) > 10, "some are not called something"
    terms = [term for _, terms in found for term in terms]
    assert len(terms) == len(set(terms)), "a term is not what two words are not called"
    assert {term for term in terms if term.endswith(")")} == set(RESTRICTED)


def test_nothing_is_called_what_the_glossary_says_it_is_not() -> None:
    files, said = dict(source()), messages()
    assert len(files) > 200, "they are found"
    assert len(said) > 400, "they are found"
    assert not_called([term for _, terms in rows() for term in terms], files, said) == []


@pytest.mark.parametrize(
    ("term", "text", "said", "is_found"),
    [
        # term, planted in the source, planted in a message, whether it is found
        ("`warden`", "class TheWarden: ...", "", True),
        ("`warden`", "tell_wardens()", "", True),
        ("`warden`", "the wardenship", "A warden", False),
        ("`apply_letters`", "def apply_letters_again(): ...", "", True),
        ("`apply_letters`", "letters = ascii_letters", "", False),
        ("left out", "left_out = 1", "Left out of a run", True),
        ("left out", "left_out = 1", "What is left, outright", False),
        ("letter (of the gateway)", "# a letter from the gateway", "", True),
        ("letter (of the gateway)", "# letters A to Z", "Ten letters and digits", False),
        ("she (of an affiliate, a client or a colleague)", "", "She has left", True),
        ("she (of an affiliate, a client or a colleague)", "# sheer", "There", False),
    ],
)
def test_a_word_that_was_planted_is_found(term: str, text: str, said: str, is_found: bool) -> None:
    assert bool(not_called([term], {"platform/planted.py": text}, {said})) == is_found


def test_a_comma_within_parentheses_parts_no_terms() -> None:
    assert terms_in("`a`, b c, she (of one, or another)") == [
        "`a`",
        "b c",
        "she (of one, or another)",
    ]
