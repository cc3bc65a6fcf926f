"""Why something in a plan is refused or warned of: what the rule says, how to mend it, where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mainstem.kit.errors import Problem

Severity = Literal["refuse", "warn", "note"]
"""Refused: it cannot be published. Warned of: only by whoever says that it is meant. Noted: what every plan
of its kind has."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Why something is refused or warned of: what the rule says, and where it comes from."""

    severity: Severity
    says: str
    source: str


GROUNDS = {
    "pays_for_recruiting": Ground(
        "refuse",
        "Nothing may be paid for bringing somebody in: only a delivered sale to a client pays."
        " Take this out, or let it pay on a delivered_sale.",
        "UCPD, Annex I no. 14; Koscot Interplanetary, 86 F.T.C. 1106; CJEU C-667/15",
    ),
    "pays_on_own_purchase": Ground(
        "refuse",
        "Nothing may be paid of what a participant buys or pays: no fee, kit, training or"
        " subscription. Take this out.",
        "FTC v. Vemma, order II(B); UCPD, Annex I no. 14",
    ),
    "qualifies_by_purchase_or_recruit": Ground(
        "refuse",
        "Nobody may qualify by buying or by recruiting. Ask for own_sales_min, sales that were"
        " delivered to clients.",
        "FTC v. Vemma, order II(B)",
    ),
    "fee_with_levels": Ground(
        "refuse",
        "Whoever pays to join must not be in a plan that pays sponsors. Take the fee out.",
        "CJEU C-515/12 (4finance); FTC v. Noland",
    ),
    "own_purchases_earn": Ground(
        "refuse",
        "What participants buy themselves earns nothing here. Take this out.",
        "FTC v. Herbalife, order I",
    ),
    "above_what_the_plan_allows": Ground(
        "warn",
        "This rule may pay {cap} %, and everything together {all} % at most: on a sale of its own it"
        " gives way. Raise cap_bp of the plan, or lower it here.",
        "The most that a sale may cost is what was agreed to",
    ),
    "costs_more_than_agreed": Ground(
        "refuse",
        "Sales may pay {sales} % and periods {periods} % beside them, more than the {cap} % that everything"
        " together may: {worst}. Lower them, or raise cap_bp.",
        "The most that a sale may cost is what was agreed to",
    ),
    "cliff": Ground(
        "warn",
        "At {at} one unit more raises the pay by {jump}. Somebody will buy to reach it. Let the tier's rate"
        " be marginal, or the step smaller.",
        "No reward for a purchase that nobody needs",
    ),
    "reward_gives_way": Ground(
        "warn",
        "A sale may pay {sales} % and sending a friend {rewards} % of it, together more than the {cap} % that"
        " everything may: on such an order the rewards give way. Lower them, or raise cap_bp.",
        "What a rate says should be what it pays",
    ),
    "reward_cliff": Ground(
        "warn",
        "An order of {at} gives {jump}, and one of a unit less gives nothing. Somebody will buy to reach it."
        " Give a rate, or less.",
        "No reward for a purchase that nobody needs",
    ),
    "twice_as_a_client_gains": Ground(
        "note",
        "Somebody who orders as their own friend gets up to {cost} % of a first order, {n} times a year. No"
        " programme that rewards friends is without that; here it is met by looking at e-mail, telephone,"
        " address and card, and by the hold.",
        "Emek, Karidi, Tennenholtz and Zohar, EC 2011",
    ),
    "upline_above_seller": Ground(
        "refuse",
        "No sponsor may earn more on a sale than who made it. Lower level {level} to {seller} % or less.",
        "CJEU C-515/12 (4finance): pay must come from sales first of all",
    ),
    "first_sale_above_seller": Ground(
        "refuse",
        "For a first sale and their share of it no sponsor may get more than who made it. Let at_most_bp be"
        " {left} % or less.",
        "CJEU C-515/12 (4finance): pay must come from sales first of all",
    ),
    "all_or_nothing_at_close": Ground(
        "note",
        "Whoever sells a little less than this asks loses all of a sponsor's shares of the period. Own purchases"
        " never count for it; keep what it asks small.",
        "No reward for a purchase that nobody needs",
    ),
    "many_levels": Ground(
        "warn",
        "{levels} levels are more than most plans that courts have looked at. Three are usual.",
        "CJEU C-667/15",
    ),
    "paid_before_it_is_sure": Ground(
        "refuse",
        "Nothing is paid before it was delivered and may no longer come back: let it pay on a"
        " delivered_sale, held for fourteen days or more.",
        "Directive 2011/83/EU, Art. 9",
    ),
    "short_hold": Ground(
        "warn",
        "{days} days end before money for a withdrawal on the last day has gone back. Hold goods for"
        " {safe} days.",
        "Directive 2011/83/EU, Art. 9 and 13",
    ),
    "paid_in_stock": Ground(
        "refuse",
        "Commission is money. It is never paid in goods or purchase credit, and nobody keeps or"
        " subscribes to stock. Take this out.",
        "DSA and Seldia codes: inventory loading",
    ),
    "stock_without_buy_back": Ground(
        "refuse",
        "Affiliates hold no stock here: whatever is sold leaves from the company. Take this out.",
        "DSA code: buy-back of 90 %",
    ),
    "pays_for_a_lead": Ground(
        "refuse",
        "A lead that was only sent in earns nothing: it pays when its service was delivered to a"
        " client. Let it pay on a delivered_sale.",
        "Only what a client got is a sale",
    ),
    "not_held": Ground(
        "refuse",
        "Every kind of pay is held, for fourteen days or more. Say hold_days.",
        "Directive 2011/83/EU, Art. 9",
    ),
    "sponsors_earn_more_together": Ground(
        "warn",
        "Sponsors together get {sponsors} % of a sale and who made it {seller} %. Pay should come from"
        " selling first of all.",
        "CJEU C-515/12 (4finance)",
    ),
    "more_than_the_whole": Ground(
        "refuse",
        "The levels add up to {sum} %, more than the whole of what is sold. Lower them.",
        "Nobody can pay more than came in",
    ),
    "levels_above_cap": Ground(
        "warn",
        "The levels add up to {sum} %, above their cap of {cap} %. On a sale with all of them, each"
        " gives way in proportion: who sold gets {paid} % instead of {rate} %.",
        "What a rate says should be what it pays",
    ),
    "levels_above_cap_by_priority": Ground(
        "warn",
        "The levels add up to {sum} %, above their cap of {cap} %. The lower level is paid first: on a sale"
        " with all of them, whoever is above level {level} gets nothing.",
        "What a rate says should be what it pays",
    ),
    "cap_by_not_said": Ground(
        "refuse",
        "Together this may come to more than its cap. Say cap_by: everybody gives way in proportion, or by"
        " priority, where whoever comes last gives way first.",
        "What the trade reads in two ways is said",
    ),
    "teams_not_said": Ground(
        "refuse",
        "A team counts here. Say teams of the period: where everybody stands at its close, or each sale for the upline"
        " that it was sold under.",
        "What the trade reads in two ways is said",
    ),
    "milestones_above_plan": Ground(
        "warn",
        "The milestones of one service may pay {sum} % together ({each}), and everything together {cap} % at"
        " most: each gives way in proportion. Lower them, or raise cap_bp of the plan.",
        "What a rate says should be what it pays",
    ),
    "never_reached": Ground(
        "warn",
        "No line ever falls under this rule: {other}, which comes first, takes all of them. Move it up.",
        "The first rule that fits is the one",
    ),
    "some_goods_pay_nothing": Ground(
        "warn",
        "No rule is for all goods: some sales of them pay nothing. Add a rule at the end, unless that is"
        " meant.",
        "The first rule that fits is the one",
    ),
    "some_services_pay_nothing": Ground(
        "warn",
        "No rule is for all services: some of them pay nothing. Add a rule at the end, unless that is"
        " meant.",
        "The first rule that fits is the one",
    ),
    "margin_tells_the_cost": Ground(
        "note",
        "Whoever is paid of the margin is shown it, and can work out what the article costs you. Let base be"
        " net_price where nobody may know.",
        "Whoever is paid must be able to work it out again",
    ),
    "split_order_gains": Ground(
        "warn",
        "At most {most} is paid for one sale. One of {whole} pays {once}; bought in two orders it pays"
        " {twice}. Somebody will split orders.",
        "No gain from splitting what belongs together",
    ),
    "split_line_gains": Ground(
        "warn",
        "At most {most} is paid for one line. A line of {whole} pays {once}; the same pieces in two orders, or"
        " as two articles, pay {twice}. Somebody will split them.",
        "No gain from splitting what belongs together",
    ),
    "split_client_gains": Ground(
        "note",
        "At most {most} is paid for all that one client buys. {whole} of one client pays {once}; the same bought by"
        " two pays {twice}. Clients are told apart by mailbox, telephone, door and card.",
        "No gain from splitting what belongs together",
    ),
    "twice_in_the_tree_gains": Ground(
        "note",
        "Somebody who joins a second time below themselves earns {twice} % of what they sell instead of"
        " {once} %. No plan that pays sponsors is without that; here it is met by one"
        " account for each company and the review of what looks like one.",
        "Emek, Karidi, Tennenholtz and Zohar, EC 2011",
    ),
    "goal_is_a_cliff": Ground(
        "note",
        "At the goal of {at} one unit more raises the pay by {jump}. That is what a goal is; tiers pay"
        " for the same without a step.",
        "No reward for a purchase that nobody needs",
    ),
    "large_order_is_a_cliff": Ground(
        "note",
        "An order of {at} pays {pays} by this rule, and one of a unit less pays nothing by it. Somebody may buy to"
        " reach it; let a rule after it pay for what is smaller.",
        "No reward for a purchase that nobody needs",
    ),
    "twice_in_a_period_gains": Ground(
        "note",
        "One company that sells {whole} in a period is paid {once} by its rules; as {tree} it is paid"
        " {twice}. It is met by one account for each company and the review of what looks like one.",
        "Emek, Karidi, Tennenholtz and Zohar, EC 2011; Lv and Moscibroda, 2016",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a plan: what it is, where, and how to mend it."""

    code: str
    severity: Severity
    problem: Problem
    source: str = ""


def finding(code: str, pointer: str, **facts: object) -> Finding:
    """A finding by its code, with what fills its sentence."""
    ground = GROUNDS[code]
    return Finding(code, ground.severity, Problem(pointer, code, ground.says, facts), ground.source)
