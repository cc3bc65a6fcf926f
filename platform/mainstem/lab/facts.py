"""Facts of sales in Parquet, in one shape: of a simulated market, or of a company's own history.

    facts.json                       what this is, and what is known in it (`About`)
    lines/month=2026-03/*.parquet    a row for each line of an order, by the month in which it was sold
    uplines/month=2026-03/*.parquet  who stood above whom as of those sales, a row for each step up
    orders/month=2026-03/*.parquet   the home, id and number of each order, where there are any
    network/, volumes/               what periods are worked out of, where it is known (`period_facts`)

A line has `order_id` and `line_no`, `lines` (how many its order has), `sold_on` and `delivered_on` (20260301),
`upline_id`, `affiliate` (a slug, like `product` and `storefront`), `kind`, `currency`, `departments` and `groups`
(`|lamps|kitchen|`), `pieces`, `orders_before` and `months` of its client, and the same without orders of which all
money went back (`orders_kept_before`, `months_kept`); then amounts in minor units, each with what of it went
back: `commissionable_minor` and `commissionable_back_minor`, and the same for `price`, which is without tax, and,
where `About.costs` says so, for `margin`, where `has_cost` is 1: it is known what the line cost. Where
`About.orders` says so there is `order_minor`: what all lines of the order came to without tax and delivery. Where
`About.unnamed` says so there are `unnamed_minor` and `unnamed_of_minor` of the order: what went back without naming
lines, and of how much; such money counts against every line alike. All of a line was delivered, and all lines of an
order are in one month.

An upline has for each of its `steps` (0 is who sold) the `member_id`, whether they were a `house` account or
`suspended` (0 or 1), their `rank` (0 for none), their `groups`, and `own_sales_D`: how many sales of their own had
been delivered within D days before. Uplines are shared by all sales that saw them alike.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mainstem.lab.cases import cases_of
from mainstem.lab.sale_forms import reaches_plan_cap
from mainstem.plan import SalePlan

FORMAT = 1

LINE: Mapping[str, str] = {
    "order_id": "int64", "line_no": "int64", "lines": "int64", "sold_on": "int64", "delivered_on": "int64",
    "upline_id": "int64", "affiliate": "string", "storefront": "string", "kind": "string",
    "product": "string", "departments": "string", "groups": "string", "currency": "string",
    "pieces": "int64", "orders_before": "int64", "months": "int64",
    "orders_kept_before": "int64", "months_kept": "int64",
    "commissionable_minor": "int64", "commissionable_back_minor": "int64",
    "price_minor": "int64", "price_back_minor": "int64",
    "has_cost": "int64", "margin_minor": "int64", "margin_back_minor": "int64",
    "unnamed_minor": "int64", "unnamed_of_minor": "int64", "order_minor": "int64",
}  # fmt: skip
"""The columns of a line, and their types."""


class NoFacts(Exception):
    """The folder holds no facts that could be read, for the reason given."""


class NotKnown(Exception):
    """The plan asks for something that is not in these facts."""


@dataclass(frozen=True, slots=True)
class About:
    """What facts are, and what is known in them beyond the sales themselves."""

    source: str
    own_sales_days: Sequence[int] = ()
    """For how many days back own sales were counted."""
    ranks: bool = False
    unnamed: bool = False
    """Whether money went back that named no line."""
    counted: Sequence[str] = ()
    """In which ways sales were counted in periods (`order`, `delivery`, `end_of_hold`); none where the facts do not
    say who stood under whom."""
    costs: bool = False
    """Whether it is known what was sold cost the company."""
    orders: bool = False
    """Whether it is known what whole orders came to."""
    shared_orders: int = 0
    """How many orders are credited to several: each stands here as if it were its seller's alone."""
    format: int = FORMAT

    def write(self, folder: Path) -> None:
        """Say it in the folder: last, when everything else is there."""
        (folder / "facts.json").write_text(json.dumps(asdict(self), indent=2) + "\n", "utf-8")


@dataclass(frozen=True, slots=True)
class Facts:
    """A folder of facts."""

    folder: Path
    about: About

    @classmethod
    def at(cls, folder: Path) -> Facts:
        """The facts of a folder. Raises NoFacts."""
        try:
            about = About(**json.loads((folder / "facts.json").read_text("utf-8")))
        except FileNotFoundError:
            raise NoFacts(f"{folder} holds no facts: facts.json is missing.") from None
        except (OSError, ValueError, TypeError) as error:
            raise NoFacts(f"{folder}/facts.json cannot be read: {error}") from None
        if about.format != FORMAT:
            raise NoFacts(f"{folder} is in format {about.format}; this version reads {FORMAT}.")
        return cls(folder, about)

    def months(self, first: str = "", last: str = "") -> list[str]:
        """The months that there are sales of, in order; of those from `first` to `last`, both included."""
        found = sorted(
            one.name.removeprefix("month=") for one in (self.folder / "lines").glob("month=*")
        )
        return [one for one in found if (not first or first <= one) and (not last or one <= last)]

    def files(self, of: str, month: str) -> str:
        """The files of `lines`, `uplines` or `orders` of a month."""
        return str(self.folder / of / f"month={month}" / "*.parquet")

    def refuse_unknown(self, plan: SalePlan, *, ranks: bool = False) -> None:
        """Raise NotKnown for what a plan asks about and these facts do not say. With `ranks`, those that sales see
        are worked out on the way."""
        asks = plan.uplines
        if asks.own_sales_min and asks.days not in self.about.own_sales_days:
            known = ", ".join(map(str, self.about.own_sales_days)) or "no number of"
            raise NotKnown(
                f"The plan asks for own sales within {asks.days} days; these facts count {known} days."
            )
        if not self.about.costs and any(rule.base == "margin" for rule in plan.rules):
            raise NotKnown("A rule pays of the margin; these facts do not say what anything cost.")
        if not self.about.orders and any(rule.when.order_min_minor for rule in plan.rules):
            raise NotKnown(
                "A rule is for large orders; these facts do not say what orders came to."
            )
        if asks.asks_at_delivery:
            raise NotKnown(
                "The plan counts own sales at the delivery; these facts count them at the sale."
            )
        for rule in plan.rules:
            if rule.when.milestone != "delivered":
                raise NotKnown(
                    f"{rule.id} pays for a milestone of a service; these facts do not say which requests were"
                    " won or which work was accepted."
                )
        if not (ranks or self.about.ranks) and any(
            level.rank_from for rule in plan.rules for level in rule.levels
        ):
            raise NotKnown("A level asks for a rank; these facts do not say who had which.")
        for rule in plan.rules:
            if rule.at_most_client_minor:
                raise NotKnown(
                    f"{rule.id} limits what all sales to one client pay: a backtest works each sale out by itself."
                )
            if rule.at_most_line_minor:
                raise NotKnown(
                    f"{rule.id} limits what one line pays: a backtest works out what of an order falls under a rule"
                    " together, and not line by line."
                )
        if plan.cap_by == "priority" and reaches_plan_cap(plan, cases_of(plan)):
            raise NotKnown(
                "The rules together may come to more than the plan's cap, and the later ones give way first:"
                " a backtest works out the rules of an order beside each other, and not one after the other."
            )


def months_of(facts: Facts, first: int = 0, last: int = 0) -> list[str]:
    """The months that there are sales of from the one day to the other (20260131). Raises NotKnown for none."""

    def month(day: int) -> str:
        return f"{day // 10_000}-{day // 100 % 100:02}" if day else ""

    found = facts.months(month(first), month(last))
    if not found:
        raise NotKnown("Nothing was sold in these days.")
    return found
