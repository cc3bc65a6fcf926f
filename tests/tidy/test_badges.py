"""A badge has one of the tones that the components know: another one is a page that cannot be drawn."""

from __future__ import annotations

import re

from mainstem.paths import TEMPLATES

TONES = r"\btone=\"([a-z]+)\""
SHAPES = r"shapes = \{(.*?)\} -%"


def test_every_badge_has_a_tone_that_there_is() -> None:
    component = (TEMPLATES / "components" / "states.html").read_text()
    [shapes] = re.findall(SHAPES, component, re.DOTALL)
    known = set(re.findall(r"^\s*\"([a-z]+)\":", shapes, re.MULTILINE))
    assert {"good", "wait", "bad"} <= known
    unknown = {
        f"{path.relative_to(TEMPLATES)}: {tone}"
        for path in TEMPLATES.rglob("*.html")
        for badge in re.findall(r"\bui\.badge\(.*?\) ?\}\}", path.read_text(), re.DOTALL)
        for tone in re.findall(TONES, badge)
        if tone not in known
    }
    assert unknown == set()
