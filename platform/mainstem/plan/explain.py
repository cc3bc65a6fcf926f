"""A commission in words: from what the client paid to what it earned, told in the reader's language.

Only figures are stored; the sentences around them are made when somebody reads. Whoever reads can
work out the amount from the sentences alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypedDict

from mainstem.money import BASIS, Money, rdiv
from mainstem.plan.credit import Credit, most_of
from mainstem.plan.exact_shares import Way
from mainstem.plan.period_explain import PERIOD_EXPLAINED, tell_period
from mainstem.plan.sale_rules import Level, SaleRule


class Explanation(TypedDict):
    """What is stored beside a commission: which sentences, and what fills them.

    Amounts are minor units of `currency`, rates basis points.
    """

    message: str
    facts: dict[str, Any]


class OfAWay(NamedTuple):
    """A sentence with facts of its own: of one of several ways in which a share came to be."""

    sentence: str
    facts: tuple[tuple[str, Any], ...]


Said = str | OfAWay


class Reader(Protocol):
    """Whoever reads it: translates, and writes money and rates."""

    def text(self, message: str) -> str:
        """The message in the reader's language."""
        ...

    def money(self, amount: Money) -> str:
        """An amount in the reader's language."""
        ...

    def percent(self, basis_points: int) -> str:
        """A rate in the reader's language."""
        ...


@dataclass(frozen=True, slots=True)
class Basis:
    """What was delivered of one kind of one order, and how much of it went back, in minor units.

    `price_minor` is what it costs, tax included; `counts` how much of it without tax stands under
    which commissionable share (basis points). `base_minor` is what that comes to, article by article,
    and `returned_minor` the part of it that went back with `back_minor` of the price.

    Of that, `named_minor` went back with lines that were named. The rest is the share of
    `spread_minor`, which names no line and counts against all of the order that no line was named for,
    `spread_over_minor`.
    """

    price_minor: int
    tax_minor: int
    counts: Sequence[tuple[int, int]]
    base_minor: int
    back_minor: int = 0
    returned_minor: int = 0
    named_minor: int = 0
    spread_minor: int = 0
    spread_over_minor: int = 0


