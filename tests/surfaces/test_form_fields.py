"""What a form's model makes of the texts that were sent."""

from __future__ import annotations

from typing import Annotated

import pytest
from litestar.datastructures import FormMultiDict
from pydantic import Field

from mainstem.kit.errors import InvalidInput
from mainstem.web.forms import Form, FormFields, Ticked, at_most, whole


class Wanted(FormFields):
    name: Annotated[str, at_most(5)] = Field(default="", alias="client-name")
    count: Annotated[int | None, whole(digits=3)] = None
    agreed: Ticked = False
    colours: list[str] = Field(default_factory=list)


def sent(*fields: tuple[str, str]) -> Wanted:
    return Form(FormMultiDict(fields)).into(Wanted)


def test_a_form_that_says_nothing_is_what_its_model_begins_with() -> None:
    assert sent() == Wanted()
    assert sent(("client-name", "  "), ("count", "")) == Wanted()


def test_a_field_is_found_by_the_name_that_it_has_on_its_page() -> None:
    assert sent(("client-name", " Ada ")).name == "Ada"
    assert sent(("name", "Ada")).name == ""


@pytest.mark.parametrize(
    ("text", "count"),
    [("12", 12), ("0", 0), ("-1", None), ("1000", None), ("1.5", None), ("two", None), ("²", None)],
)
def test_what_is_no_whole_number_of_so_many_digits_is_none(text: str, count: int | None) -> None:
    assert sent(("count", text)).count == count


def test_a_box_is_ticked_or_not_and_a_list_takes_every_value() -> None:
    ticked = sent(("agreed", "yes"), ("colours", "red"), ("colours", "blue"))
    assert (ticked.agreed, ticked.colours) == (True, ["red", "blue"])
    assert not sent(("agreed", "no")).agreed


def test_of_a_longer_text_the_beginning_is_looked_at() -> None:
    assert sent(("client-name", "Adelaide")).name == "Adela"


def test_the_zero_character_is_refused_in_a_field_that_is_read_and_only_there() -> None:
    with pytest.raises(InvalidInput) as refused:
        sent(("client-name", "A\0"), ("count", "\0"))
    assert [problem.pointer for problem in refused.value.problems] == ["/client-name", "/count"]
    assert sent(("other", "\0")) == Wanted()
