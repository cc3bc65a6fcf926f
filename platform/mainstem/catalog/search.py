"""Search: products by what is said of them, in whichever language, and by their numbers."""

from __future__ import annotations

import re
import unicodedata

from mainstem.kit.work import Work

WORDS_MAX = 8

# By the stems of both languages, by parts of words (Swedish writes several as one), and by the
# beginning of a SKU or the whole of a GTIN. Every word must be found; in the name counts most.
_FOUND = """
WITH asked AS (SELECT websearch_to_tsquery('swedish', %(words)s) AS sv,
                      websearch_to_tsquery('english', %(words)s) AS en),
     found AS (
  SELECT t.product_id,
         CASE WHEN t.locale = %(locale)s THEN 1 ELSE 0 END
         + ts_rank(t.search, CASE t.locale WHEN 'sv' THEN asked.sv ELSE asked.en END) * 10
         + CASE WHEN t.folded LIKE %(start)s THEN 4 ELSE 0 END AS rank
    FROM product_text t CROSS JOIN asked
   WHERE t.search @@ CASE t.locale WHEN 'sv' THEN asked.sv ELSE asked.en END
      OR t.folded LIKE ALL(%(parts)s::text[])
   UNION ALL
  SELECT v.product_id, 20 FROM variant v
   WHERE v.active AND (upper(v.sku) LIKE %(sku)s OR v.gtin <> '' AND v.gtin = %(gtin)s))
SELECT p.id FROM found JOIN product p ON p.id = found.product_id
 WHERE p.active AND NOT p.hidden
 GROUP BY p.id ORDER BY max(rank) DESC, p.position, p.id LIMIT %(most)s"""


def search(work: Work, words: str, *, locale: str, most: int = 2000) -> list[int]:
    """The ids of the products that these words find, the most fitting first."""
    wanted = folded(words).split()[:WORDS_MAX]
    if not wanted:
        return []
    rows = work.rows(
        _FOUND,
        words=" ".join(words.split()[:WORDS_MAX]),
        locale=locale,
        start=f"{_literal(wanted[0])}%",
        parts=[f"%{_literal(word)}%" for word in wanted],
        sku=f"{_literal(words.strip().upper())}%",
        gtin=re.sub(r"[\s-]", "", words),
        most=most,
    )
    return [row.id for row in rows]


def _literal(text: str) -> str:
    """A text as LIKE takes it for itself."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def folded(text: str) -> str:
    """A text as it is looked for: lower case, without marks above and below its letters."""
    split = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in split if not unicodedata.combining(letter))
