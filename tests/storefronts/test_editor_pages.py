"""The editor's pages: an affiliate opens a shop by Next, Next, Next; staff approve it; nothing leaks."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable

import httpx
import pytest
from PIL import Image

from mainstem import identity, worker
from mainstem.identity import passwords
from mainstem.kit.db import Database
from mainstem.paths import TEMPLATES
from tests.catalogs import translations
from tests.company import Company, a_company, an_affiliate
from tests.surfaces.conftest import PASSWORD, Open, Reader, words_of
from tests.surfaces.programs import a_program

SignedIn = Callable[..., Reader]
PROFILE = """
INSERT INTO company_profile (name, legal_name, country, email, languages, currencies, zone)
VALUES ('Foundry', 'Foundry Ltd', 'SE', 'hello@foundry.example', '{sv,en}', '{SEK,EUR}', 'Europe/Stockholm')"""


@pytest.fixture
def company(database: Database) -> Company:
    hashed = passwords.hash_password(PASSWORD)
    with database.work() as work:
        company = a_company(work)
        work.run(PROFILE)
        dora = an_affiliate(work, "dora")
        homes = {"cedar": company.cedar, "birch": company.birch, "dora": dora, "cleo": dora}
        for name, home in homes.items():
            person = identity.create_person(
                work, email=f"{name}@people.example", name=name.title(), password_hash=hashed
            )
            identity.grant(work, person, "affiliate", affiliate_id=home)
        ada = identity.create_person(
            work, email="ada@people.example", name="Ada", password_hash=hashed
        )
        identity.grant(work, ada, "admin")
    return company


@pytest.fixture
def signed_in(open_app: Open, company: Company) -> SignedIn:
    def enter(name: str, language: str = "en") -> Reader:
        reader = open_app()
        assert reader.sign_in(f"{name}@people.example").status_code == 303
        reader.client.cookies.set("lang", language)
        return reader

    return enter


_FIELDS = re.compile(r"<select\b.*?</select>|<textarea\b.*?</textarea>|<input\b[^>]*>", re.DOTALL)


def asks_first(database: Database, asks: bool) -> None:
    with database.work() as work:
        work.run("UPDATE company_profile SET storefront_approval = %(asks)s", asks=asks)


def begun(reader: Reader, shop: str = "") -> str:
    """The address of a draft, without its step."""
    answer = reader.post("/portal/storefront/drafts", {"shop": shop} if shop else {})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].removesuffix("/name")


def fields_of(page: httpx.Response) -> dict[str, object]:
    """The form of a page as a browser would send it, unchanged."""
    form = page.text.partition('<form class="form"')[2].partition("</form>")[0]
    found: dict[str, object] = {}

    def put(name: str, value: str) -> None:
        there = found.get(name)
        if name in ("department", "place", "featured", "languages"):
            found[name] = [*(there if isinstance(there, list) else []), value]
        else:
            found[name] = value

    for tag in _FIELDS.findall(form):
        name = re.search(r'name="([^"]+)"', tag)
        if name is None or 'type="file"' in tag or name[1] == "csrf_token":
            continue
        if tag.startswith("<select"):
            chosen = re.search(r'<option value="([^"]*)" selected', tag)
            put(name[1], chosen[1] if chosen else "")
        elif tag.startswith("<textarea"):
            put(name[1], tag.partition(">")[2].removesuffix("</textarea>").strip())
        elif ('type="radio"' not in tag and 'type="checkbox"' not in tag) or " checked" in tag:
            value = re.search(r'value="([^"]*)"', tag)
            put(name[1], value[1] if value else "")
    return found


def next_page(reader: Reader, page: httpx.Response, **typed: object) -> httpx.Response:
    """Press Next, with this typed into the form; the page that follows."""
    action = re.search(r'<form class="form" method="post" action="([^"]+)"', page.text)
    assert action, words_of(page)
    answer = reader.post(action[1], {**fields_of(page), "go": "next", **typed})
    assert answer.status_code == 303, words_of(answer)
    return reader.get(answer.headers["location"])


def a_photograph() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (800, 600), "#7a8c6f").save(out, "JPEG")
    return out.getvalue()


# ------------------------------------------------------------------------- opening


def test_a_first_shop_is_opened_by_pressing_next(signed_in: SignedIn, database: Database) -> None:
    asks_first(database, False)
    dora = signed_in("dora")
    assert "Open your shop" in words_of(dora.get("/portal"))
    for part in ("", "/orders", "/leads"):
        # Whoever has no shop has no links to share: what comes first is to open one.
        empty = words_of(dora.get(f"/portal{part}"))
        assert "Open my shop" in empty and "See my links" not in empty
    assert "See my links" not in words_of(dora.get("/portal/team"))
    assert "It takes five minutes on your phone." in words_of(dora.get("/portal/storefront"))
    page = dora.get(begun(dora) + "/name")
    for heading in ("called", "look", "picture", "say", "stands where", "Open your shop"):
        assert heading in words_of(page)
        page = next_page(dora, page) if heading != "Open your shop" else page
    answer = dora.post(f"{page.url.path.removesuffix('/publish')}/publication", fields_of(page))
    assert answer.headers["location"] == "/portal/storefront"
    assert "Published. Your clients see it from now on." in words_of(dora.get("/portal/storefront"))
    assert "Open for clients" in words_of(dora.get("/portal/storefront"))
    assert "See my links" in words_of(dora.get("/portal/orders"))
    home = dora.client.get("/s/dora", headers={"accept": "text/html"})
    assert home.status_code == 200
    assert "Chosen for you by Dora" in words_of(home)
    assert "Dora is paid by Foundry when you buy here." in home.text
    assert "/pictures/hero-hills.svg" in home.text
    sheet = re.search(r'href="(/theme/[^"]+\.css)"', home.text)
    assert sheet
    assert "--accent-hue: 32" in dora.client.get(sheet[1]).text
    assert "immutable" in dora.client.get(sheet[1]).headers["cache-control"]


def test_a_shop_is_called_painted_and_arranged_as_its_affiliate_wants(
    signed_in: SignedIn, database: Database, company: Company
) -> None:
    asks_first(database, False)
    cedar = signed_in("cedar")
    with database.work() as work:
        slug = work.value("SELECT slug FROM storefront WHERE id = %(id)s", id=company.shop.id)
    page = cedar.get(begun(cedar, slug) + "/name")
    assert "The address stays" in words_of(page)
    page = next_page(cedar, page, name="Cedar iron")
    page = next_page(cedar, page, theme="harbour", typeface="letter", accent="1d4ed8")
    page = next_page(cedar, page, hero="hero-table.svg")
    page = next_page(
        cedar,
        page,
        **{
            "headline-en": "Iron & fire <b>",
            "opening-en": "Summer hours",
            "about-en": "We are two.",
        },
    )
    page = next_page(cedar, page, featured=["skillet", "", "kettle", "", "", ""])
    cedar.post(f"{page.url.path.removesuffix('/publish')}/publication", fields_of(page))
    home = cedar.get(f"/s/{slug}?lang=en")
    words = words_of(home)
    assert "Iron &amp; fire &lt;b&gt;" in home.text
    assert "Summer hours" in home.text and "We are two." in words
    assert "hero-table.svg" in home.text
    assert "/harbour.letter.1d4ed8.css" in home.text
    favourites = words.partition("Our favourites")[2].partition("Goods")[0]
    assert favourites.index("Skillet") < favourites.index("Kettle")


def test_departments_are_shown_in_the_shop_s_order_and_what_is_not_shown_is_not_sold(
    signed_in: SignedIn, database: Database, company: Company
) -> None:
    asks_first(database, False)
    with database.work() as work:
        work.run("UPDATE product SET category = slug WHERE kind = 'goods'")
        slug = work.value("SELECT slug FROM storefront WHERE id = %(id)s", id=company.shop.id)
    cedar = signed_in("cedar")
    base = begun(cedar, slug)
    page = cedar.get(f"{base}/goods")
    shown = fields_of(page)["department"]
    assert shown == ["kettle", "skillet", "services"]
    nothing = cedar.post(f"{base}/goods", {**fields_of(page), "place": ["0", "0", "0"]})
    assert (nothing.status_code, "Show one department at least." in words_of(nothing)) == (
        422,
        True,
    )
    page = next_page(cedar, page, place=["0", "1", "2"])
    cedar.post(f"{base}/publication", fields_of(page))
    home = cedar.get(f"/s/{slug}?lang=en")
    assert "Skillet" in words_of(home) and "Kettle" not in words_of(home)
    assert cedar.get(f"/s/{slug}/p/kettle").status_code == 404
    assert cedar.get(f"/s/{slug}/c/kettle").status_code == 404


def test_a_picture_of_their_own_is_taken_and_one_that_is_none_is_refused(
    signed_in: SignedIn, database: Database
) -> None:
    asks_first(database, False)
    dora = signed_in("dora")
    base = begun(dora)

    def send(data: bytes) -> httpx.Response:
        page = dora.get(f"{base}/picture")
        return dora.client.post(
            "/portal/storefront/picture",
            data={**fields_of(page), "csrf_token": dora.token(), "go": "next"},
            files={"picture": ("mine.jpg", data, "image/jpeg")},
            headers={"accept": "text/html"},
        )

    refused = send(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    assert refused.status_code == 422
    assert "field-error" in refused.text or "flash-bad" in refused.text
    assert send(a_photograph()).status_code == 303
    home = dora.get(f"{base}/preview")
    assert re.search(r"/media/[0-9a-f]{64}-1280\.jpg", home.text)
    assert "Your own picture" in words_of(dora.get(f"{base}/picture"))


# ------------------------------------------------------------------------- the preview


def test_the_preview_is_the_real_page_for_its_editors_alone(
    signed_in: SignedIn, open_app: Open, database: Database
) -> None:
    dora = signed_in("dora")
    base = begun(dora)
    shown = dora.get(f"{base}/preview")
    assert "Chosen for you by Dora" in words_of(shown)
    assert "Kettle" in words_of(shown)
    assert shown.headers["x-frame-options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in shown.headers["content-security-policy"]
    assert "noindex" in shown.headers["x-robots-tag"]
    assert "<script" not in shown.text and 'href="/s/' not in shown.text
    assert dora.get("/s/dora").status_code == 404
    assert open_app().get(f"{base}/preview").status_code == 303
    assert signed_in("birch").get(f"{base}/preview").status_code == 404
    assert signed_in("birch").get(f"{base}/name").status_code == 404
    staff = signed_in("ada")
    assert staff.get(f"{base}/preview").status_code == 403


def test_what_nobody_may_say_is_shown_as_text_or_refused(signed_in: SignedIn) -> None:
    dora = signed_in("dora")
    base = begun(dora)
    page = dora.get(f"{base}/words")
    evil = "</style><script>alert(1)</script>{color:red}"
    page = next_page(dora, page, **{"headline-en": evil})
    shown = dora.get(f"{base}/preview?lang=en")
    assert "<script>alert" not in shown.text and "&lt;script&gt;alert" in shown.text
    for hidden in ("A\u202eB", "A\x00B", "A\x1bB"):
        refused = dora.post(
            f"{base}/words", {**fields_of(dora.get(f"{base}/words")), "headline-en": hidden}
        )
        assert refused.status_code == 422
    look = {**fields_of(dora.get(f"{base}/look")), "accent": "red;}body{display:none"}
    assert dora.post(f"{base}/look", look).status_code == 422


def test_a_colour_that_cannot_be_read_is_answered_with_the_nearest_that_can(
    signed_in: SignedIn,
) -> None:
    dora = signed_in("dora")
    base = begun(dora)
    page = dora.get(f"{base}/look")
    answer = dora.post(f"{base}/look", {**fields_of(page), "accent": "#ffcc00"})
    assert answer.status_code == 422
    nearest = re.search(r"The nearest that can is (#[0-9a-f]{6})", words_of(answer))
    assert nearest
    assert 'value="#ffcc00"' in answer.text, "what was typed stays in its field"
    next_page(dora, page, accent=nearest[1])


# ------------------------------------------------------------------------- two at once, and undo


def test_the_second_of_two_editors_is_told_who_was_quicker(signed_in: SignedIn) -> None:
    dora = signed_in("dora")
    base = begun(dora)
    page = dora.get(f"{base}/name")
    next_page(dora, page, name="Dora's iron")
    late = signed_in("cleo").post(f"{base}/name", {**fields_of(page), "name": "Dora's copper"})
    assert late.status_code == 409
    assert "Dora has changed this draft since you opened it." in words_of(late)
    assert 'value="Dora&#39;s iron"' in late.text


def test_an_earlier_version_is_gone_back_to(
    signed_in: SignedIn, database: Database, company: Company
) -> None:
    asks_first(database, False)
    cedar = signed_in("cedar")
    with database.work() as work:
        slug = work.value("SELECT slug FROM storefront WHERE id = %(id)s", id=company.shop.id)
    assert "Nothing published yet" in words_of(cedar.get(f"/portal/storefront/history/{slug}"))
    for name in ("Cedar iron", "Cedar brass"):
        base = begun(cedar, slug)
        next_page(cedar, cedar.get(f"{base}/name"), name=name)
        cedar.post(f"{base}/publication", fields_of(cedar.get(f"{base}/publish")))
    page = cedar.get(f"/portal/storefront/history/{slug}")
    assert "Version 3" in words_of(page) and "Changed: Name" in words_of(page)
    back = re.findall(r'action="(/portal/storefront/versions/[^"]+/restoration)"', page.text)
    assert len(back) == 2
    seen = re.findall(r'href="(/portal/storefront/versions/[^"]+/preview)"', page.text)
    assert "Cedar iron" in cedar.get(seen[1]).text
    answer = cedar.post(back[0])
    page = cedar.get(answer.headers["location"])
    assert "Cedar iron" in words_of(page)
    cedar.post(f"{page.url.path.removesuffix('/publish')}/publication", fields_of(page))
    assert "Cedar iron" in cedar.get(f"/s/{slug}").text
    assert signed_in("birch").get(f"/portal/storefront/history/{slug}").status_code == 404


# ------------------------------------------------------------------------- the company looks


def test_staff_look_at_it_send_it_back_and_approve_it_and_each_is_told(
    signed_in: SignedIn, database: Database
) -> None:
    with database.work() as work:
        work.run(
            """INSERT INTO mail_settings (one, sender_name, sender_address)
               VALUES (true, 'Foundry', 'hello@foundry.example')"""
        )
    dora, ada = signed_in("dora"), signed_in("ada")
    base = begun(dora)
    answer = dora.post(f"{base}/publication", fields_of(dora.get(f"{base}/publish")))
    assert answer.status_code == 303
    # Nobody has seen this shop yet, so nothing is said of what its clients saw.
    assert "then your clients can come" in words_of(dora.get("/portal/storefront"))
    worker.drain(database)
    assert dora.get(f"{base}/name").headers["location"] == f"{base}/publish"
    assert "Recall it to change it" in words_of(dora.get(f"{base}/publish"))
    assert "Storefronts to approve" in words_of(ada.get("/console"))
    queue = ada.get("/console/storefronts")
    url = re.search(r'href="(/console/storefronts/\d+/[^"]+)"', queue.text)
    assert url
    page = ada.get(url[1])
    said = words_of(page)
    # Staff read words where the draft has codes, each language on a line of its own.
    for words in ("English, Swedish", "Linseed red", "Hills in the morning", "English: Chosen for"):
        assert words in said, words
    assert "hero-hills.svg" not in said
    assert "Kettle" in words_of(ada.get(f"{url[1]}/preview"))
    assert ada.post(f"{url[1]}/return", {"reason": ""}).status_code == 422
    assert ada.post(f"{url[1]}/return", {"reason": "Too loud."}).status_code == 303
    worker.drain(database)
    assert "Too loud." in words_of(dora.get("/portal/storefront"))
    assert "Too loud." in words_of(dora.get(f"{base}/name"))
    dora.post(f"{base}/publication", fields_of(dora.get(f"{base}/publish")))
    worker.drain(database)
    assert ada.post(f"{url[1]}/approval").status_code == 303
    assert ada.post(f"{url[1]}/approval").status_code == 303
    assert dora.get("/s/dora").status_code == 200
    assert "Nothing to approve" in words_of(ada.get("/console/storefronts"))
    history = words_of(dora.get("/portal/storefront/history/dora"))
    assert "Dora · approved by us" in history and "Somebody" not in history
    worker.drain(database)
    with database.work() as work:
        told = [row.reason for row in work.rows("SELECT reason FROM mail ORDER BY created_at, id")]
    # Both people of the affiliate, each time; and the one who may approve.
    assert Counter(told) == {
        "storefront_opened": 2, "storefront_returned": 2, "storefront_waiting": 2,
    }  # fmt: skip


def test_a_program_approves_what_waits(
    signed_in: SignedIn, database: Database, open_app: Open
) -> None:
    dora, program = signed_in("dora"), a_program(database, open_app)
    base = begun(dora)
    dora.post(f"{base}/publication", fields_of(dora.get(f"{base}/publish")))
    [waiting] = program.sees("/company/storefronts/waiting")["items"]
    assert (waiting["name"], waiting["is_new"]) == ("Dora", True)
    at = f"/company/storefronts/{waiting['home_id']}/{waiting['id']}"
    assert program.says(f"{at}/return", {"reason": " "}).status_code == 422
    assert program.does(f"{at}/approval")["outcome"] == "done"
    assert program.does(f"{at}/approval")["outcome"] == "done_before"
    assert program.sees("/company/storefronts/waiting")["items"] == []
    assert dora.get("/s/dora").status_code == 200


def test_staff_who_set_a_storefront_up_keep_what_its_affiliate_has_chosen(
    signed_in: SignedIn, database: Database, open_app: Open
) -> None:
    asks_first(database, False)
    dora, program = signed_in("dora"), a_program(database, open_app)
    base = begun(dora)
    page = next_page(dora, dora.get(f"{base}/look"), theme="moss", accent="#3f5342")
    page = dora.get(f"{base}/goods")
    next_page(dora, page, featured=["skillet", "", "", "", "", ""], arrangement="price")
    dora.post(f"{base}/publication", fields_of(dora.get(f"{base}/publish")))
    shown = program.ask("GET", "/storefronts/dora")
    said = shown.json()
    assert (said["theme"], said["accent"], said["featured"]) == ("moss", "#3f5342", ["skillet"])
    said["tagline"] = {"en": "Iron."}
    saved = program.ask(
        "PUT",
        "/storefronts/dora",
        said,
        **{"if-match": shown.headers["etag"], "idempotency-key": "a" * 20},
    )
    assert saved.status_code == 200, saved.text
    home = dora.get("/s/dora?lang=en")
    assert "/moss.book.3f5342.css" in home.text and "Iron." in home.text
    said["accent"] = "#ffee00"
    refused = program.ask(
        "PUT",
        "/storefronts/dora",
        said,
        **{"if-match": saved.headers["etag"], "idempotency-key": "b" * 20},
    )
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/accent"]


def test_every_sentence_of_the_editor_is_there_in_swedish() -> None:
    told = set()
    for path in [*TEMPLATES.glob("portal/shop*.html"), *TEMPLATES.glob("console/storefront*.html")]:
        told |= set(re.findall(r'_\("((?:[^"\\]|\\.)+)"', path.read_text()))
    assert sorted(told - translations().keys()) == []
