"""The one form in which a plan's arithmetic is written down: whole numbers, few operations, no others.

From a form follow a Python integer (`of`), the bounds of what it can be (`bounds`), and, in
`mainstem.lab.emitter`, a column of a query. So one order and a million are worked out by one text. What
is not here cannot be said in every engine: no fraction, no float, no rounding but whole division.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import eq, ge, gt, le, lt
from typing import Final, Literal

Row = Mapping[str, "int | str"]
Bounds = tuple[int, int]
"""The least and the most that a number can be."""

Comparison = Literal["=", "<", "<=", ">", ">="]
COMPARED: Final = {"=": eq, "<": lt, "<=": le, ">": gt, ">=": ge}


class TooLarge(Exception):
    """A number on the way could be larger than an engine's whole numbers are: nothing was worked out."""


class Whole:
    """A whole number."""

    def of(self, row: Row) -> int:
        """What it is for one row."""
        raise NotImplementedError

    def bounds(self, known: Mapping[str, Bounds]) -> Bounds:
        """What it can be, given what the columns can be. Raises KeyError for a column not known."""
        raise NotImplementedError

    def parts(self) -> Sequence[Whole]:
        """The numbers that it is made of."""
        return ()

    def __add__(self, other: Whole | int) -> Whole:
        return Sum((self, whole(other)))

    def __sub__(self, other: Whole | int) -> Whole:
        return Less(self, whole(other))

    def __mul__(self, other: Whole | int) -> Whole:
        return Product((self, whole(other)))


class Truth:
    """Something that holds or does not."""

    def of(self, row: Row) -> bool:
        """Whether it holds for one row."""
        raise NotImplementedError

    def parts(self) -> Sequence[Whole]:
        """The numbers that it asks about."""
        return ()


@dataclass(frozen=True, slots=True)
class Number(Whole):
    """A number that is the same for every row."""

    value: int

    def of(self, row: Row) -> int:
        return self.value

    def bounds(self, known: Mapping[str, Bounds]) -> Bounds:
        return self.value, self.value


@dataclass(frozen=True, slots=True)
class Column(Whole):
    """A column that holds whole numbers."""

    name: str

    def of(self, row: Row) -> int:
        found = row[self.name]
        assert isinstance(found, int), f"{self.name} is a number"
        return found

    def bounds(self, known: Mapping[str, Bounds]) -> Bounds:
        return known[self.name]


@dataclass(frozen=True, slots=True)
class Sum(Whole):
    """Several numbers together."""

    terms: tuple[Whole, ...]

    def of(self, row: Row) -> int:
        return sum(term.of(row) for term in self.terms)

    def bounds(self, known: Mapping[str, Bounds]) -> Bounds:
        of_each = [term.bounds(known) for term in self.terms]
        return sum(least for least, _ in of_each), sum(most for _, most in of_each)

    def parts(self) -> Sequence[Whole]:
        return self.terms


@dataclass(frozen=True, slots=True)
class Less(Whole):
    """One number without another."""

    whole: Whole
    part: Whole

    def of(self, row: Row) -> int:
        return self.whole.of(row) - self.part.of(row)

    def bounds(self, known: Mapping[str, Bounds]) -> Bounds:
        (least, most), (fewest, largest) = self.whole.bounds(known), self.part.bounds(known)
        return least - largest, most - fewest

    def parts(self) -> Sequence[Whole]:
        return self.whole, self.part


@dataclass(frozen=True, slots=True)
class Product(Whole):
    """Several numbers, times each other."""

    factors: tuple[Whole, ...]

    def of(self, row: Row) -> int:
        return reduce(lambda found, factor: found * factor.of(row), self.factors, 1)

    def bounds(self, known: Mapping[str, Bounds]) -> Bounds:
        found = (1, 1)
        for factor in self.factors:
            ends = [one * other for one in found for other in factor.bounds(known)]
            found = min(ends), max(ends)
        return found

    def parts(self) -> Sequence[Whole]:
        # Engines multiply from the left, and the last factor may be 0 where what is before it is not.
        on_the_way = (Product(self.factors[:-1]),) if len(self.factors) > 2 else ()
        return (*self.factors, *on_the_way)


@dataclass(frozen=True, slots=True)
class Quotient(Whole):
    """How often a number above 0 fits whole into another, which is not below 0.

    Only such numbers: on them every engine divides alike, whichever way it rounds below 0.
    """

    dividend: Whole
    divisor: Whole

    def of(self, row: Row) -> int:
        dividend, divisor = self.dividend.of(row), self.divisor.of(row)
        assert dividend >= 0, "divide what is there"
        assert divisor > 0, "divide by something"
        return dividend // divisor

    def bounds(self, known: Mapping[str, Bounds]) -> Bounds:
        (least, most), (fewest, largest) = self.dividend.bounds(known), self.divisor.bounds(known)
        assert most >= 0, "divide what is there"
        assert largest > 0, "divide by something"
        return max(least, 0) // largest, most // max(fewest, 1)

    def parts(self) -> Sequence[Whole]:
        return self.dividend, self.divisor


