"""Set-up in a browser: forms made from documents, for every kind of thing."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from mainstem import identity, payments, setup
from mainstem.identity import passwords
from mainstem.kit.db import Database
from mainstem.kit.documents import Document, document
from mainstem.kit.work import Work
from tests.company import a_company
from tests.setup import saying
from tests.surfaces.conftest import PASSWORD, Open, Reader, words_of
from tests.surfaces.staff import hidden


@pytest.fixture
def owner(database: Database, open_app: Open) -> Reader:
    with database.work() as work:
        person = identity.create_person(
            work,
            email="cai@norrsken.example",
            name="Cai",
            password_hash=passwords.hash_password(PASSWORD),
        )
        identity.grant(work, person, "admin")
    reader = open_app()
    assert reader.sign_in("cai@norrsken.example").status_code == 303
    return reader


def filled(page: Any, **changes: str | list[str] | None) -> dict[str, Any]:
    """Every field of the form on a page as a browser would send it, with what somebody changes."""
    form = page.text.partition('<form class="form ')[2].partition("</form>")[0]
    sent: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        found = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if "name" not in found:
            continue  # A field without a name helps to fill in another one, and is not sent.
        if found.get("type") in ("checkbox", "radio") and " checked" not in tag:
            continue
        sent.setdefault(found["name"], []).append(html.unescape(found.get("value", "")))
    for name, text in re.findall(
        r'<textarea[^>]* name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.S
    ):
        sent[name] = [html.unescape(text)]
    for name, options in re.findall(r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        first = re.search(r'value="([^"]*)"', options)
        assert first
        sent[name] = [(chosen or first)[1]]
    for name, value in changes.items():
        sent[name] = [] if value is None else value if isinstance(value, list) else [value]
    return sent


def one(database: Database, name: str, key: str = setup.ONLY) -> Document:
    with database.work() as work:
        found = setup.read_one(work, setup.resource(name), key)
    assert found is not None
    return found


FORMS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("company", "-", saying.PROFILE, {
        "name": "Norrsken", "legal_name": "Norrskens Ljusstöperi AB", "number": "559123-4567",
        "country": "SE", "line1": "Kyrkogatan 2", "postal_code": "972 32", "city": "Luleå",
        "email": "hej@norrsken.example", "languages": ["sv", "en"], "currencies": "SEK\nEUR",
        "promise-sv": "Ljus som brinner längre.", "promise-en": "Light that burns longer."}),
    ("locations", "LLA", saying.LOCATION, {
        "code": "LLA", "name": "Lagret", "country": "SE", "city": "Luleå"}),
    ("plan", "-", saying.PLAN, {
        "name": "Two levels", "version_by": "order", "joined_before": "move", "cap_bp": "13",
        "uplines-house": "uses_up_level", "uplines-suspended": "uses_up_level",
        "uplines-inactive": "uses_up_level", "rules-0-id": "goods", "rules-0-when-kind": "goods",
        "rules-0-levels-0-rate_bp": "10", "rules-0-levels-1-rate_bp": "3",
        "rules-0-levels-2-rate_bp": "", "rules-1-levels-2-rate_bp": "", "rules-0-cap_bp": "13,0",
        "rules-0-hold_days": "30", "rules-1-id": "service", "rules-1-when-kind": "service",
        "rules-1-levels-0-rate_bp": "5 %", "rules-1-levels-1-rate_bp": "1", "rules-1-cap_bp": "6",
        "rules-1-hold_days": "14",
        "minimum_payout_minor-SEK": "100,00", "minimum_payout_minor-EUR": ""}),
    ("affiliates", "vinter", saying.AFFILIATE, {
        "slug": "vinter", "name": "Vinter och Co", "email": "post@vinter.example",
        "country": "SE", "locale": "sv", "people-0-name": "Vera Vinter",
        "people-0-email": "vera@vinter.example", "codes": "vinter", "links": "VINTER-LINK"}),
    ("storefronts", "vinter", saying.STOREFRONT | {"affiliate": "cedar"}, {
        "slug": "vinter", "affiliate": "cedar", "name": "Vinter", "languages": ["sv", "en"],
        "currency": "SEK", "headline-sv": "Tänd ett ljus", "headline-en": "Light a candle",
        "owner": "Vera Vinter"}),
    ("teams", "NORR", saying.TEAM | {"skills": ["repairs"], "weekdays": [1, 2, 6]}, {
        "code": "NORR", "name": "Norr", "skills": "repairs", "weekdays": "1\n2\n6"}),
    ("staff", "ove@norrsken.example", saying.COLLEAGUE, {
        "email": "ove@norrsken.example", "name": "Ove Ek", "locale": "sv",
        "roles": ["lead_desk", "picker"]}),
    ("stock", "KETTLE-1@STH", {"sku": "KETTLE-1", "location": "STH", "on_hand": 7}, {
        "sku": "KETTLE-1", "location": "STH", "on_hand": "7"}),
    ("mail", "-", saying.MAIL, {
        "sender_name": "Norrsken", "sender_address": "hej@norrsken.example"}),
    ("tax", "-", saying.TAX, {
        "home_country": "SE", "vat_numbers-0-country": "SE", "vat_numbers-0-number": "SE556188840401",
        "oss": "threshold", "rounding": "line", "delivery_tax": "shared_by_value",
        "untaxed_price": "without_tax", "euro_rates-0-currency": "SEK", "euro_rates-0-rate": "11.2"}),
    ("tax-rates", "SE-toys-2027-01-01", saying.TAX_RATE, {
        "country": "SE", "tax_class": "toys", "valid_from": "2027-01-01", "rate_bp": "6"}),
    ("delivery-zones", "sweden", saying.ZONE, {
        "code": "sweden", "countries": "SE", "except_postal_codes": "62", "methods-0-code": "parcel",
        "methods-0-names-sv": "Paket", "methods-0-names-en": "Parcel",
        "methods-0-carrier": "PostNord", "methods-0-priced_by": "weight",
        "methods-0-bands-0-price-SEK": "59,00", "methods-0-free_from-SEK": "5000",
        "methods-0-cut_off": "14:00"}),
    ("delivery-zones", "by-value", saying.BY_VALUE, {
        "code": "by-value", "countries": "SE", "methods-0-code": "parcel",
        "methods-0-names-en": "Parcel", "methods-0-priced_by": "value",
        "methods-0-bands-0-up_to": "1 000", "methods-0-bands-0-price-JPY": "300",
        "methods-0-bands-1-up_to": "500,00", "methods-0-bands-1-price-SEK": "59,00",
        "methods-0-bands-2-price-SEK": "0"}),
    ("documents", "terms", saying.TERMS, {
        "kind": "terms", "texts-sv": "Villkoren.", "texts-en": "The terms."}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "key", "said", "typed"), FORMS, ids=[form[0] for form in FORMS])
def test_what_is_typed_into_a_form_is_what_the_document_says(
    owner: Reader,
    database: Database,
    name: str,
    key: str,
    said: dict[str, Any],
    typed: dict[str, Any],
) -> None:
    with database.work() as work:
        a_company(work)
    kind = setup.resource(name)
    at = f"/console/setup/{name}"
    there = name in ("plan", "stock")
    page = owner.get(at if kind.single else f"{at}/edit?key={key}" if there else f"{at}/new")
    assert page.status_code == 200
    answer = owner.post(at, filled(page, **typed))
    assert answer.status_code == 303, words_of(answer)
    wanted = document(kind.model, said)
    assert one(database, name, key) == wanted
    # Opened again, the form says the very same, and saving it unseen changes nothing.
    page = owner.get(at if kind.single else f"{at}/edit?key={key}")
    assert owner.post(at, filled(page)).status_code == 303
    assert one(database, name, key) == wanted
    assert "What has become of it" in words_of(page)
    assert words_of(owner.get(at))


def test_what_is_wrong_stands_beside_its_field_and_the_rest_stays_typed(
    owner: Reader, database: Database
) -> None:
    page = owner.get("/console/setup/affiliates/new")
    answer = owner.post(
        "/console/setup/affiliates",
        filled(page, slug="Bad Slug", name="Ny", email="ny@x.example", country="SE",
               **{"people-0-name": "Bo", "people-0-email": "nowhere"}),
    )  # fmt: skip
    assert answer.status_code == 422
    assert 'id="field-slug-error"' in answer.text
    assert 'id="field-people-0-email-error"' in answer.text
    assert 'value="nowhere"' in answer.text and 'value="Ny"' in answer.text
    with database.work() as work:
        assert work.value("SELECT count(*) FROM affiliate") == 0


def test_one_more_row_keeps_what_was_typed_and_saves_nothing(owner: Reader) -> None:
    page = owner.get("/console/setup/affiliates/new")
    answer = owner.post(
        "/console/setup/affiliates",
        filled(page, slug="ny", more="people", **{"people-0-name": "Bo"}),
    )
    assert answer.status_code == 200
    assert 'value="Bo"' in answer.text and 'name="people-1-name"' in answer.text
    assert owner.get("/console/setup/affiliates/edit?key=ny").status_code == 404


@pytest.mark.parametrize("country", ["Sweden", "sverige", "se", " SE "])
def test_a_country_is_typed_by_its_name_or_its_letters(
    owner: Reader, database: Database, country: str
) -> None:
    at = "/console/setup/locations"
    sent = filled(owner.get(f"{at}/new"), code="STH", name="Stock", country=country)
    assert owner.post(at, sent).status_code == 303
    assert one(database, "locations", "STH").written()["country"] == "SE"


def test_currencies_are_typed_by_their_names_too(owner: Reader, database: Database) -> None:
    said = {k: v for k, v in saying.PROFILE.items() if isinstance(v, str)}
    at = "/console/setup/company"
    sent = filled(owner.get(at), **said, languages=["sv"], currencies="svensk krona\neur")
    assert owner.post(at, sent).status_code == 303
    assert one(database, "company").written()["currencies"] == ["SEK", "EUR"]


@pytest.mark.parametrize(
    ("resource", "typed", "told"),
    [
        ("departments", {"slug": "Table lamps"}, "Use small letters a to z, digits and hyphens only"),
        ("locations", {"code": "In the yard"}, "Use letters a to z, digits, dots and dashes only"),
        ("locations", {"country": "Swe"}, "Give a country by its two letters, such as SE."),
        ("company", {"currencies": "kronor"}, "Give a currency by its three letters, such as SEK."),
        ("company", {"accent": "red"}, "Write a colour as # and six digits"),
        ("products", {"variants-0-sku": "A 1"}, "dots, dashes and slashes only"),
        ("products", {"documents-0-url": "manual"}, "Begin with https://"),
        ("delivery-zones", {"countries": "Nordics"}, "or * for every one."),
        ("tax", {"euro_rates-0-rate": "eleven"}, "such as 11.2."),
    ],
)  # fmt: skip
def test_what_is_not_in_its_shape_is_told_how_it_is_written(
    owner: Reader, resource: str, typed: dict[str, str], told: str
) -> None:
    at = f"/console/setup/{resource}"
    page = owner.get(at if setup.resource(resource).single else f"{at}/new")
    answer = owner.post(at, filled(page, **typed))
    assert answer.status_code == 422
    [field] = typed
    beside = answer.text.partition(f'name="{field}"')[2][:900]
    assert told in html.unescape(beside)
    assert "This is not written as we need it." not in answer.text


def test_one_more_row_is_open_and_reached_wherever_it_stands(owner: Reader) -> None:
    at = "/console/setup/products"
    page = owner.get(f"{at}/new")
    for rows in ("variants", "pictures", "options-0-values"):
        page = owner.post(
            at, filled(page, more=rows, **{"variants-0-sku": "A", "options-0-code": "size"})
        )
        reached = page.text.partition("<summary autofocus>")
        assert "<summary autofocus>" not in reached[2], "one place has the focus"
        assert reached[0].rstrip().endswith('<details class="row-group" open>')
        named = re.search(r'name="([^"]*)"', reached[2])
        assert named and named[1].startswith(f"{rows}-")
        around: list[str] = []
        for tag in re.findall(r"</?details[^>]*>", reached[0]):
            around = around[:-1] if tag == "</details>" else [*around, tag]
        assert all(tag.endswith(" open>") for tag in around), around
        page = owner.get(f"{at}/new")


def test_what_must_be_said_is_asked_at_once_and_the_rest_waits_to_be_opened(owner: Reader) -> None:
    page = owner.get("/console/setup/delivery-zones/new").text
    method, _, _ = page.partition('name="methods-0-code"')
    assert re.findall(r'<details class="row-group"([^>]*)>', method) == [" open"]
    price = page.partition('name="methods-0-code"')[2].partition('name="methods-0-bands-0-price')[0]
    assert re.findall(r'<details class="row-group"([^>]*)>', price) == [" open"]
    page = owner.get("/console/setup/affiliates/new").text
    assert re.findall(r'<details class="row-group"([^>]*)>', page) == [""]


def test_a_day_and_hour_is_typed_as_such_and_is_one_where_the_company_is(
    owner: Reader, database: Database
) -> None:
    with database.work() as work:
        for name, said in (("departments", saying.DEPARTMENT), ("products", saying.PRODUCT)):
            kind = setup.resource(name)
            setup.save(work, kind, document(kind.model, said), seen=setup.ANY)
    at = "/console/setup/products"
    page = owner.get(f"{at}/edit?key=candle")
    [field] = [tag for tag in re.findall(r"<input[^>]*>", page.text) if 'name="sold_from"' in tag]
    assert 'type="datetime-local"' in field
    assert owner.post(at, filled(page, sold_from="2026-06-01T08:00")).status_code == 303
    assert one(database, "products", "candle").written()["sold_from"] == "2026-06-01T06:00:00Z"


@pytest.mark.parametrize(
    ("typed", "stored", "is_told"),
    [
        ("2026-10-25T01:59", "2026-10-24T23:59:00Z", False),
        ("2026-10-25T02:30", "2026-10-25T00:30:00Z", True),
        ("2026-10-25T03:00", "2026-10-25T02:00:00Z", False),
        ("2026-03-29T02:30", "2026-03-29T01:30:00Z", False),
    ],
)
def test_of_an_hour_that_comes_twice_the_first_is_meant_and_the_page_says_so(
    owner: Reader, database: Database, typed: str, stored: str, is_told: bool
) -> None:
    with database.work() as work:
        for name, said in (("departments", saying.DEPARTMENT), ("products", saying.PRODUCT)):
            kind = setup.resource(name)
            setup.save(work, kind, document(kind.model, said), seen=setup.ANY)
    at = "/console/setup/products"
    page = owner.get(f"{at}/edit?key=candle")
    assert owner.post(at, filled(page, sold_from=typed)).status_code == 303
    assert one(database, "products", "candle").written()["sold_from"] == stored
    assert ("02:30 comes twice" in owner.get(at).text) == is_told


def test_saving_a_form_moves_no_offer_that_ends_on_a_second(
    owner: Reader, database: Database
) -> None:
    """A file or a program says 23:59:59; whoever then saves the page has changed something else."""
    ends = "2027-12-31T22:59:59Z"
    offer = {"prices": {"SEK": 100}, "starts_at": "2027-12-01T00:00:30Z", "ends_at": ends}
    said = {**saying.PRODUCT, "variants": [{**saying.PRODUCT["variants"][0], "offers": [offer]}]}
    with database.work() as work:
        for name, document_said in (("departments", saying.DEPARTMENT), ("products", said)):
            kind = setup.resource(name)
            setup.save(work, kind, document(kind.model, document_said), seen=setup.ANY)
    before = one(database, "products", "candle").written()
    page = owner.get("/console/setup/products/edit?key=candle")
    assert owner.post("/console/setup/products", filled(page)).status_code == 303
    after = one(database, "products", "candle").written()
    assert after["variants"][0]["offers"] == before["variants"][0]["offers"]
    assert after["variants"][0]["offers"][0]["ends_at"] == ends


def test_who_saves_over_a_change_of_somebody_else_is_told_and_overwrites_nothing(
    owner: Reader, database: Database
) -> None:
    with database.work() as work:
        a_company(work)
    page = owner.get("/console/setup/affiliates/edit?key=cedar")
    first = owner.post("/console/setup/affiliates", filled(page, name="Cedar One"))
    assert first.status_code == 303
    second = owner.post("/console/setup/affiliates", filled(page, name="Cedar Two"))
    assert second.status_code == 412
    assert "Somebody has changed this since you opened it" in words_of(second)
    assert one(database, "affiliates", "cedar").name == "Cedar One"  # type: ignore[attr-defined]


def test_a_thing_is_taken_out_of_use_and_its_history_says_by_whom(
    owner: Reader, database: Database
) -> None:
    with database.work() as work:
        a_company(work)
    page = owner.get("/console/setup/locations/edit?key=STH")
    version = hidden(page, "version")
    owner.post("/console/setup/locations/retire", {"key": "STH", "version": version})
    page = owner.get("/console/setup/locations/edit?key=STH")
    assert re.search(r"In use : yes no .* Cai", words_of(page))


def test_the_checklist_stays_on_the_first_page_until_everything_is_there(
    owner: Reader, database: Database
) -> None:
    words = words_of(owner.get("/console"))
    assert "On the way to the first order" in words and "Nobody sells." in words
    with database.work() as work:
        a_company(work)
        for name, said in (
            ("company", saying.PROFILE),
            ("documents", saying.TERMS),
            ("documents", saying.TERMS | {"kind": "privacy"}),
            ("tax", saying.TAX),
            ("mail", saying.MAIL),
            ("staff", saying.COLLEAGUE),
        ):
            kind = setup.resource(name)
            setup.save(work, kind, document(kind.model, said), seen=setup.ANY)
        left = [step.name for step in setup.steps(work) if not step.is_done]
    assert left == ["payments", "programme"]
    words = " ".join(words_of(owner.get("/console")).split())
    assert "No client can pay." in words
    assert "Open your programme (optional)" in words
    with database.work() as work:
        a_passed_check(work)
        assert all(step.is_done or step.is_optional for step in setup.steps(work))
    # A company sells without a programme: it is offered, and the list does not stay for it.
    assert "On the way to the first order" not in words_of(owner.get("/console"))
    with database.work() as work:
        for name, said in (
            ("documents", saying.TERMS | {"kind": "programme"}),
            ("programme", saying.PROGRAMME | {"is_open": True}),
        ):
            kind = setup.resource(name)
            setup.save(work, kind, document(kind.model, said), seen=setup.ANY)
        assert all(step.is_done for step in setup.steps(work))


def a_passed_check(work: Work) -> None:
    """As after somebody has looked at the account and nothing was missing."""
    look = payments.AccountLook("acct_1", (payments.AccountFinding("connect"),))
    there = [payments.DestinationState("platform", "https://shop.example", "ready")]
    assert payments.keep_check(work, look, there, key_end="1234", livemode=False).passed


def test_nobody_but_an_admin_opens_set_up(database: Database, open_app: Open) -> None:
    from tests.surfaces.staff import staffed

    staff = staffed(database, open_app)
    for name, status in (("ada", 200), ("fia", 403), ("per", 403), ("li", 403)):
        for path in ("/console/setup", "/console/setup/company", "/console/setup/staff/new"):
            assert staff.reader(name).get(path).status_code == status, (name, path)


def test_there_is_no_page_for_what_cannot_be_set(owner: Reader) -> None:
    for path in (
        "/console/setup/planets",
        "/console/setup/company/new",
        "/console/setup/staff/edit",
    ):
        assert owner.get(path).status_code == 404


@pytest.mark.parametrize("template", [one.name for one in setup.PLAN_TEMPLATES])
def test_a_plan_begins_with_a_template_and_is_seen_on_a_sale_before_it_is_published(
    owner: Reader, database: Database, template: str
) -> None:
    page = owner.get(f"/console/setup/plan?template={template}")
    words = words_of(page)
    assert "a sale worked out" in words
    tried = owner.post(
        "/console/setup/plan",
        filled(
            page,
            **{
                "try": "yes",
                "rules-0-levels-0-rate_bp": "12,5",
                "rules-0-cap_bp": "30",
                "cap_bp": "30",
            },
        ),
    )
    assert re.search(r"Whoever sold it 12\.5\s%\s+SEK\s125\.00", words_of(tried))
    with database.work() as work:
        assert work.value("SELECT count(*) FROM plan_version") == 0
    page = owner.get(f"/console/setup/plan?template={template}")
    assert owner.post("/console/setup/plan", filled(page, confirmed="yes")).status_code == 303
    with database.work() as work:
        assert work.value("SELECT count(*) FROM plan_version") == 1
    page = owner.get("/console/setup/plan")
    changed = filled(
        page, name="Better", confirmed="yes", **{"rules-0-cap_bp": "30", "cap_bp": "30"}
    )
    assert owner.post("/console/setup/plan", changed).status_code == 303
    history = words_of(owner.get("/console/setup/plan")).partition("What has become of it")[2]
    assert re.search(r"Rules: 1: All levels at most : [\d.]+\s% 30\s%", history), history


def test_a_plan_gets_a_rule_more_and_what_a_period_pays_row_by_row_and_nothing_is_published_meanwhile(
    owner: Reader, database: Database
) -> None:
    page = owner.get("/console/setup/plan?template=one_level")
    assert "period-every" not in page.text
    for more in ("rules", "period", "period-tiers", "period-tiers-0-tiers"):
        page = owner.post("/console/setup/plan", filled(page, more=more))
        assert page.status_code == 200
    assert "rules-2-id" in page.text
    with database.work() as work:
        assert work.value("SELECT count(*) FROM plan_version") == 0
    tiers = {
        "period-every": "month", "period-counted_at": "delivery", "period-hold_days": "30",
        "period-tiers-0-id": "volume", "period-tiers-0-volume": "personal", "period-tiers-0-of": "marginal",
        "period-tiers-0-threshold": "from", "period-tiers-0-tiers-0-from_minor-SEK": "0",
        "period-tiers-0-tiers-0-rate_bp": "0", "period-tiers-0-tiers-1-from_minor-SEK": "10000",
        "period-tiers-0-tiers-1-rate_bp": "2", "cap_bp": "20", "confirmed": "yes",
    }  # fmt: skip
    page = owner.post("/console/setup/plan", filled(page, **tiers, **{"try": "yes"}))
    words = words_of(page).replace("\N{NO-BREAK SPACE}", " ")
    assert "A period worked out: volume" in words
    assert "Whoever sold for SEK 15,000.00 SEK 100.00" in words
    answer = owner.post("/console/setup/plan", filled(page, **tiers))
    assert answer.status_code == 303, words_of(answer)
    with database.work() as work:
        made = setup.read_one(work, setup.resource("plan"), setup.ONLY)
    assert made is not None
    assert made.written()["period"]["tiers"][0]["tiers"][1]["rate_bp"] == 200
