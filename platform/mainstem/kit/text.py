"""What people type, as it may be kept: nothing in it that the eye cannot see."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from mainstem.kit.errors import InvalidInput, Problem

# Characters that draw nothing although Unicode counts them as letters, marks or symbols: fillers,
# variation selectors and joiners (its default ignorable code points), and the empty braille cell.
_DRAWS_NOTHING = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
MARKS_MAX = 4
_BREAKS = re.compile("\r\n|[\r\n\t]")
_JOINERS = "\u200c\u200d"
_AS_PICTURE = "\ufe0f"
_ALSO_PICTURES = frozenset("\u203c\u2049\u2194\u21a9\u21aa\u3030")
_KEYCAP = "\u20e3"
_LATIN = ("LATIN", "GREEK", "CYRILLIC")
_EAST_ASIAN = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC")
_REFUSED = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")

UNSEEN = "There is a character here that cannot be seen ({character}). Write it without."
"""What to say of it."""


def unseen(text: str) -> str | None:
    """The first character of a line that nobody could see, as `U+200B`; None when there is none.

    Control characters, line breaks, what turns the direction of writing, and everything of no
    width: it makes two of one person, or hides what is written. Marks over no letter, or more of
    them than any script has over one, draw over the lines beside.
    """
    if text.isascii() and text.isprintable():
        return None
    marks = 0
    for at, character in enumerate(text):
        marks = marks + 1 if unicodedata.category(character)[0] == "M" else 0
        if marks > MARKS_MAX or (marks and (at == 0 or text[at - 1].isspace())):
            return f"U+{ord(character):04X}"
        if _hides(character) and not _belongs(text, at):
            return f"U+{ord(character):04X}"
    return None


def unseen_in_lines(text: str) -> str | None:
    """The same of a text that may have several lines: line breaks and tabs are seen there."""
    return next(filter(None, map(unseen, _BREAKS.split(text))), None)


def unseen_problems(pointer: str, text: str, *, lines: bool = False) -> Iterator[Problem]:
    """What is wrong with a text that others will read: a line of it, or several (`lines`)."""
    character = unseen_in_lines(text.strip()) if lines else unseen(text.strip())
    if character:
        yield Problem(pointer, "invalid_field", UNSEEN, {"character": character})


def refuse_unseen(pointer: str, text: str, *, lines: bool = False) -> None:
    """Raise InvalidInput for a text with a character that nobody could see."""
    if problems := [*unseen_problems(pointer, text, lines=lines)]:
        raise InvalidInput(*problems)


def of_two_alphabets(word: str) -> bool:
    """Whether letters that look alike may be of different alphabets: a Latin word with a Cyrillic letter.

    What is written in pictures and syllables of East Asia may stand beside any alphabet.
    """
    return len(_alphabets(word)) > 1


def _alphabets(text: str) -> set[str]:
    """The alphabets of its letters, as Unicode names them, but for those of East Asia."""
    named = {unicodedata.name(one, "").partition(" ")[0] for one in _letters(text)}
    return {name for name in named if not name.startswith(_EAST_ASIAN)}


def _letters(text: str) -> list[str]:
    return [one for one in unicodedata.normalize("NFKC", text) if one.isalpha()]


def normalized(text: str) -> str:
    """The text without the space around it, its letters composed."""
    text = text.strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _hides(character: str) -> bool:
    return unicodedata.category(character) in _REFUSED or bool(_DRAWS_NOTHING.match(character))


def _belongs(text: str, at: int) -> bool:
    """Whether the script is written so: joiners inside a word, as in Persian and Sinhala, the
    variants of an ideograph in Japanese names, and what makes one picture of several."""
    character, before, after = text[at], text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    if character in _JOINERS:
        if _is_picture(before) or before == _AS_PICTURE:
            return _is_picture(after)
        return _needs_joining(before) and _needs_joining(after)
    if character == _AS_PICTURE:
        return _is_picture(before) or before in _ALSO_PICTURES or after == _KEYCAP
    if "\U000e0100" <= character <= "\U000e01ef":
        return unicodedata.name(before, "").startswith("CJK") if before else False
    return False


def _is_picture(character: str) -> bool:
    return character != "" and unicodedata.category(character) in ("So", "Sk")


def _needs_joining(character: str) -> bool:
    if not character or unicodedata.category(character)[0] not in "LM":
        return False
    return not unicodedata.name(character, "LATIN").startswith(_LATIN)
