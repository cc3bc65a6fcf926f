"""What a careful reader would notice on every page, whatever the story is about.

Nothing may break while a page is used: no script error, nothing that the content-security policy
had to stop, no answer of 500 or above. And each kind of page is looked at once: the rules of axe in
light and in dark, and no scrolling sideways on the narrowest telephone. With MAINSTEM_TEST_PICTURES set
there are pictures of it, too, for people to judge.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import ConsoleMessage, Error, Page, Response

AXE = Path(__file__).parent / "axe" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
NARROWEST = {"width": 320, "height": 640}

_AXE = """async (rules) => {
  const wanted = {runOnly: {type: "tag", values: rules}, resultTypes: ["violations"], iframes: false};
  const found = await axe.run(document, wanted);
  return found.violations.flatMap(one => one.nodes.map(node =>
    `${one.id}: ${node.target.join(" ")} ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? one.help}`));
}"""
# Pictures further down would wait until somebody scrolls to them.
_LOADED = """() => Promise.all([...document.images].map(one => {
  one.loading = "eager";
  return one.complete || new Promise(done => { one.onload = one.onerror = done; });
}))"""
_WIDER = """() => [...document.querySelectorAll("body *")]
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && getComputedStyle(one).position !== "fixed")
  .slice(0, 3).map(one => one.tagName.toLowerCase() + "." + one.className)"""


class Inspector:
    """Watches every page that it is told of, and remembers what was wrong."""

    def __init__(self, pictures: Path) -> None:
        self.pictures = pictures
        self.seen: set[str] = set()
        self.wrong: list[str] = []
        self._axe = AXE.read_text()
        self._takes_pictures = bool(os.environ.get("MAINSTEM_TEST_PICTURES"))
        self._closed = False

    def watch(self, page: Page) -> None:
        """Notice from now on whatever breaks on this page."""
        page.on("console", self._said)
        page.on("pageerror", self._broke)
        page.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        # A refused form is answered with 4xx, which Chromium reports as an error of its own.
        refusal = message.text.startswith(
            "Failed to load resource: the server responded with a status of 4"
        )
        if message.type == "error" and not self._closed and not refusal:
            self.wrong.append(f"{message.location.get('url', '')}: {message.text}")

    def _broke(self, error: Error) -> None:
        self.wrong.append(f"a script failed: {error}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500 or (response.status == 404 and "/static/" in response.url):
            self.wrong.append(f"{response.request.method} {response.url}: {response.status}")

    def look(self, page: Page, name: str) -> None:
        """Look closely at this kind of page, once: rules, width, and pictures where they are wanted."""
        if name in self.seen:
            return
        self.seen.add(name)
        page.evaluate(_LOADED)
        with self._by_the_rules(page):
            for size, scheme in (
                (DESK, "light"),
                (DESK, "dark"),
                (PHONE, "dark"),
                (PHONE, "light"),
            ):
                # A narrow page in the light and a wide one in the dark show every rule and colour.
                is_judged = (size is PHONE) == (scheme == "light")
                if not is_judged and not self._takes_pictures:
                    continue
                page.set_viewport_size(size)  # type: ignore[arg-type]
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
                where = f"{name} ({size['width']}, {scheme})"
                if self._takes_pictures:
                    self._picture(page, size, f"{name}.{size['width']}.{scheme}.jpg")
                if is_judged:
                    self.wrong += [f"{where}: {told}" for told in self._judge(page)]
                if size is PHONE and scheme == "light":
                    self._is_narrow(page, where)
                    page.set_viewport_size(NARROWEST)  # type: ignore[arg-type]
                    self._is_narrow(page, f"{name} ({NARROWEST['width']})")

    def glance(self, page: Page, name: str, scheme: Literal["light", "dark"]) -> None:
        """Look at a page as it is open, in the light or in the dark: rules and width."""
        if self._takes_pictures:
            self.look(page, name)
            return
        with self._by_the_rules(page):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.wrong += [f"{name} ({scheme}): {told}" for told in self._judge(page)]
            self._is_narrow(page, name)

    @contextmanager
    def _by_the_rules(self, page: Page) -> Iterator[None]:
        """The rules of axe for a page, which is as it was afterwards."""
        before = page.viewport_size
        # axe sets inline styles, which the policy stops: what the console says now is axe's doing.
        page.evaluate(self._axe)
        self._closed = True
        try:
            yield
        finally:
            page.emulate_media(color_scheme="light", reduced_motion="no-preference")
            page.set_viewport_size(before)  # type: ignore[arg-type]
            page.evaluate("1")  # whatever axe made the console say has been heard by now
            self._closed = False

    def _picture(self, page: Page, size: dict[str, int], name: str) -> None:
        # As tall as the page, so that what stands at the lower edge of the screen covers nothing.
        tall = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({**size, "height": max(size["height"], tall)})  # type: ignore[typeddict-item]
        page.screenshot(path=self.pictures / name, type="jpeg", quality=80)
        page.set_viewport_size(size)  # type: ignore[arg-type]

    def _judge(self, page: Page) -> list[str]:
        found: list[Any] = page.evaluate(_AXE, RULES)
        return [str(one) for one in found]

    def _is_narrow(self, page: Page, where: str) -> None:
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > page.evaluate("innerWidth"):
            self.wrong.append(f"{where}: scrolls sideways, because of {page.evaluate(_WIDER)}")
