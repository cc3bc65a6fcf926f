"""A commission in words: a sentence with what fills it, told in the reader's language."""

from __future__ import annotations

from typing import Any, Protocol, TypedDict

from mainstem.money import Money


class Explanation(TypedDict):
    """What is stored beside a commission: the sentence, and its typed facts."""

    message: str
    facts: dict[str, Any]


class Reader(Protocol):
    """Whoever reads it: translates and writes money."""

    def text(self, message: str) -> str:
        """The message in the reader's language."""
        ...

    def money(self, amount: Money) -> str:
        """An amount in the reader's language."""
        ...


CREDIT = {
    ("goods", True): "{rate} of {base} for goods delivered on order {order}: you won this client.",
    ("service", True): "{rate} of {base} for the service performed on order {order}: you won this client.",
    ("goods", False): "{rate} of {base} for goods delivered on order {order}: won by your team, level {level}.",
    ("service", False): "{rate} of {base} for the service performed on order {order}: won by your team, level {level}.",
}  # fmt: skip
CAPPED = " All levels together are capped at {cap}, so each gives its part."
REVERSAL = (
    "{returned} of {base} on order {order} went back to the client, so the same part of your"
    " {credited} goes back: {reversed} in all."
)
HELD = "What order {order} has earned you is held until all of it has arrived and may no longer come back."
RESTORED = (
    "Only {returned} of {base} on order {order} went back to the client after all, so {reversed} of"
    " your {credited} goes back and the rest is yours again."
)


def explain(
    kind: str,
    *,
    rule: str,
    level: int,
    order: str,
    currency: str,
    rate_bp: int,
    base_minor: int,
    returned_minor: int = 0,
    credited_minor: int = 0,
    reversed_minor: int = 0,
    capped_bp: int | None = None,
) -> Explanation:
    """Why a commission moved. `kind` is credit, reversal, restored or hold."""
    if kind == "hold":
        return {"message": HELD, "facts": {"order": order}}
    facts: dict[str, Any] = {"order": order, "base": [base_minor, currency]}
    if kind == "credit":
        message = CREDIT[rule, level == 0]
        facts["rate"] = rate_bp
        if level:
            facts["level"] = level
        if capped_bp is not None:
            message += CAPPED
            facts["cap"] = capped_bp
    else:
        message = REVERSAL if kind == "reversal" else RESTORED
        facts["returned"] = [returned_minor, currency]
        facts["credited"] = [credited_minor, currency]
        facts["reversed"] = [reversed_minor, currency]
    return {"message": message, "facts": facts}


def tell(explanation: Explanation, reader: Reader) -> str:
    """The sentence in the reader's language, with its amounts and rates written out."""
    message = explanation["message"]
    capped = message.endswith(CAPPED)
    words = reader.text(message.removesuffix(CAPPED)) + (reader.text(CAPPED) if capped else "")
    shown = {name: _written(name, value, reader) for name, value in explanation["facts"].items()}
    return words.format(**shown)


def _written(name: str, value: Any, reader: Reader) -> str:
    if isinstance(value, list):
        return reader.money(Money(value[0], value[1]))
    if name in ("rate", "cap"):
        return f"{value / 100:g}\N{NO-BREAK SPACE}%"
    return str(value)
