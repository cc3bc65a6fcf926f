"""Company numbers: what a country's register can have given, however it is typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.kit.company_number import company_number, not_a_company_number

TYPED = [
    # country, as it is typed, as the register writes it
    ("SE", "559123-4561", "559123-4561"),
    ("SE", "5591234561", "559123-4561"),
    ("SE", "16559123-4561", "559123-4561"),
    ("SE", " 559123 4561 ", "559123-4561"),
    ("SE", "19850101-1236", "850101-1236"),
    ("SE", "5591", None),
    ("SE", "559123-4567", None),
    ("SE", "my company", None),
    ("NO", "912345610", "912 345 610"),
    ("NO", "NO 912 345 610 MVA", "912 345 610"),
    ("NO", "912345611", None),
    ("DK", "DK 10 00 00 09", "10000009"),
    ("DK", "10000008", None),
    ("FI", "FI12345671", "1234567-1"),
    ("FI", "1234567-1", "1234567-1"),
    ("FI", "1234567-2", None),
    ("DE", "HRB 7", "HRB 7"),
    ("GB", "07495895", "07495895"),
    ("GB", "77", None),
    ("DE", "none of them", None),
    ("DE", "1" * 33, None),
]


@pytest.mark.parametrize(("country", "typed", "written"), TYPED)
def test_a_number_is_kept_as_its_register_writes_it_or_refused(
    country: str, typed: str, written: str | None
) -> None:
    assert company_number(typed, country) == written
    if written is not None:
        assert company_number(written, country) == written


@given(st.text(max_size=40), st.sampled_from(["SE", "NO", "DK", "FI", "DE"]))
def test_whatever_is_typed_is_a_number_or_none(text: str, country: str) -> None:
    found = company_number(text, country)
    assert found is None or any(sign.isdigit() for sign in found)


@pytest.mark.parametrize("country", ["SE", "NO", "DK", "FI"])
def test_the_example_that_we_give_is_right(country: str) -> None:
    example = str(not_a_company_number("/number", country).facts["example"])
    assert company_number(example, country) == example