PAID = {
    "goods": "{price} was paid for goods delivered on order {order}, {tax} of it tax.",
    "service": "{price} was paid for the service performed on order {order}, {tax} of it tax.",
}
PROMISED = {
    "qualified": "This share is for a service that began with a qualified request.",
    "won": "This share is for a service that began with a request that was won.",
    "accepted": "This share is for work that the client has accepted.",
}
ALL_COUNTS = "All of the {base} without tax counts for commission."
PART_COUNTS = "Without tax, {counts} counts for commission: {base}."
PARTS_COUNT = "Without tax, {counts} counts for commission, rounded article by article: {base}."
OF = "{share} of {net}"
AND = " and "
EXACT = "{rate} of that is {credit}."
DOWN = "{rate} of that, rounded down, is {credit}."
UP = "{rate} of that, rounded up so that all levels add up, is {credit}."
CAPPED_EXACT = (
    "{rate} of that, times {cap} / {sum} since all levels together get {cap} at most, is {credit}."
)
CAPPED_DOWN = (
    "{rate} of that, times {cap} / {sum} since all levels together get {cap} at most, is {credit},"
    " rounded down."
)
CAPPED_UP = (
    "{rate} of that, times {cap} / {sum} since all levels together get {cap} at most, is {credit},"
    " rounded up so that all levels add up."
)
PRICE_COUNTS = "Commission is of the {base} without tax."
MARGIN_COUNTS = "Commission is of the margin, what is left of that without tax after its cost to the company: {base}."
SHARE = "{rate} of that is the share of this level."
CHAIN = "{chain} of that, each of what the level below earns, is the share of this level."
OF_BELOW = "{rate} of the {below} that the level below earns is the share of this level."
SHARE_NEAREST = "{rate} of that, rounded to the nearest, is the share of this level."
OF_BELOW_NEAREST = (
    "{rate} of the {below} that the level below earns, rounded to the nearest,"
    " is the share of this level."
)  # fmt: skip
CHAIN_OF = "{chain} of the {below} that the lowest level earns is the share of this level."
CHAIN_OF_SELLERS = (
    "{chain} of that, of what whoever made the sale earns, is the share of this level."
)
OF_SELLERS = "{rate} of the {below} that whoever made the sale earns is the share of this level."
OF_SELLERS_NEAREST = (
    "{rate} of the {below} that whoever made the sale earns, rounded to the nearest, is the share of this"
    " level."
)
PART = "{part} of the order counts here; the rest is credited to others."
PART_OF_EACH = "Of {each} for each of {pieces} pieces the same part is the share of this level."
CHAIN_OF_PART = (
    "{chain} of the same part of {below}, the money for all pieces, is the share of this level."
)
SEVERAL = "You stand at this level above several to whom the order is credited: what each comes to is added up."
EACH = "{each} for each of {pieces} pieces is the share of this level."
CUT = (
    "All shares of the sale together are more than the plan pays, so each gives way to {cut} of it."
)
CUT_LAST = (
    "All shares of the sale together are more than the plan pays. Whoever comes first is paid first, and"
    " this share gives way to {cut} of it."
)
MOST_OF_PART = "No level gets more than {most} for this part of a sale."
LINE_MOST = (
    "No level gets more than {line_most} for one line of a sale. Lines that come to more: {reached} of {lines};"
    " the others come to {under} together."
)
LINE_MOST_OF_PART = (
    "No level gets more than {line_most} for this part of one line. Lines that come to more: {reached} of"
    " {lines}; the others come to {under} together."
)
CLIENT_MOST = (
    "No level gets more than {client_most} of all sales to one client; older ones leave"
    " {client_before} standing."
)
COMES_TO = "Made whole together with the other shares, that is {credit}."
MOST = "No level gets more than {most} for one sale."
STOOD = "{before} of it stood here before."
YOURS = "You won this client."
TEAM = "Your team won this client, level {level}."
BACK = (
    "{back} of the {price} that was paid on order {order} was refunded or is disputed, and with it"
    " {returned} of the {base} that counts for commission."
)
SPREAD = (
    "{spread} was refunded or is disputed without naming a line, which counts against all of the order"
    " alike, {over}: the same part of {rest}, rounded to the nearest, is {share}."
)
SPREAD_BESIDE = (
    "{named} of it went back with lines that were named. {spread} was refunded or is disputed without"
    " naming a line, which counts against all else of the order alike, {over}: the same part of {rest},"
    " rounded to the nearest, is {share}."
)
REVERSAL = "The same part of your {credit}, rounded to the nearest, goes back: {reversed} in all."
REVERSAL_BY_LINE = (
    "Of each line as much of its share goes back as of the line, and no level keeps more than {line_most} for"
    " one line: of your {credit}, {reversed} goes back in all."
)
REVERSAL_BY_CLIENT = (
    "No level keeps more than {client_most} of all sales to one client, and older ones leave {client_before}: of"
    " your {credit}, {reversed} goes back in all."
)
WENT_BEFORE = "{before} of it went back before."
ONLY_BACK = (
    "Only {back} of the {price} that was paid on order {order} was refunded or is disputed after all, and"
    " with it {returned} of the {base} that counts for commission."
)
RESTORED = (
    "The same part of your {credit}, rounded to the nearest, is {reversed}. What went back beyond that"
    " is yours again."
)
RESTORED_BY_LINE = (
    "Of each line as much of its share goes back as of the line, and no level keeps more than {line_most} for"
    " one line: of your {credit}, that takes {reversed}. What went back beyond that is yours again."
)
RESTORED_BY_CLIENT = (
    "No level keeps more than {client_most} of all sales to one client, and older ones leave {client_before}: of"
    " your {credit}, that takes {reversed}. What went back beyond that is yours again."
)
TEAM_COUNTS = "{base} of what was delivered on order {order} counts for commission."
TEAM_BACK = "{returned} of the {base} that counts for commission on order {order} went back."
TEAM_ONLY_BACK = (
    "Only {returned} of the {base} that counts for commission on order {order} went back after all."
)
HELD = "What order {order} has earned you is held until all of it has arrived and may no longer come back."

