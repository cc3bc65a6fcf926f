"""What people type into a search, as the database looks for it (`found_by` in the schema)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

TEXT_MAX = 200

_NUMBER = re.compile(r"[0-9A-HJKMNP-TV-Z]{10}")
_APART = re.compile(r"""[\s,.()/'"-]+""")
_NO_LETTERS = str.maketrans("OIL", "011")
# As pages and mails print it, in any of their languages: "Order 7KQ2M-94TXD".
_BEFORE_A_NUMBER = re.compile(
    r"^\s*[^\W\d_]+[\s.:]+(?=\W*[0-9A-Za-z]{5}\W*[0-9A-Za-z]{5}\W*(-\d+)?\s*$)"
)
_PHONE = re.compile(r"[\d\s()+./-]{7,30}")
_PHONE_END = 7
_WILD, _ITSELF = re.compile(r"[\\%_]"), r"\\\g<0>"
_PREFIX_MIN = 3

MATCHES = "@@ folded(%(found)s)::tsquery"
"""How a `found_by(…)` is asked, with `found` from `terms`."""

NAMES_STOREFRONT = "(SELECT folded(%(text)s)) IN (slug, folded)"
"""The condition that a text is a storefront's address or name. Asked of a subquery, because in a plan
that is kept for any text it would be folded again for each row."""


def words_of_client(table: str) -> str:
    """What an order or lead is found by: whatever identifies it or its client, as it is indexed."""
    return (
        f"found_by({table}.client->>'name', {table}.client->>'phone', {table}.number,"
        f" {table}.external_id, {table}.client_key)"
    )


def of_client(table: str) -> str:
    """The condition that finds an order or lead by what identifies it or its client."""
    return f"{words_of_client(table)} {MATCHES}"


def of_client_without_contact(table: str) -> str:
    """The same for a reader who may not know the client's e-mail and phone: neither is compared,
    or whoever searches for one beginning after another reads them letter by letter.

    What this finds the other finds, too: that one is kept for its index.
    """
    shown = f"found_by({table}.client->>'name', NULL, {table}.number, {table}.external_id, NULL)"
    return f"{of_client(table)} AND {shown} {MATCHES}"


def as_typed(text: str) -> str:
    """A text from a search field: one line, no characters that nobody can see."""
    plain = unicodedata.normalize("NFKC", text[: 4 * TEXT_MAX])
    seen = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in plain)
    return " ".join(seen.split())[:TEXT_MAX]


def containing(text: str) -> str:
    """The pattern of LIKE for everything with this text in it, and with no other for any of it."""
    return f"%{_WILD.sub(_ITSELF, text)}%"


def like(column: str, parts: str, words: Sequence[str]) -> str:
    """The condition that a column, folded, has these words in it: `parts` is the value with their
    patterns. By their groups of three letters, `trigrams`, it is found in an index; what has none is
    looked for in every row.
    """
    said = f"{column} LIKE ALL(%({parts})s::text[])"
    if not trigrams(words):
        return said
    return f"(trigrams({column}) @> %(trigrams)s::text[] AND {said})"


def trigrams(words: Sequence[str]) -> list[str]:
    """Every group of three letters in these words, once, as the schema's `trigrams` has them."""
    found = {word[at : at + 3] for word in words for at in range(len(word) - 2)}
    return sorted(found)


def number_in(text: str) -> str | None:
    """The number of an order, lead or payout, however it was typed: `#7kq2m 94txd`, `Order 7KQ2M-94TXD`.

    A quote's number begins with its lead's. O is zero, I and L are one: no number has them.
    """
    letters = re.sub(r"[\W_]", "", _BEFORE_A_NUMBER.sub("", text)).upper().translate(_NO_LETTERS)
    if re.search(r"-\d{1,2}$", text.strip()) and len(letters) > 10:
        letters = letters[:10]
    return f"{letters[:5]}-{letters[5:]}" if _NUMBER.fullmatch(letters) else None


def code_in(text: str) -> str:
    """A code of the outside as it is compared: upper case, without spaces and hyphens."""
    return re.sub(r"[\s-]", "", text).upper()


def terms(text: str) -> str | None:
    """The tsquery that finds it; None for what is too short to find anything by.

    Every word of a name, its beginning being enough from three letters on; or the whole text as
    it stands; or a number; or the end of a phone number; or the beginning of an e-mail address.
    """
    words = [word for word in _APART.split(text) if word]
    if not words or max(map(len, words)) < 2:
        return None
    if "@" in text:
        # An address is kept whole; its parts may be in every other one, and would all be read.
        return _term(text)
    ways = ["(" + " & ".join(map(_term, words)) + ")", _term(text)]
    number = number_in(text)
    if number:
        ways.append(_term(number.replace("-", "")))
    elif re.fullmatch(r"#?\s*[0-9A-Za-z]{4,5}-[0-9A-Za-z]{1,4}", text):
        ways.append(_term(text.lstrip("# ").replace("-", "").upper().translate(_NO_LETTERS)))
    digits = re.sub(r"\D", "", text)
    if _PHONE.fullmatch(text) and len(digits) >= _PHONE_END:
        ways.append(_term("+" + digits[-_PHONE_END:]))
    return " | ".join(ways)


def whole(text: str) -> str | None:
    """The tsquery of what is called exactly so, and not of what begins so."""
    words = [text, *([number.replace("-", "")] if (number := number_in(text)) else [])]
    return " | ".join(map(_quoted, words)) if terms(text) else None


def _term(word: str) -> str:
    return f"{_quoted(word)}:*" if len(word) >= _PREFIX_MIN else _quoted(word)


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
