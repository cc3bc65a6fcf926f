"""Who the affiliate is, and their money in each currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from mainstem import ledger
from mainstem.earnings.queries import payable_on
from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.payouts import AffiliateMoney, money_of, no_money
from mainstem.plan import book


@dataclass(frozen=True, slots=True)
class AffiliateProfile:
    """The affiliate who reads."""

    id: int
    name: str
    state: str
    currency: str
    shop: str | None
    """The slug of the affiliate's first storefront."""
    leads_waiting: int


@dataclass(frozen=True, slots=True)
class UpcomingPayable:
    """Money that becomes payable on a day, if nothing comes back before; None: nobody knows yet."""

    day: date | None
    amount: Money


@dataclass(frozen=True, slots=True)
class CurrencyBalance:
    """Where their money in one currency is, and what is still to come of it."""

    money: AffiliateMoney
    upcoming: list[UpcomingPayable]
    minimum: Money | None

    @property
    def currency(self) -> str:
        """The currency of all of it."""
        return self.money.currency

    @property
    def is_debt(self) -> bool:
        """Whether more went back than is left."""
        return bool(self.money.debt)

    def payable_by(self, day: date) -> Money:
        """What there is to pay out on a day, if nothing comes back before."""
        due = (one.amount for one in self.upcoming if one.day is not None and one.day <= day)
        return sum(due, self.money.payable)

    def missing(self, day: date) -> Money | None:
        """What is missing until it is paid out on that day; None when there is enough, or a debt."""
        payable = self.payable_by(day)
        if self.minimum is None or self.is_debt or payable.minor >= self.minimum.minor:
            return None
        return self.minimum - payable


def me(work: Work) -> AffiliateProfile:
    """Who reads."""
    row = work.row(
        """SELECT a.id, a.name, a.state, s.slug, s.currency,
                  (SELECT count(*) FROM lead WHERE home_id = a.id AND state = 'new') AS waiting
             FROM affiliate a
             LEFT JOIN LATERAL (SELECT slug, currency FROM storefront
                                 WHERE home_id = a.id AND active ORDER BY id LIMIT 1) s ON true
            WHERE a.id = %(id)s""",
        id=work.home,
    )
    if row is None:
        raise NotFound("affiliate")
    return AffiliateProfile(
        row.id, row.name, row.state, row.currency or "SEK", row.slug, row.waiting
    )


def balances(work: Work, reader: AffiliateProfile) -> list[CurrencyBalance]:
    """Their money, one standing a currency, the shop's own first; at least that one."""
    found = money_of(work, reader.id)
    held: dict[str, list[UpcomingPayable]] = {}
    for _, currency, day, minor in ledger.held_until(work, date.max, owner_id=reader.id):
        held.setdefault(currency, []).append(
            UpcomingPayable(payable_on(day), Money(minor, currency))
        )
    plan = book.now(work)
    minimum = plan.minimum_payout_minor if plan else {}
    order = [reader.currency, *(currency for currency in found if currency != reader.currency)]
    return [
        CurrencyBalance(
            money=found.get(currency) or no_money(currency),
            upcoming=held.get(currency, []),
            minimum=Money(minimum[currency], currency) if currency in minimum else None,
        )
        for currency in order
    ]


def next_payout_day(work: Work) -> date:
    """The day of the next run of payouts: they run on Mondays."""
    today = work.now().astimezone(work.tools.zone).date()
    return today + timedelta(days=7 - today.weekday())