REATTRIBUTED = (
    "Order {order} was looked at again and is credited to another affiliate: your commission on it, {credit},"
    " goes back."
)

CREDITED_AGAIN = (
    "Order {order} was looked at once more and is credited to you again:"
    " of your {credit}, {stands} stands."
)

SENTENCES = (
    *PAID.values(), *PROMISED.values(), ALL_COUNTS, PART_COUNTS, PARTS_COUNT, PRICE_COUNTS, MARGIN_COUNTS, OF, AND,
    EXACT, DOWN, UP,
    CAPPED_EXACT, CAPPED_DOWN, CAPPED_UP, SHARE, CHAIN, OF_BELOW, CHAIN_OF, SHARE_NEAREST,
    OF_BELOW_NEAREST, CHAIN_OF_SELLERS, OF_SELLERS, OF_SELLERS_NEAREST, PART, PART_OF_EACH, CHAIN_OF_PART,
    SEVERAL, EACH, CUT, CUT_LAST, MOST, MOST_OF_PART, LINE_MOST, LINE_MOST_OF_PART,
    REVERSAL_BY_LINE, RESTORED_BY_LINE, CLIENT_MOST, REVERSAL_BY_CLIENT, RESTORED_BY_CLIENT, COMES_TO, STOOD, YOURS,
    TEAM, BACK, SPREAD, SPREAD_BESIDE, REVERSAL, WENT_BEFORE, ONLY_BACK, RESTORED, TEAM_COUNTS, TEAM_BACK,
    TEAM_ONLY_BACK, HELD, REATTRIBUTED, CREDITED_AGAIN, *PERIOD_EXPLAINED,
)  # fmt: skip
"""Everything that may be said."""

_EARLIER_CAPPED = " All levels together are capped at {cap}, so each gives its part."
_AMOUNTS = {
    "price", "tax", "base", "credit", "before", "back", "returned", "reversed", "named", "spread",
    "over", "rest", "share", "below", "each", "most", "stands", "line_most",
    "under", "client_most", "client_before",
}  # fmt: skip
_RATES = {"rate", "cap", "sum", "part"}


def explain(
    kind: str,
    *,
    sold: str,
    level: int,
    order: str,
    currency: str,
    rate_bp: int,
    basis: Basis,
    credited_minor: int = 0,
    reversed_minor: int = 0,
    before_minor: int = 0,
    capped: tuple[int, int] | None = None,
    way: Mapping[str, Any] | None = None,
    milestone: str = "delivered",
) -> Explanation:
    """Why a commission moved. `kind` is credit, reversal, restored, hold, reattributed or credited_again.

    `sold` is the kind of product, `before_minor` how much had been credited, or had gone back, before
    this movement; `capped` the rule's cap and the sum of the rates that it cuts, in basis points. `way` is
    what of a share is neither (`way_of`); `milestone` what of a service it is for.
    """
    facts: dict[str, Any] = {"order": order}
    if kind == "hold":
        return {"message": kind, "facts": facts}
    if kind == "reattributed":
        gone = credited_minor - before_minor
        return {"message": kind, "facts": facts | {"currency": currency, "credit": gone}}
    if kind == "credited_again":
        stands = credited_minor - reversed_minor
        told = {"currency": currency, "credit": credited_minor, "stands": stands}
        return {"message": kind, "facts": facts | told}
    facts |= {
        "currency": currency, "price": basis.price_minor, "base": basis.base_minor,
        "credit": credited_minor,
    }  # fmt: skip
    if before_minor:
        facts["before"] = before_minor
    if kind == "credit":
        facts |= {"sold": sold, "tax": basis.tax_minor, "rate": rate_bp}
        if level:
            facts["level"] = level
        if capped:
            facts["cap"], facts["sum"] = capped
        facts |= {name: value for name, value in (way or {}).items() if name not in _KEPT}
        if milestone in PROMISED:
            facts["milestone"] = milestone
        if "of" not in facts and basis.base_minor != basis.price_minor - basis.tax_minor:
            facts["counts"] = [list(part) for part in basis.counts]
    else:
        if way and _KEPT_OF_A_LINE in way:
            facts["line_most"] = way[_KEPT_OF_A_LINE]
        if way and _KEPT_OF_A_CLIENT in way:
            facts["client_most"], facts["client_before"] = way[_KEPT_OF_A_CLIENT]
        facts |= {
            "back": basis.back_minor, "returned": basis.returned_minor, "reversed": reversed_minor,
        }  # fmt: skip
        if basis.spread_minor:
            facts |= {
                "named": basis.named_minor, "spread": basis.spread_minor,
                "over": basis.spread_over_minor, "rest": basis.base_minor - basis.named_minor,
                "share": basis.returned_minor - basis.named_minor,
            }  # fmt: skip
    return {"message": kind, "facts": facts}


