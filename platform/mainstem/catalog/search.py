"""Search: products by what is said of them, in whichever language, and by their numbers."""

from __future__ import annotations

import re
import unicodedata

from mainstem.kit import search_terms
from mainstem.kit.work import Work

WORDS_MAX = 8

# By the stems of both languages, by parts of words (Swedish writes several as one), and by the
# beginning of a SKU or the whole of a GTIN. Every word must be found; in the name counts most.
_FOUND = """
WITH asked AS (SELECT websearch_to_tsquery('swedish', %(words)s) AS sv,
                      websearch_to_tsquery('english', %(words)s) AS en),
     found AS (
  SELECT t.product_id, t.locale,
         10 * ts_rank(t.search, CASE t.locale WHEN 'sv' THEN asked.sv ELSE asked.en END) AS rank
    FROM product_text t, asked
   WHERE t.locale = 'sv' AND t.search @@ asked.sv OR t.locale <> 'sv' AND t.search @@ asked.en
   UNION ALL
  SELECT t.product_id, t.locale, CASE WHEN t.folded LIKE %(start)s THEN 5 ELSE 1 END
    FROM product_text t WHERE {text_has}
   UNION ALL
  SELECT v.product_id, '', CASE WHEN upper(v.sku) LIKE %(sku)s THEN 20 ELSE 2 END FROM variant v
   WHERE v.active AND v.gtin <> '' AND v.gtin = %(gtin)s
   UNION ALL
  SELECT v.product_id, '', CASE WHEN v.folded LIKE %(number)s THEN 20 ELSE 2 END FROM variant v
   WHERE v.active AND {article_has})
SELECT p.id FROM found JOIN product p ON p.id = found.product_id
 WHERE p.active AND NOT p.hidden
 GROUP BY p.id
 ORDER BY max(rank + CASE locale WHEN %(locale)s THEN 1 ELSE 0 END) DESC, p.position, p.id
 LIMIT %(most)s"""


def search(work: Work, words: str, *, locale: str, most: int = 2000) -> list[int]:
    """The ids of the products that these words find, the most fitting first. ö finds o too."""
    wanted = words.split()[:WORDS_MAX]
    if not wanted:
        return []
    plain = folded(" ".join(wanted)).split()
    sql = _FOUND.format(
        text_has=search_terms.like("t.folded", "parts", plain),
        article_has=search_terms.like("v.folded", "parts", plain),
    )
    rows = work.rows(
        sql,
        words=" ".join(wanted),
        locale=locale,
        start=f"{_literal(plain[0])}%",
        parts=[f"%{_literal(word)}%" for word in plain],
        trigrams=search_terms.trigrams(plain),
        sku=f"{_literal(words.strip().upper())}%",
        # What is folded of an article begins with its number.
        number=f"{_literal(folded(words.strip()))}%",
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
