"""The law's notice and label as they are drawn: whole, alike as SVG and PNG, and read by a phone."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import pytest
import zxingcpp
from PIL import Image

from mainstem import guarantee
from mainstem.guarantee import LABEL_URL, NOTICES, Durability
from mainstem.guarantee.lettering import width as width_of
from mainstem.kit.locale import LOCALES

SVG = "{http://www.w3.org/2000/svg}"
STOVE = Durability(half_years=20, producer="Härdviks Gjuteri AB", model="HV-106-5")


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def codes(png: bytes) -> list[str]:
    return [
        found.text for found in zxingcpp.read_barcodes(Image.open(io.BytesIO(png)).convert("L"))
    ]


def test_there_is_a_notice_in_every_language_of_the_company() -> None:
    assert set(NOTICES) == set(LOCALES)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_phone_reads_the_code_of_the_notice_and_of_the_label(locale: str) -> None:
    assert codes(guarantee.notice_png(locale)) == [NOTICES[locale].url]
    assert codes(guarantee.label_png(STOVE, locale)) == [LABEL_URL]


@pytest.mark.parametrize("locale", LOCALES)
def test_the_drawing_of_the_notice_says_every_word_of_it(locale: str) -> None:
    drawn = re.sub(r"\W", "", "".join(texts(guarantee.notice_svg(locale))))
    said = NOTICES[locale]
    for words in (
        *said.title, *said.promise, said.claims, *said.examples, said.liable, *said.remedies,
        said.periods, said.scan, said.shown_url, *said.doing, *said.steps, said.commercial,
    ):  # fmt: skip
        assert re.sub(r"\W", "", words) in drawn, words
        assert words.replace("- ", "").rstrip("-") in " ".join(guarantee.notice_words(locale))


@pytest.mark.parametrize("locale", LOCALES)
def test_nothing_of_the_notice_stands_outside_its_sheet_or_over_another_line(locale: str) -> None:
    drawn = ElementTree.fromstring(guarantee.notice_svg(locale))
    _, _, width, height = (float(side) for side in drawn.attrib["viewBox"].split())
    left = right = 0.0
    for node in drawn.iter(f"{SVG}text"):
        x, y, size = (float(node.attrib[name]) for name in ("x", "y", "font-size"))
        assert node.text
        end = x + width_of(node.text, size, int(node.get("font-weight", "400")))
        assert end < width - 20, node.text
        assert y < height
        if 171 < y < 568 and x < 340:  # the two columns between the head and the first rule
            assert end < 355, node.text
            left = max(left, y)
        elif 171 < y < 568:
            right = max(right, y)
    assert left < 560
    assert right < 560


def test_the_drawings_have_a_name_and_words_for_whoever_does_not_see_them() -> None:
    for svg, name in (
        (guarantee.notice_svg("sv"), "Reklamationsrätt"),
        (guarantee.label_svg(STOVE, "sv"), "GARAN: Härdviks Gjuteri AB, HV-106-5"),
    ):
        drawn = ElementTree.fromstring(svg)
        title, words = drawn.find(f"{SVG}title"), drawn.find(f"{SVG}desc")
        assert drawn.attrib["role"] == "img"
        assert title is not None
        assert words is not None
        assert title.text == name
        assert drawn.attrib["aria-labelledby"] == title.attrib["id"]
        assert drawn.attrib["aria-describedby"] == words.attrib["id"]
    assert "minst två års reklamationsrätt" in guarantee.notice_svg("sv")


def test_the_drawings_have_the_colours_of_the_annexes() -> None:
    used = set(re.findall(r'"(#[0-9a-f]{6})"', guarantee.notice_svg("en")))
    assert used == {"#003399", "#ffed00", "#000000", "#ffffff", "#f1f1f2"}
    assert "style=" not in guarantee.notice_svg("en"), "the pages' security policy takes no styles"


def test_the_label_says_years_in_all_languages_of_the_union() -> None:
    drawn = texts(guarantee.label_svg(STOVE, "en"))
    assert {"10", "365", "GARAN", "Härdviks Gjuteri AB", "HV-106-5"} <= set(drawn)
    together = " ".join(drawn)
    assert len(re.findall(r"\b[A-Z]{2}\b", together.replace("AB", "").replace("HV", ""))) == 24
    assert "Гаранция от производителя" in together


@pytest.mark.parametrize(
    ("months", "producer", "years"),
    [
        (0, "Foundry AB", None),
        (24, "Foundry AB", None),
        (29, "Foundry AB", None),
        (30, "Foundry AB", "2.5"),
        (35, "Foundry AB", "2.5"),
        (36, "Foundry AB", "3"),
        (60, "", None),
        (120, "Foundry AB", "10"),
        (1200, "Foundry AB", "100"),
    ],
)
def test_only_more_than_two_years_get_a_label_and_no_part_of_half_a_year_is_promised(
    months: int, producer: str, years: str | None
) -> None:
    given = guarantee.durability(months, producer=producer, model="PAN")
    assert (given and given.years("en")) == years


def test_swedish_writes_half_a_year_with_a_comma() -> None:
    given = guarantee.durability(42, producer="Foundry AB", model="PAN")
    assert given is not None
    assert given.years("sv") == "3,5"


def test_a_long_name_is_made_smaller_and_a_strange_one_stays_text() -> None:
    given = Durability(10, "<b>&" + "Mycket långa namn " * 6, "M" * 40)
    drawn = ElementTree.fromstring(guarantee.label_svg(given, "sv"))
    [whose] = [node for node in drawn.iter(f"{SVG}text") if (node.text or "").startswith("<b>&")]
    assert float(whose.attrib["font-size"]) < 5
    assert guarantee.label_png(given, "sv").startswith(b"\x89PNG")