def way_of(rule: SaleRule, credit: Credit, currency: str, pieces: int) -> dict[str, Any]:
    """What of a share is not a rate of what counts, cut by its rule's cap: empty where it is."""
    level = rule.levels[credit.level]
    facts: dict[str, Any] = {}
    if rule.base != "commissionable_value":
        facts["of"] = rule.base
    ways = [_facts_of(way, level, currency, pieces) for way in credit.ways]
    facts |= ways[0] if len(ways) == 1 else {"ways": ways}
    if credit.part_bp != BASIS:
        facts["shared"] = True
    facts |= _limits(rule, credit, currency)
    if rule.is_rounded_by_level:
        facts["nearest"] = True
    if rule.levels_of.startswith("sellers_commission"):
        facts["of_sellers"] = True
    plain = credit.capped_bp is not None and not facts.keys() & _SPECIAL
    if credit.cut != (1, 1) and not plain:
        facts["cut"] = list(credit.cut)
        facts |= {"cut_last": True} if credit.cut_by == "priority" else {}
    return facts


def _limits(rule: SaleRule, credit: Credit, currency: str) -> dict[str, Any]:
    """What one line and one sale pay at most, where that made a share smaller."""
    facts: dict[str, Any] = {}
    by_line, gets = credit.by_line, credit.uncapped_minor
    if by_line is not None:
        facts[_KEPT_OF_A_LINE], gets = by_line.most_minor, by_line.credited_minor
        if by_line.reached:
            facts |= {
                "line_most": by_line.most_minor, "lines": by_line.lines, "reached": by_line.reached,
                "under": by_line.under_minor,
            }  # fmt: skip
    at_most = rule.at_most_minor.get(currency)
    if at_most is not None and (most := most_of(at_most, credit.part_bp)) < gets:
        facts["most"], gets = most, most
    by_client = credit.by_client
    if by_client is not None:
        facts[_KEPT_OF_A_CLIENT] = list(by_client)
        if credit.credited_minor < gets:
            facts["client_most"], facts["client_before"] = by_client
    return facts


def _facts_of(way: Way, level: Level, currency: str, pieces: int) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if level.each_minor:
        facts |= {"each": level.each_minor[currency], "pieces": pieces}
    else:
        facts |= {} if way.of_minor is None else {"below": way.of_minor}
        in_part = way.of_minor is not None and way.part_bp != BASIS
        facts |= {"chain": [*way.chain_bp]} if len(way.chain_bp) > 1 or in_part else {}
    return facts | ({"part": way.part_bp} if way.part_bp != BASIS else {})


