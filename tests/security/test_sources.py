"""What holds because the code has no place where it could not: read from the sources themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.asvs import ROOT

SOURCES = ("platform", "affiliates", "fulfillment")
NEVER_EXCEPTED = {
    "S102": "exec",
    "S301": "pickle",
    "S302": "marshal",
    "S307": "eval",
    "S323": "a TLS context that verifies nothing",
    "S324": "MD5 or SHA-1",
    "S501": "a request without verification",
    "S506": "YAML that makes objects",
    "S602": "a shell",
    "S604": "a shell",
    "S605": "a shell",
}
"""Rules of the linter from which nothing in the product is let off."""


def python() -> Iterator[tuple[Path, str]]:
    for source in SOURCES:
        for path in sorted((ROOT / source).rglob("*.py")):
            yield path.relative_to(ROOT), path.read_text()


def templates() -> Iterator[tuple[Path, str]]:
    for path in sorted((ROOT / "templates").rglob("*.html")):
        yield path.relative_to(ROOT), path.read_text()


def scripts() -> Iterator[tuple[Path, str]]:
    """Those that we wrote."""
    for path in sorted((ROOT / "platform/mainstem/static/js").glob("*.js")):
        if not path.name.endswith(".min.js"):
            yield path.relative_to(ROOT), path.read_text()


def test_nothing_is_let_off_the_rules_about_code_that_is_run_and_ciphers_that_are_weak() -> None:
    found = [
        f"{path}: {rule} ({NEVER_EXCEPTED[rule]})"
        for path, text in python()
        for rules in re.findall(r"# noqa: ([A-Z0-9, ]+)", text)
        for rule in re.findall(r"S\d{3}", rules)
        if rule in NEVER_EXCEPTED
    ]
    assert found == []
    settings = (ROOT / "pyproject.toml").read_text().partition("[tool.ruff.lint]")[2]
    assert '"S"' in settings.partition("]")[0], "the rules are asked for at all"
    assert not set(NEVER_EXCEPTED) & set(re.findall(r'"(S\d{3})"', settings))


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("XML parsers", r"^\s*(?:import|from) (?:xml(?!\.sax\.saxutils)|lxml|defusedxml)\b"),
        ("LDAP, a message cache or WebSockets", r"^\s*(?:import|from) (?:ldap|memcache|pymemcache|redis|websockets)\b"),
        ("tokens that say of themselves how they are checked", r"^\s*(?:import|from) (?:jwt|jose|authlib|joserfc)\b"),
        ("objects made from bytes", r"^\s*(?:import|from) (?:pickle|marshal|shelve|dill|yaml)\b"),
        ("archives that are unpacked", r"^\s*(?:import|from) (?:zipfile|tarfile|shutil\.unpack)\b"),
        ("code that is made at run time", r"(?<![\w.])(?:eval|exec|compile)\("),
        ("templates made from a text", r"\bfrom_string\(|\bjinja2\.Template\("),
        ("a shell", r"shell=True|os\.(?:system|popen)\("),
        ("TLS that believes anybody", r"_create_unverified_context|CERT_NONE|check_hostname\s*=\s*False"),
    ],
)  # fmt: skip
def test_the_product_has_no(what: str, pattern: str) -> None:
    found = [
        f"{path}: {hit[0].strip()}"
        for path, text in python()
        for hit in re.finditer(pattern, text, re.MULTILINE)
        if "migrations" not in path.parts
    ]
    assert found == [], what


SIGNERS = {"platform/mainstem/kit/signed.py", "platform/mainstem/identity/links.py"}
"""Where SHA-256 is asked for by name; the library's default is SHA-1."""


def test_whatever_is_signed_is_signed_where_sha256_is_asked_for() -> None:
    found = {
        str(path)
        for path, text in python()
        if re.search(r"\b(?:URLSafe\w*|Timed)?Serializer\(|\b\w*Signer\(", text)
    }
    assert found == SIGNERS, "kit.signed.signer signs for whoever asks"


DRAWN_HERE = {"{{ drawings[name] | safe }}", "{{ shapes[tone] | safe }}"}
"""Marks that stand in the template itself, chosen by a name."""


def test_no_template_lets_markup_through() -> None:
    for path, text in templates():
        for drawing in DRAWN_HERE:
            text = text.replace(drawing, "")
        assert not re.search(r"\|\s*safe\b|autoescape\s+false|\bMarkup\(", text), path
        assert not re.search(r"<script(?![^>]*\b(?:src=|type=\"application/ld\+json\"))", text), (
            path
        )
        assert not re.search(r"\son[a-z]+=\"|javascript:|\sstyle=\"", text.replace("hx-on", "")), (
            path
        )
        assert not re.search(
            r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"(?:https?:)?//", text
        ), path


def test_our_scripts_write_texts_and_keep_nothing() -> None:
    never = (
        r"\.(?:innerHTML|outerHTML)\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function"
        r"|localStorage|sessionStorage|indexedDB|postMessage|addEventListener\(\"message\""
        r"|__proto__|document\.cookie|jsonp"
    )
    for path, text in scripts():
        assert re.findall(never, text) == [], path


def test_a_password_is_masked_and_a_manager_of_passwords_may_fill_it_in() -> None:
    fields = [
        (path, hit[0])
        for path, text in templates()
        for hit in re.finditer(r"ui\.field\(\"[a-z_]*\"[^\n]*type=\"password\"[^\n]*\)", text)
    ]
    assert len(fields) >= 3
    for path, field in fields:
        assert re.search(r"autocomplete=\"(?:current-password|new-password|off)\"", field), path
        assert "onpaste" not in field and "maxlength" not in field, path
    for path, text in templates():
        for line in text.splitlines():
            if re.search(r"ui\.field\(\"(?:\w*_)?password\"", line):
                assert 'type="password"' in line, path


def test_no_secret_question_and_no_hint_is_kept() -> None:
    asked = re.compile(r"secret_question|security_question|password_hint|mother.?s_maiden", re.I)
    for path, text in [*python(), *templates()]:
        assert not asked.search(text), path