@dataclass(frozen=True, slots=True)
class Cases(Whole):
    """The number of the first case that holds; `otherwise` where none does."""

    cases: tuple[tuple[Truth, Whole], ...]
    otherwise: Whole

    def of(self, row: Row) -> int:
        return next((then for if_, then in self.cases if if_.of(row)), self.otherwise).of(row)

    def bounds(self, known: Mapping[str, Bounds]) -> Bounds:
        ends = [then.bounds(known) for _, then in self.cases] + [self.otherwise.bounds(known)]
        return min(least for least, _ in ends), max(most for _, most in ends)

    def parts(self) -> Sequence[Whole]:
        asked = [part for if_, _ in self.cases for part in if_.parts()]
        return (*asked, *(then for _, then in self.cases), self.otherwise)


@dataclass(frozen=True, slots=True)
class Count(Whole):
    """How many of these hold: of one, 1 or 0."""

    truths: tuple[Truth, ...]

    def of(self, row: Row) -> int:
        return sum(truth.of(row) for truth in self.truths)

    def bounds(self, known: Mapping[str, Bounds]) -> Bounds:
        return 0, len(self.truths)

    def parts(self) -> Sequence[Whole]:
        return [part for truth in self.truths for part in truth.parts()]


@dataclass(frozen=True, slots=True)
class Within(Whole):
    """A number that is known to be no larger than another, and not below 0; nothing is worked out for it.

    Bounds follow from the operations alone, and a share of an amount then looks as if it could be larger
    than the amount. Whoever writes this says beside it why it cannot.
    """

    number: Whole
    limit: Whole

    def of(self, row: Row) -> int:
        found = self.number.of(row)
        assert 0 <= found <= self.limit.of(row), "what is said to be within a limit is"
        return found

    def bounds(self, known: Mapping[str, Bounds]) -> Bounds:
        (least, most), (_, limit) = self.number.bounds(known), self.limit.bounds(known)
        return max(least, 0), min(most, limit)

    def parts(self) -> Sequence[Whole]:
        return self.number.parts()


@dataclass(frozen=True, slots=True)
class Compare(Truth):
    """Whether two numbers stand to each other like this."""

    left: Whole
    how: Comparison
    right: Whole

    def of(self, row: Row) -> bool:
        return bool(COMPARED[self.how](self.left.of(row), self.right.of(row)))

    def parts(self) -> Sequence[Whole]:
        return self.left, self.right


@dataclass(frozen=True, slots=True)
class OneOf(Truth):
    """Whether a column of numbers holds one of these."""

    column: str
    numbers: frozenset[int]

    def of(self, row: Row) -> bool:
        return row[self.column] in self.numbers


@dataclass(frozen=True, slots=True)
class Named(Truth):
    """Whether a column of text is one of these names."""

    column: str
    names: frozenset[str]

    def of(self, row: Row) -> bool:
        return row[self.column] in self.names


@dataclass(frozen=True, slots=True)
class Lists(Truth):
    """Whether a column of several names, each between bars (`|lamps|kitchen|`), holds one of these."""

    column: str
    names: frozenset[str]

    def of(self, row: Row) -> bool:
        found = str(row[self.column])
        return any(f"|{name}|" in found for name in self.names)


@dataclass(frozen=True, slots=True)
class Every(Truth):
    """Whether all of these hold; of none, yes."""

    truths: tuple[Truth, ...]

    def of(self, row: Row) -> bool:
        return all(truth.of(row) for truth in self.truths)

    def parts(self) -> Sequence[Whole]:
        return [part for truth in self.truths for part in truth.parts()]


def whole(value: Whole | int) -> Whole:
    """A number as a form."""
    return Number(value) if isinstance(value, int) else value


def total(terms: Sequence[Whole]) -> Whole:
    """Numbers together, with the zeros left out."""
    there = tuple(term for term in terms if term != Number(0))
    if not there:
        return Number(0)
    return there[0] if len(there) == 1 else Sum(there)


def smaller(one: Whole, other: Whole) -> Whole:
    """The smaller of two numbers."""
    return Cases(((Compare(one, "<=", other), one),), other)


def pick(column: str, values: Sequence[int]) -> Whole:
    """The value at the place that a column of numbers names: `values[column]`."""
    if (
        len(set(values)) == 2
    ):  # a sum is several times as quick as a case, and its bounds are the same
        least, most = sorted(set(values))
        places = frozenset(n for n, one in enumerate(values) if one == most)
        return total((Number(least), Count((OneOf(column, places),)) * (most - least)))
    usual = max(set(values), key=lambda value: (values.count(value), value))
    cases = tuple(
        (OneOf(column, frozenset(n for n, one in enumerate(values) if one == value)), Number(value))
        for value in sorted(set(values) - {usual})
    )
    return Cases(cases, Number(usual)) if cases else Number(usual)


def rounded(dividend: Whole, divisor: Whole) -> Whole:
    """Half away from zero, of what is not below 0: `mainstem.money.rdiv`."""
    return Quotient(dividend * 2 + divisor, divisor * 2)


def largest(number: Whole, known: Mapping[str, Bounds]) -> int:
    """The most, in size, that is met on the way to a number: of itself and of all that it is made of."""
    own = max(abs(end) for end in number.bounds(known))
    return max([own, *(largest(part, known) for part in number.parts())])


def columns_of(form: Whole | Truth) -> set[str]:
    """The columns that a form reads."""
    match form:
        case Column(name):
            return {name}
        case OneOf(column, _) | Named(column, _) | Lists(column, _):
            return {column}
        case Count(truths) | Every(truths):
            return set().union(*map(columns_of, truths))
        case Cases(cases, otherwise):
            found = [columns_of(one) for case in cases for one in case]
            return columns_of(otherwise).union(*found)
    return set().union(*map(columns_of, form.parts()))
