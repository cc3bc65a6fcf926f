"""Inquiries: an affiliate asks about a commission on the spot, and is answered by a day that both see."""

from mainstem.inquiries.answering import answer
from mainstem.inquiries.asking import (
    NUMBER_MAX,
    OPEN_MAX,
    WORDS_MAX,
    AskedAlready,
    TooManyInquiries,
    WantedInquiry,
    ask,
    withdraw,
)
from mainstem.inquiries.clock import ANSWER_DAYS, days_left, due_after
from mainstem.inquiries.model import INQUIRIES
from mainstem.inquiries.queries import (
    AskedInquiry,
    InquiryDetails,
    InquiryRow,
    asked_by,
    details,
    listed,
    of_order,
)

__all__ = [
    "ANSWER_DAYS",
    "INQUIRIES",
    "NUMBER_MAX",
    "OPEN_MAX",
    "WORDS_MAX",
    "AskedAlready",
    "AskedInquiry",
    "InquiryDetails",
    "InquiryRow",
    "TooManyInquiries",
    "WantedInquiry",
    "answer",
    "ask",
    "asked_by",
    "days_left",
    "details",
    "due_after",
    "listed",
    "of_order",
    "withdraw",
]
