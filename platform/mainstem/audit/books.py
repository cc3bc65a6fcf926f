"""What was credited: the lines of the earnings, and what of them stands in the books."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mainstem.audit.columns import Bools, Ints, as_numbers, as_words, numbers, words
from mainstem.audit.facts import ASKED

CREDIT, BACK, HOLD = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Credited:
    """The lines that stand: of which order, by which rule, at which level, whose, of which kind."""

    order: Ints
    rule: list[str]
    level: Ints
    who: Ints
    kind: Ints
    amount: Ints

    def only(self, which: Bools) -> Credited:
        """Some of these lines."""
        rules = [rule for rule, is_kept in zip(self.rule, which, strict=True) if is_kept]
        return Credited(
            self.order[which],
            rules,
            self.level[which],
            self.who[which],
            self.kind[which],
            self.amount[which],
        )


@dataclass(frozen=True, slots=True)
class Posted:
    """What the books have of them: of which order, by which rule, whose, credits less debits."""

    order: Ints
    rule: list[str]
    who: Ints
    signed: Ints


# What is put under another day adds up to nothing, and is asked for all the same: it is seen that it does.
CREDITED = f"""
SELECT {numbers("n", "e_n")}, {words("e.rule", "e_rule")}, {numbers("e.level", "e_level")},
       {numbers("e.beneficiary_id", "e_who")}, {numbers("e.amount_minor", "e_amount")},
       {numbers("CASE e.kind WHEN 'credit' THEN 0 WHEN 'hold' THEN 2 ELSE 1 END", "e_kind")}
  FROM {ASKED}
  JOIN earning e ON e.home_id = asked.home_id AND e.source_id = asked.order_id AND e.source = 'order'"""

# A posting's key is made from the order, the rule and the number of the first line that it books.
POSTED = f"""
SELECT {numbers("k.n", "p_n")}, {words("k.rule", "p_rule")}, {numbers("p.owner_id", "p_who")},
       {numbers("p.signed_minor", "p_signed")}
  FROM (SELECT DISTINCT asked.n, asked.home_id, e.rule,
               'commission:' || asked.order_id || ':' || e.rule || ':' || e.no AS key
          FROM {ASKED}
          JOIN earning e ON e.home_id = asked.home_id AND e.source_id = asked.order_id
                        AND e.source = 'order' OFFSET 0) AS k
  JOIN ledger_transfer t ON t.home_id = k.home_id AND t.key = k.key
  JOIN ledger_entry p ON p.home_id = t.home_id AND p.transfer_id = t.id
 WHERE p.owner_id > 0"""


def credited_of(found: Any) -> Credited:
    """Every line that a batch has been credited, from the columns that CREDITED gives."""
    return Credited(
        as_numbers(found.e_n),
        as_words(found.e_rule),
        as_numbers(found.e_level),
        as_numbers(found.e_who),
        as_numbers(found.e_kind),
        as_numbers(found.e_amount),
    )


def posted_of(found: Any) -> Posted:
    """What every affiliate was posted for a batch, from the columns that POSTED gives."""
    return Posted(
        as_numbers(found.p_n),
        as_words(found.p_rule),
        as_numbers(found.p_who),
        as_numbers(found.p_signed),
    )


# The keys on their own, so that the two are hashed against each other: by the home it would look
# through all lines of the home for each posting.
STRAY_POSTINGS = """
WITH known AS MATERIALIZED (
  SELECT 'commission:' || source_id || ':' || rule || ':' || no AS key FROM earning WHERE source = 'order'),
stray AS MATERIALIZED (
  SELECT t.home_id, t.id, t.key, t.currency FROM ledger_transfer t
   WHERE t.key LIKE 'commission:%%' AND NOT EXISTS (SELECT FROM known WHERE known.key = t.key)
   ORDER BY t.home_id, t.id LIMIT %(most)s)
SELECT s.home_id, split_part(s.key, ':', 2) AS order_id, split_part(s.key, ':', 3) AS rule, s.key,
       s.currency::text AS currency, p.owner_id, p.signed_minor
  FROM stray s
  JOIN ledger_entry p ON p.home_id = s.home_id AND p.transfer_id = s.id AND p.owner_id > 0
 ORDER BY s.home_id, s.id, p.seq"""
"""Postings of commission that no line stands behind. Asked once, over all the books."""


def sums(keys: Ints, values: Ints) -> tuple[Ints, Ints]:
    """Each key once, in their order, with the sum of its values."""
    found, at = np.unique(keys, return_inverse=True)
    total = np.zeros(len(found), np.int64)
    np.add.at(total, at, values)
    return found, total
