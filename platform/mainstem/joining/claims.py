"""Claims that a page on which companies join may not make: an income that is promised, or comes by itself.

Authorities read a promise of earnings beside a button to join as the mark of a pyramid game, whatever the
plan pays for. So it is refused where the words are written, and not looked for afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mainstem.kit.errors import Problem

_CLAIMS = re.compile(
    r"""passive\ income | residual\ income | unlimited\ (income|earnings) | financial\ (freedom|independence)
      | guaranteed\ (income|earnings) | quit\ your\ (day\ )?job | get\ rich
      | be\ your\ own\ boss | earn\ while\ you\ sleep
      | six[- ]figure | make\ money\ fast | easy\ money | fire\ your\ boss
      | passiv(a)?\ inkomst(er)? | ekonomisk(t)?\ (frihet|oberoende|fri\b) | obegränsa(d|de|t)\ (inkomst|intäkt)\w*
      | garantera(d|de|t)\ (inkomst|intäkt|förtjänst)\w* | säga\ upp\ dig | bli\ rik | snabba\ pengar | lättförtjänta
      | tjäna\ pengar\ (medan\ du|när\ du)\ sover | din\ egen\ chef | drömliv""",
    re.IGNORECASE | re.VERBOSE,
)


def claim_in(text: str) -> str:
    """The first claim of an income in a text; empty for none."""
    found = _CLAIMS.search(" ".join(text.split()))
    return found[0] if found else ""


def claims_in(blocks: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    """A problem for each text that makes one, by block and language."""
    for block, texts in blocks.items():
        for locale, text in texts.items():
            if claim := claim_in(text):
                yield Problem(
                    f"/{block}/{locale}",
                    "income_claim",
                    "“{claim}” promises an income. Say what is paid for what, and promise nobody anything.",
                    {"claim": claim},
                )
