"""The guide `Bring your catalogue`, step by step."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from tests.catalogue.test_files import applied, came

from mainstem import catalog, catalog_files
from mainstem.catalog_files import Assumed
from mainstem.kit import settings
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.pictures import BucketStore, store_at

GUIDE = (Path(__file__).parents[2] / "docs/guides/catalogue.md").read_text("utf-8")


def test_the_guides_file_does_what_the_guide_says(database: Database, clock: FixedClock) -> None:
    [text] = re.findall(r"```csv\n(.*?)```", GUIDE, re.DOTALL)
    assumed = Assumed(currency="SEK")
    with database.work() as work:
        id = came(work, text.encode(), assumed)
        file = catalog_files.look(work, id)
        assert file.kind == "shopify"
        assert "Price / Euro" not in file.columns, "a market's currency is for people to say"
        told = dict(file.columns) | {"Price / Euro": "price:EUR"}
        catalog_files.tell_columns(work, id, "shopify", told, assumed)
        found = catalog_files.previewed(work, id)
        assert (found.count("new"), found.problems) == (2, [])
        assert [one.slug for one in found.departments] == ["hearth", "kitchen"]
        assert not catalog.products(work), "nothing changes before it is applied"
        work.session.commit()
        applied(database, work, id)
        bowl = catalog.products(work)["fire-bowl"]
        assert bowl.descriptions == {"en": "Cast once."}
        assert bowl.variants[0].prices == {"EUR": 12990, "SEK": 149900}
        assert bowl.variants[0].offers[0].prices == {"SEK": 129900}
        variants = [row.id for row in work.rows("SELECT id FROM variant")]
        assert not catalog.reductions(work, variants, currency="SEK", at=work.now()), "no history"
        clock.move(timedelta(hours=1))
        assert applied(database, work, came(work, text.encode(), assumed))["same"] == 2
        out = catalog_files.exported(work)
        assert applied(database, work, came(work, out.encode(), assumed))["same"] == 2


def test_the_guides_setting_is_one(tmp_path: Path, monkeypatch: object) -> None:
    [place] = re.findall(r'MAINSTEM_PICTURES="([^"]+)"', GUIDE)
    read = settings.read({"MAINSTEM_DATA": str(tmp_path), "MAINSTEM_PICTURES": place})
    assert isinstance(store_at(read.pictures, tmp_path), BucketStore)
