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
        "|": "l", "!": "l", "$": "s", "@": "a", "i": "l",
    }
)  # fmt: skip
_DIGITS = str.maketrans("0134578", "oleastb")
_BY_LAW = {
    "ab", "aktiebolag", "aktiebolaget", "publ", "hb", "kb", "ef", "as", "asa", "aps", "ivs", "oy", "oyj", "gmbh",
    "ag", "kg", "ug", "ltd", "limited", "inc", "llc", "llp", "plc", "corp", "co", "bv", "nv", "sa",
    "sarl", "sas", "srl", "spa", "sl", "ou", "sia", "uab", "zoo",
}  # fmt: skip
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
    seen = "".join(word.translate(_LOOKS) for word in words)
    for pair, letter in _WRITTEN_AS_TWO:
        seen = seen.replace(pair, letter)
    seen = seen.translate(_DIGITS)
    for pair, letter in _DRAWN_AS_TWO:
        seen = seen.replace(pair, letter)
    return "".join(one for one in seen if one.isalnum())


def skeletons(*names: str) -> list[str]:
    """The skeletons of what one thing is called, each once."""
    return sorted({found for name in names if (found := skeleton(name))})
