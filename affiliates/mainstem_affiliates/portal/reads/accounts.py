"""Where the affiliate is paid, and their codes."""

from __future__ import annotations

from dataclasses import dataclass

from mainstem.kit.work import Work


@dataclass(frozen=True, slots=True)
class PayAccount:
    """Where the affiliate is paid."""

    provider: str
    account: str
    currency: str
    state: str


@dataclass(frozen=True, slots=True)
class Code:
    """A code that the affiliate's clients type, or a link that they follow."""

    code: str
    kind: str


def pay_accounts(work: Work) -> list[PayAccount]:
    """Where they are paid, once they have begun to say so: one a currency, the first one first."""
    return [
        PayAccount(row.provider, row.account, row.currency, row.state)
        for row in work.rows(
            """SELECT provider, account, currency, state FROM pay_account
                WHERE home_id = %(id)s ORDER BY provider = 'bank', opened_at, currency""",
            id=work.home,
        )
    ]


def codes(work: Work) -> list[Code]:
    """The affiliate's codes and links in force."""
    return [
        Code(row.code, row.kind)
        for row in work.rows(
            """SELECT code, kind FROM referral_code
                WHERE affiliate_id = %(id)s AND retired_at IS NULL ORDER BY kind, created_at, code""",
            id=work.home,
        )
    ]
