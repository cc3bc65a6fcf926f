"""Names that the eye takes for one another: each has a skeleton, and look-alikes have the same one.

A skeleton is made so: the compatible form of Unicode (NFKC) in small letters; without accents; letters
of other alphabets, digits and signs that are drawn like a Latin letter as that letter (a table of the
common ones, after Unicode's confusables); letters that are also written as two as one (ae, oe, ue, aa); i, l
and 1 as one, rn as m, vv as w; without what a company is by law (AB, Ltd, GmbH), and without spaces and
punctuation. Shop 4 and Shop 44 are two. It only tells names apart or not: nobody reads it.
"""

from __future__ import annotations

import re
import unicodedata

_LOOKS = str.maketrans(
    {
        # Cyrillic
        "\u0430": "a", "\u0432": "b", "\u044c": "b", "\u0441": "c", "\u0501": "d", "\u0435": "e",
        "\u0451": "e", "\u04bb": "h", "\u043d": "h", "\u0456": "l", "\u0457": "l", "\u0458": "j",
        "\u043a": "k", "\u043c": "m", "\u043f": "n", "\u043e": "o", "\u0440": "p", "\u051b": "q",
        "\u0433": "r", "\u0455": "s", "\u0442": "t", "\u0438": "u", "\u0475": "v", "\u051d": "w",
        "\u0445": "x", "\u0443": "y", "\u0437": "e",
        # Greek
        "\u03b1": "a", "\u03b2": "b", "\u03b5": "e", "\u03b7": "n", "\u03b9": "l", "\u03ba": "k",
        "\u03bc": "u", "\u03bd": "v", "\u03bf": "o", "\u03c3": "o", "\u03c1": "p", "\u03c4": "t",
        "\u03c5": "u", "\u03c7": "x", "\u03c9": "w", "\u03b3": "y",
        # Latin letters that have no accent to lose
        "\u0131": "l", "\u0142": "l", "\u00f8": "o", "\u0111": "d", "\u00f0": "d", "\u0127": "h",
        "\u00fe": "p", "\u014b": "n", "\u0251": "a", "\u0261": "g", "\u00e6": "a", "\u0153": "o",
        # Armenian and Coptic
        "\u0585": "o", "\u057d": "u", "\u0578": "n", "\u0570": "h", "\u0581": "g", "\u0566": "q",
        "\u2c81": "a", "\u2c83": "b", "\u2c89": "e", "\u2c8f": "h", "\u2c93": "l", "\u2c95": "k",
        "\u2c99": "m", "\u2c9b": "n", "\u2c9f": "o", "\u2ca3": "p", "\u2ca5": "c", "\u2ca7": "t",
        "\u2ca9": "y", "\u2cad": "x",
        # Cherokee
        "\u13a0": "d", "\u13a1": "r", "\u13a2": "t", "\u13a5": "l", "\u13a9": "y", "\u13aa": "a",
        "\u13ab": "j", "\u13ac": "e", "\u13b3": "w", "\u13b7": "m", "\u13bb": "h", "\u13bd": "y",
        "\u13c0": "g", "\u13c2": "h", "\u13c3": "z", "\u13cf": "b", "\u13d2": "r", "\u13d4": "w",
        "\u13d5": "s", "\u13d9": "v", "\u13da": "s", "\u13de": "l", "\u13df": "c", "\u13e2": "p",
        "\u13e6": "k", "\u13e7": "d", "\u13f4": "b",
        # Lisu
        "\ua4d0": "b", "\ua4d1": "p", "\ua4d3": "d", "\ua4d4": "t", "\ua4d6": "g", "\ua4d7": "k",
        "\ua4d9": "j", "\ua4da": "c", "\ua4dc": "z", "\ua4dd": "f", "\ua4df": "m", "\ua4e0": "n",
        "\ua4e1": "l", "\ua4e2": "s", "\ua4e3": "r", "\ua4e6": "v", "\ua4e7": "h", "\ua4ea": "w",
        "\ua4eb": "x", "\ua4ec": "y", "\ua4ee": "a", "\ua4f0": "e", "\ua4f2": "l", "\ua4f3": "o",
        "\ua4f4": "u",
        # signs, and what is drawn as an l
        "|": "l", "!": "l", "$": "s", "@": "a", "i": "l",
    }
)  # fmt: skip
_DIGITS = str.maketrans("0134578", "oleastb")
_BY_LAW = {
    "ab", "aktiebolag", "aktiebolaget", "publ", "hb", "kb", "ef", "as", "asa", "aps", "ivs", "oy", "oyj", "gmbh",
    "ag", "kg", "ug", "ltd", "limited", "inc", "llc", "llp", "plc", "corp", "co", "bv", "nv", "sa",
    "sarl", "sas", "srl", "spa", "sl", "ou", "sia", "uab", "zoo",
}  # fmt: skip
_NAMED = re.compile("LATIN (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL )?([A-Z])(?: WITH .*)?")
_WRITTEN_AS_TWO = (("ae", "a"), ("oe", "o"), ("ue", "u"), ("aa", "a"))
_DRAWN_AS_TWO = (("rn", "m"), ("vv", "w"))


def skeleton(text: str) -> str:
    """The form in which names that look alike are one; empty for a text without letters and digits."""
    return _drawn(without_legal_form(text))


def as_seen(text: str) -> str:
    """The same of a text that is no name of a company, such as a code: nothing of it is left out."""
    return _drawn(_words(text))


def without_legal_form(text: str) -> list[str]:
    """The words of a name, small and without accents, but for what says which kind of company it is."""
    words = _words(text)
    return [word for word in words if word not in _BY_LAW] or words


def _words(text: str) -> list[str]:
    flat = unicodedata.normalize("NFKC", text).casefold()
    flat = "".join(
        one for one in unicodedata.normalize("NFD", flat) if not unicodedata.combining(one)
    )
    return re.findall(r"[^\W_]+(?:[|!$@][^\W_]*)*", flat.replace(".", "").replace("'", ""))


def _drawn(words: list[str]) -> str:
    """What is written as two before digits are letters: else shop-4 and shop-44 were one."""
    seen = "".join(_plain(word.translate(_LOOKS)) for word in words)
    for pair, letter in _WRITTEN_AS_TWO:
        seen = seen.replace(pair, letter)
    seen = seen.translate(_DIGITS)
    for pair, letter in _DRAWN_AS_TWO:
        seen = seen.replace(pair, letter)
    return "".join(one for one in seen if one.isalnum())


def _plain(word: str) -> str:
    """Without the hooks and strokes that no decomposition takes away, and small capitals as letters."""
    if word.isascii():
        return word
    return "".join(_letter(one) for one in word)


def _letter(one: str) -> str:
    found = None if one.isascii() else _NAMED.fullmatch(unicodedata.name(one, ""))
    return found[1].lower().translate(_LOOKS) if found else one


def skeletons(*names: str) -> list[str]:
    """The skeletons of what one thing is called, each once."""
    return sorted({found for name in names if (found := skeleton(name))})