def tell(explanation: Explanation, reader: Reader, *, of_team: bool = False) -> str:
    """The sentences in the reader's language, with their amounts and rates written out.

    `of_team` is for whoever is above the seller: what the client paid is between the client and
    the seller, and the sentences begin with what counts.
    """
    message, facts = explanation["message"], explanation["facts"]
    if message.startswith("period_"):
        return tell_period(message, facts, reader)
    if message not in _SAID:
        return _told_earlier(message, facts, reader)
    shown = {name: _written(name, value, facts, reader) for name, value in facts.items()}
    said = _SAID[message](facts)
    if of_team:
        said = [_of_team(one) for one in said if one not in _CLIENTS]
    return " ".join(_put(one, shown, facts, reader) for one in said)


def _of_team(one: Said) -> Said:
    return _OF_TEAM.get(one, one) if isinstance(one, str) else one


def _put(one: Said, shown: Mapping[str, str], facts: dict[str, Any], reader: Reader) -> str:
    if isinstance(one, str):
        return reader.text(one).format(**shown)
    own = {name: _written(name, value, facts, reader) for name, value in one.facts}
    return reader.text(one.sentence).format(**{**shown, **own})


def _credit(facts: dict[str, Any]) -> list[Said]:
    # When every rule was named for its kind, the rule was kept.
    said: list[Said] = [PAID[facts.get("sold") or facts["rule"]]]
    if "milestone" in facts:
        said.append(PROMISED[facts["milestone"]])
    counts = facts.get("counts")
    if facts.get("of") == "net_price":
        said.append(PRICE_COUNTS)
    elif facts.get("of") == "margin":
        said.append(MARGIN_COUNTS)
    elif not counts:
        said.append(ALL_COUNTS)
    elif sum(rdiv(net * share, BASIS) for net, share in counts) == facts["base"]:
        said.append(PART_COUNTS)
    else:
        said.append(PARTS_COUNT)
    said += _reckoning(facts)
    if facts.get("before"):
        said.append(STOOD)
    return [*said, TEAM if facts.get("level") else YOURS]


_SPECIAL = {"each", "chain", "below", "cut", "most", "line_most", "client_most", "part", "ways"}
"""What makes a share more than a rate of what counts, cut by its rule's cap."""
_KEPT_OF_A_LINE = "kept_of_a_line"
"""What a level keeps of one line at most: of what stands after money went back, and so told only then."""
_KEPT_OF_A_CLIENT = "kept_of_a_client"
"""Likewise of all sales to one client, with what older ones leave."""
_KEPT = {_KEPT_OF_A_LINE, _KEPT_OF_A_CLIENT}
_HOW = {
    (False, False, False): SHARE,
    (False, True, False): CHAIN,
    (False, False, True): OF_BELOW,
    (False, True, True): CHAIN_OF,
    (True, False, False): EACH,
}


_NEAREST = {SHARE: SHARE_NEAREST, OF_BELOW: OF_BELOW_NEAREST, OF_SELLERS: OF_SELLERS_NEAREST}
_OF_SELLERS = {CHAIN: CHAIN_OF_SELLERS, OF_BELOW: OF_SELLERS}
_OF_PART = {EACH: PART_OF_EACH, CHAIN_OF: CHAIN_OF_PART}


def _reckoning(facts: dict[str, Any]) -> list[Said]:
    """How the credit follows from what counts."""
    if not facts.keys() & _SPECIAL:
        return [_rounding(facts)]
    said: list[Said] = [SEVERAL] if "ways" in facts else []
    for way in facts.get("ways", ({},)):
        how = _how(facts | way)
        said += [OfAWay(one, tuple(way.items())) for one in how] if way else how
    cut = [CUT_LAST if "cut_last" in facts else CUT] if "cut" in facts else []
    shared = "shared" in facts
    most = [LINE_MOST_OF_PART if shared else LINE_MOST] if "line_most" in facts else []
    most += [MOST_OF_PART if shared else MOST] if "most" in facts else []
    most += [CLIENT_MOST] if "client_most" in facts else []
    return [*said, *cut, *most, COMES_TO]


