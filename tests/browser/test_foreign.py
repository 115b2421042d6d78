"""What strangers wrote is text on every page, and what is downloaded is what is shown."""

import csv
import io

import polars as pl

from tests.browser.filled import HOSTILE


def test_hostile_texts_are_text(site, page, record):
    """A dialog or a script of theirs would be a complaint, which the fixture refuses."""
    one_of_a_kind = {path.rpartition("/")[0] or path: path for path in site.paths}
    seen = 0
    for path in one_of_a_kind.values():
        page.goto(path)
        own = page.evaluate("[...document.scripts].map((script) => script.src)")
        assert all(src.startswith(site.url) for src in own), path
        assert page.locator("img[onerror], img[src=x], main script:not([src])").count() == 0, path
        seen += HOSTILE in page.evaluate("document.body.textContent")
    assert seen > 5, "they must be there to be harmless"


def test_hostile_text_stays_text_when_a_table_is_worked_with(page):
    page.goto("boards/singles.html")
    licence = page.get_by_role("combobox", name="Licence").first
    licence.select_option(HOSTILE)
    assert f"licence {HOSTILE}" in page.get_by_role("status").first.inner_text()
    assert page.locator("#singles-starter tbody tr:visible").count() == 1


def test_a_download_is_the_table_at_full_precision(site, page):
    page.goto("boards/singles.html")
    with page.expect_download() as download:
        page.locator('a[download][href$="/singles-starter.csv"]').click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))
    names = page.locator("#singles-starter tbody tr th a.backbone").all_inner_texts()
    assert len(rows) == len(names) == 8
    heads = page.locator("#singles-starter thead tr").first.locator("th")
    place = heads.evaluate_all("(heads) => heads.map((head) => head.dataset.column)").index("mean")
    shown = page.locator(f"#singles-starter tbody tr td:nth-child({place + 1})").all()
    means = [
        cell.locator("data").first.get_attribute("value") if cell.locator("data").count() else None for cell in shown
    ]
    column = next(name for name in rows[0] if name.startswith("mean_auc"))
    assert [float(row[column]) if row[column] else None for row in rows] == [
        float(mean) if mean else None for mean in means
    ]
    parquet = pl.read_parquet(site.folder / "data" / "singles-starter.parquet")
    assert parquet[column].to_list() == [float(row[column]) if row[column] else None for row in rows]
