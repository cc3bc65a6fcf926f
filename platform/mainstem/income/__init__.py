"""Income statements: what everybody who took part in a year earned, those who earned nothing among them.

Whoever thinks of joining reads them first. They are worked out of what is in the books, and of nothing else.
"""

from mainstem.income.model import IncomeStatement, InCurrency, Quartiles
from mainstem.income.statements import is_current, make_due, newest, worked_out

__all__ = [
    "InCurrency",
    "IncomeStatement",
    "Quartiles",
    "is_current",
    "make_due",
    "newest",
    "worked_out",
]
