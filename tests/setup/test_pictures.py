"""Pictures in a company's files, over the API, and inside the forms of set-up."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
from PIL import Image

from mainstem import identity, pictures, setup
from mainstem.app import API_BYTES_MAX
from mainstem.kit.db import Database
from mainstem.pictures import FolderStore
from mainstem.setup import FolderRefused
from tests.company import Company, a_company
from tests.pictures.test_uploads import a_picture
from tests.setup import saying
from tests.setup.test_api import Program, program
from tests.setup.test_pages import filled, owner
from tests.setup.test_saving import OWNER
from tests.surfaces.conftest import Open, Reader, words_of
from tests.surfaces.staff import hidden

__all__ = ["owner", "program"]

PRODUCT = """
[[product]]
slug = "lamp"
department = "{department}"
names = {{ en = "Lamp" }}
variants = [{{ sku = "LAMP", prices = {{ SEK = 10000 }} }}]
pictures = [{{ file = "{file}" }}]
"""


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "kept")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "company"
    (made / "pictures").mkdir(parents=True)
    (made / "departments.toml").write_text(
        '[[department]]\nslug = "light"\nnames = { en = "Light" }\n'
    )
    return made


def says(folder: Path, file: str) -> None:
    (folder / "products.toml").write_text(PRODUCT.format(department="light", file=file))


def applied(database: Database, folder: Path, store: FolderStore) -> list[str]:
    with database.work(OWNER) as work:
        found = setup.apply(work, setup.read_folder(folder), store=lambda: store)
        return [f"{one.resource}/{one.key}" for one in found]


def picture_of(database: Database) -> str:
    with database.work() as work:
        lamp: Any = setup.read_one(work, setup.resource("products"), "lamp")
        return str(lamp.pictures[0].file)


def test_a_folder_brings_its_pictures_and_the_same_file_is_the_same_picture(
    database: Database, folder: Path, store: FolderStore
) -> None:
    (folder / "pictures" / "skillet.jpg").write_bytes(a_picture("JPEG"))
    says(folder, "pictures/skillet.jpg")
    assert applied(database, folder, store) == ["departments/light", "products/lamp"]
    assert applied(database, folder, store) == []
    assert store.get(f"{picture_of(database)}-640.webp")
    with database.work() as work:
        assert work.value("SELECT count(*) FROM picture") == 1


def test_an_export_has_the_pictures_and_applies_to_nothing_and_to_another_company(
    database: Database, database_url: str, folder: Path, store: FolderStore, tmp_path: Path
) -> None:
    (folder / "pictures" / "skillet.jpg").write_bytes(a_picture("JPEG", (2400, 1200)))
    says(folder, "pictures/skillet.jpg")
    applied(database, folder, store)
    name, out = picture_of(database), tmp_path / "out"
    with database.work() as work:
        written = setup.write_folder(work, out, store=lambda: store)
    assert out / "pictures" / f"{name}.jpg" in written
    assert applied(database, out, store) == []
    with psycopg.connect(database_url, autocommit=True) as another:
        another.execute("SET session_replication_role = replica")
        another.execute("DELETE FROM product_picture")
        another.execute("DELETE FROM picture")
    other = FolderStore(tmp_path / "other")
    applied(database, out, other)
    assert picture_of(database) == name, "it keeps its name"
    with database.work() as work:
        assert pictures.find(work, name) is not None
    assert other.get(f"{name}-1920.avif")


def test_a_picture_that_is_none_is_told_by_its_name_and_nothing_is_changed(
    database: Database, folder: Path, store: FolderStore
) -> None:
    (folder / "pictures" / "skillet.jpg").write_bytes(b"<svg onload=alert(1)>")
    says(folder, "pictures/skillet.jpg")
    with pytest.raises(FolderRefused) as no:
        applied(database, folder, store)
    assert any(str(one).startswith("pictures/skillet.jpg:1: ") for one in no.value.wrong)
    says(folder, "pictures/nothing.jpg")
    with pytest.raises(FolderRefused) as no:
        applied(database, folder, store)
    assert [str(one).partition(": ")[0] for one in no.value.wrong] == ["products.toml:2"]
    with database.work() as work:
        assert work.value("SELECT count(*) FROM department") == 0


def test_a_drawing_of_ours_stays_named_as_it_is(
    database: Database, folder: Path, store: FolderStore, tmp_path: Path
) -> None:
    says(folder, "installation.svg")
    applied(database, folder, store)
    with database.work() as work:
        written = setup.write_folder(work, tmp_path / "out", store=lambda: store)
    assert picture_of(database) == "installation.svg"
    assert not [path for path in written if path.parent.name == "pictures"]


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


def sent(program: Program, data: bytes, kind: str = "image/png") -> Any:
    headers = {"authorization": f"Bearer {program.key}", "content-type": kind}
    return program.client.post("/api/v1/pictures", content=data, headers=headers)


def test_a_program_uploads_a_picture_once(program: Program, database: Database) -> None:
    first, again = sent(program, a_picture()), sent(program, a_picture())
    assert first.status_code == again.status_code == 201, first.text
    assert first.json() == again.json()
    assert (first.json()["width"], first.json()["height"]) == (800, 400)
    assert program.client.get(first.json()["url"]).status_code == 200
    with database.work() as work:
        [row] = work.rows("SELECT hash, created_by FROM picture")
    assert row.hash == first.json()["file"]
    assert row.created_by.startswith("integration:")


def test_a_large_photograph_comes_in_over_the_api(program: Program) -> None:
    noise = Image.effect_noise((1600, 1200), 100)
    out = io.BytesIO()
    noise.save(out, "PNG")
    assert len(out.getvalue()) > API_BYTES_MAX
    assert sent(program, out.getvalue()).json()["width"] == 1600


def test_what_is_no_picture_or_too_large_is_refused_over_the_api(program: Program) -> None:
    no = sent(program, b"<svg onload=alert(1)>", "image/svg+xml")
    assert (no.status_code, no.json()["code"]) == (422, "picture_is_svg")
    assert sent(program, b"0" * (pictures.BYTES_MAX + 1)).status_code == 413


def test_a_key_that_only_reads_uploads_nothing(database: Database, open_app: Open) -> None:
    with database.work() as work:
        key = identity.issue_api_key(work, label="Reader", scopes=["setup:read"])
    assert sent(Program(open_app, key), a_picture()).status_code == 403


def chosen(page: Any, *, upload: dict[str, bytes], **changes: str) -> dict[str, Any]:
    """The form as a browser sends it with files chosen: every part of its own."""
    said = {k: v for k, v in filled(page, **changes).items() if not k.endswith("-upload")}
    return {
        "data": said | {"csrf_token": hidden(page, "csrf_token")},
        "files": {f"{name}-upload": ("a.png", data, "image/png") for name, data in upload.items()},
    }


def test_a_picture_is_chosen_in_the_form_of_what_names_it(
    owner: Reader, database: Database
) -> None:
    form = owner.get("/console/setup/company")
    assert 'enctype="multipart/form-data"' in form.text
    said = {k: v for k, v in saying.PROFILE.items() if isinstance(v, str)}
    sent = chosen(form, upload={"logo": a_picture()}, **said)
    sent["data"] |= {"languages": ["sv", "en"], "currencies": "SEK"}
    answer = owner.client.post("/console/setup/company", **sent)
    assert answer.status_code == 303, words_of(answer)
    with database.work() as work:
        profile: Any = setup.read_one(work, setup.resource("company"))
        assert pictures.find(work, profile.logo)
    assert pictures.url(profile.logo, 320) in owner.get("/console/setup/company").text


def test_a_chosen_file_that_is_no_picture_is_told_beside_its_field(
    owner: Reader, database: Database
) -> None:
    form = owner.get("/console/setup/company")
    sent = chosen(form, upload={"logo": b"<svg onload=alert(1)>"}, name="Norrsken")
    answer = owner.client.post("/console/setup/company", **sent)
    assert answer.status_code == 422
    assert 'id="field-logo-error"' in answer.text
    assert 'value="Norrsken"' in answer.text, "nothing else that was typed is lost"
    with database.work() as work:
        assert work.value("SELECT count(*) FROM picture") == 0


def test_a_picture_is_kept_while_what_else_was_wrong_is_put_right(
    owner: Reader, database: Database
) -> None:
    form = owner.get("/console/setup/company")
    said = {k: v for k, v in saying.PROFILE.items() if isinstance(v, str)} | {"name": ""}
    sent = chosen(form, upload={"logo": a_picture()}, **said)
    sent["data"] |= {"languages": ["sv", "en"], "currencies": "SEK"}
    refused = owner.client.post("/console/setup/company", **sent)
    assert refused.status_code == 422
    with database.work() as work:
        assert setup.read_one(work, setup.resource("company")) is None
    again = filled(refused, name="Norrsken", languages=["sv", "en"], currencies="SEK")
    answer = owner.post("/console/setup/company", again)
    assert answer.status_code == 303, words_of(answer)
    with database.work() as work:
        profile: Any = setup.read_one(work, setup.resource("company"))
        assert pictures.find(work, profile.logo)


def test_a_product_gets_a_picture_where_none_was_named(
    owner: Reader, database: Database, company: Company
) -> None:
    page = owner.get("/console/setup/products/edit?key=kettle")
    sent = chosen(page, upload={"pictures-0-file": a_picture()})
    answer = owner.client.post("/console/setup/products", **sent)
    assert answer.status_code == 303, words_of(answer)
    with database.work() as work:
        kettle: Any = setup.read_one(work, setup.resource("products"), "kettle")
        assert pictures.find(work, kettle.pictures[0].file)


def test_the_row_of_a_picture_is_called_by_what_it_shows(
    owner: Reader, database: Database, company: Company
) -> None:
    url = "/console/setup/products/edit?key=kettle"
    sent = chosen(owner.get(url), upload={"pictures-0-file": a_picture()})
    sent["data"]["pictures-0-alt-en"] = "A kettle on a stove"
    assert owner.client.post("/console/setup/products", **sent).status_code == 303
    rows = re.findall(r"<summary[^>]*>([^<]+)</summary>", owner.get(url).text)
    assert "Picture 1: A kettle on a stove" in rows
    assert any(row.startswith("Variant 1: ") for row in rows)
    with database.work() as work:
        kettle: Any = setup.read_one(work, setup.resource("products"), "kettle")
    assert not any(kettle.pictures[0].file[:8] in row for row in rows)
