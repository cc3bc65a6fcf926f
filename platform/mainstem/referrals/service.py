"""The verbs of codes: an affiliate claims one, staff give, retire and reassign them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mainstem.kit.errors import InvalidTransition, NotFound
from mainstem.kit.events import record
from mainstem.kit.work import COMPANY, Work
from mainstem.referrals import rules
from mainstem.referrals.rules import CodeTaken, Names, TooManyCodes


@dataclass(frozen=True, slots=True)
class Code:
    """A code, and whose it is."""

    code: str
    kind: str
    created_at: datetime
    retired_at: datetime | None
    affiliate_id: int
    affiliate: str


def claim(work: Work, affiliate_id: int, text: str) -> str:
    """A code of an affiliate's own choosing, in force from now on; as it is kept.

    Raises CodeMalformed, CodeTaken, CodeReserved and TooManyCodes.
    """
    assert work.home == COMPANY, "what others are called is asked across all homes"
    code = rules.as_typed(text)
    # One at a time, or two at once would both find room for one more.
    work.value("SELECT id FROM affiliate WHERE id = %(id)s FOR NO KEY UPDATE", id=affiliate_id)
    if _looks_taken(work, code, affiliate_id):
        raise CodeTaken
    rules.check(code, _names(work, affiliate_id))
    in_force = work.value(
        """SELECT count(*) FROM referral_code
            WHERE affiliate_id = %(id)s AND kind = 'code' AND retired_at IS NULL""",
        id=affiliate_id,
    )
    if in_force >= rules.CODES_MAX:
        raise TooManyCodes
    return _write(work, affiliate_id, code, "code")


def assign(work: Work, affiliate_id: int, text: str, *, kind: str = "code") -> str:
    """A code that the company gives an affiliate: any that is not taken; as it is kept."""
    code = rules.as_typed(text)
    if work.value("SELECT 1 FROM affiliate WHERE id = %(id)s", id=affiliate_id) is None:
        raise NotFound("affiliate")
    return _write(work, affiliate_id, code, kind)


def _write(work: Work, affiliate_id: int, code: str, kind: str) -> str:
    """Keep it, unless one that looks like it is in force: the database decides, also in a race."""
    added = work.run(
        """INSERT INTO referral_code (code, affiliate_id, kind, created_at)
           VALUES (%(code)s, %(id)s, %(kind)s, %(now)s) ON CONFLICT DO NOTHING""",
        code=code,
        id=affiliate_id,
        kind=kind,
        now=work.now(),
    )
    if not added:
        raise CodeTaken
    record(work, "code.created", code, home=affiliate_id)
    return code


def _looks_taken(work: Work, code: str, affiliate_id: int) -> bool:
    """Whether the code looks like any that was ever given, or like another's with other digits.

    A retired one stays in clients' hands: only staff give it away again.
    """
    return bool(
        work.value(
            """SELECT 1 FROM referral_code WHERE folded = %(folded)s
               UNION ALL
               SELECT 1 FROM referral_code
                WHERE stem = ANY(%(stems)s) AND length(stem) > 2 AND affiliate_id <> %(id)s
               LIMIT 1""",
            folded=rules.fold(code),
            stems=sorted(rules.stems(code)),
            id=affiliate_id,
        )
    )


def _names(work: Work, affiliate_id: int) -> Names:
    """What the company, its affiliates and its articles are called now."""
    named = work.rows(
        """SELECT id AS owner_id, name, slug FROM affiliate
           UNION ALL SELECT home_id, name, slug FROM storefront"""
    )
    company = work.rows(
        """SELECT DISTINCT texts->'seller'->>'name' AS name FROM storefront
            WHERE texts->'seller'->>'name' <> ''
           UNION SELECT unnest(ARRAY[name, legal_name]) FROM company_profile"""
    )
    articles = work.rows(
        """SELECT slug AS name FROM product UNION SELECT category FROM product
           UNION SELECT name FROM product_text UNION SELECT sku FROM variant"""
    )
    shapes = {rules.shape(row.sku) for row in work.rows("SELECT sku FROM variant")} - {""}
    by_owner: dict[bool, list[str]] = {True: [], False: []}
    for row in named:
        by_owner[row.owner_id == affiliate_id] += [row.name, row.slug]
    own = rules.names_in(by_owner[True])
    return Names(
        company=rules.company_names(row.name for row in company) - own,
        others=rules.names_in(by_owner[False]) - own,
        own=own,
        articles=rules.names_in(row.name for row in articles),
        sku_shapes=shapes,
    )


def retire(work: Work, code: str) -> None:
    """Take a code out of force: from now on it wins nothing. Orders that it won stay as they are."""
    row = _taken(work, code)
    if row.retired_at is not None:
        raise InvalidTransition("code", "retired", "retired")
    work.run(
        "UPDATE referral_code SET retired_at = %(now)s WHERE code = %(code)s",
        now=work.now(),
        code=row.code,
    )
    record(work, "code.retired", row.code, home=row.affiliate_id)


def reassign(work: Work, code: str, affiliate_id: int) -> None:
    """Give a code, in force or retired, to another affiliate: from now on it wins for them."""
    row = _taken(work, code)
    if work.value("SELECT 1 FROM affiliate WHERE id = %(id)s", id=affiliate_id) is None:
        raise NotFound("affiliate")
    if row.retired_at is None and row.affiliate_id == affiliate_id:
        raise InvalidTransition("code", "theirs", "reassigned")
    if work.value(
        """SELECT 1 FROM referral_code o WHERE o.folded = %(folded)s AND o.code <> %(code)s
              AND o.retired_at IS NULL""",
        folded=rules.fold(row.code),
        code=row.code,
    ):
        raise CodeTaken
    work.run(
        """UPDATE referral_code SET affiliate_id = %(id)s, retired_at = NULL
            WHERE code = %(code)s""",
        id=affiliate_id,
        code=row.code,
    )
    # In the home of both: each sees what has become of it.
    for home in sorted({row.affiliate_id, affiliate_id}):
        record(work, "code.reassigned", row.code, home=home)


def _taken(work: Work, code: str) -> Any:
    row = work.row("SELECT * FROM referral_code WHERE code = %(code)s FOR UPDATE", code=code)
    if row is None:
        raise NotFound("code")
    return row


def codes(
    work: Work,
    *,
    text: str = "",
    affiliate_id: int | None = None,
    retired: bool = False,
    after: str = "",
    most: int = 100,
) -> list[Code]:
    """Codes for staff, by name: those that begin like the text, whoever has them, or one
    affiliate's. `after` is the last one of the page before."""
    return work.rows_as(
        Code,
        """SELECT c.code, c.kind, c.created_at, c.retired_at, c.affiliate_id, a.name AS affiliate
             FROM referral_code c JOIN affiliate a ON a.id = c.affiliate_id
            WHERE c.code > %(after)s AND c.folded LIKE %(like)s
              AND (%(affiliate)s::bigint IS NULL OR c.affiliate_id = %(affiliate)s)
              AND (c.retired_at IS NOT NULL) = %(retired)s
            ORDER BY c.code LIMIT %(most)s""",
        after=after,
        like=f"{rules.fold(text)}%",
        affiliate=affiliate_id,
        retired=retired,
        most=most,
    )