def _how(facts: dict[str, Any]) -> list[str]:
    """How one share comes to be, before what all give way to."""
    how = _HOW["each" in facts, "chain" in facts, "below" in facts]
    if "of_sellers" in facts:
        how = _OF_SELLERS.get(how, how)
    if "nearest" in facts:
        how = _NEAREST.get(how, how)
    return [PART, _OF_PART.get(how, how)] if "part" in facts else [how]


def _rounding(facts: dict[str, Any]) -> str:
    """How the credit follows from the base, by the rate and the cap."""
    capped = "cap" in facts
    exact, per = facts["base"] * facts["rate"], BASIS
    if capped:
        exact, per = exact * facts["cap"], per * facts["sum"]
    if facts["credit"] * per == exact:
        return CAPPED_EXACT if capped else EXACT
    if facts["credit"] * per < exact:
        return CAPPED_DOWN if capped else DOWN
    return CAPPED_UP if capped else UP


def _reversal(facts: dict[str, Any]) -> list[Said]:
    before = [WENT_BEFORE] if facts.get("before") else []
    reversal = REVERSAL_BY_LINE if "line_most" in facts else REVERSAL
    reversal = REVERSAL_BY_CLIENT if "client_most" in facts else reversal
    return [BACK, *_spread(facts), reversal, *before]


def _restored(facts: dict[str, Any]) -> list[Said]:
    restored = RESTORED_BY_LINE if "line_most" in facts else RESTORED
    restored = RESTORED_BY_CLIENT if "client_most" in facts else restored
    return [ONLY_BACK, *_spread(facts), restored]


def _spread(facts: dict[str, Any]) -> list[Said]:
    """How what named no line became a part of what counts; nothing where every line was named."""
    if not facts.get("spread"):
        return []
    return [SPREAD_BESIDE if facts["named"] else SPREAD]


_SAID: dict[str, Callable[[dict[str, Any]], list[Said]]] = {
    "credit": _credit,
    "reversal": _reversal,
    "restored": _restored,
    "hold": lambda facts: [HELD],
    "reattributed": lambda facts: [REATTRIBUTED],
    "credited_again": lambda facts: [CREDITED_AGAIN],
}


_CLIENTS = (
    ALL_COUNTS,
    PRICE_COUNTS,
    MARGIN_COUNTS,
    PART_COUNTS,
    PARTS_COUNT,
    SPREAD,
    SPREAD_BESIDE,
)
_OF_TEAM = dict.fromkeys(PAID.values(), TEAM_COUNTS) | {
    BACK: TEAM_BACK,
    ONLY_BACK: TEAM_ONLY_BACK,
}


def _written(name: str, value: Any, facts: dict[str, Any], reader: Reader) -> str:
    if name in _AMOUNTS:
        return reader.money(Money(value, facts["currency"]))
    if name in _RATES:
        return reader.percent(value)
    if name == "chain":
        return " \N{MULTIPLICATION SIGN} ".join(reader.percent(rate) for rate in value)
    if name == "cut":
        return f"{value[0]}/{value[1]}"
    if name == "counts":
        of = reader.text(OF)
        return reader.text(AND).join(
            of.format(share=reader.percent(share), net=reader.money(Money(net, facts["currency"])))
            for net, share in value
        )
    return str(value)


def _told_earlier(message: str, facts: dict[str, Any], reader: Reader) -> str:
    """What the first release stored: the sentence itself, and each amount with its currency."""
    words = reader.text(message.removesuffix(_EARLIER_CAPPED))
    if message.endswith(_EARLIER_CAPPED):
        words += reader.text(_EARLIER_CAPPED)

    def written(name: str, value: Any) -> str:
        if isinstance(value, list):
            return reader.money(Money(value[0], value[1]))
        return reader.percent(value) if name in ("rate", "cap") else str(value)

    return words.format(**{name: written(name, value) for name, value in facts.items()})
