"""How alike the backbones see a dataset: the table of its page, its sentence, its warning and its gaps."""

import json
import re
from html.parser import HTMLParser

import pytest

from fuseboard.leaderboard.boards.similarity import grid
from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.output.format import DASH
from fuseboard.leaderboard.site import build
from fuseboard.leaderboard.site.write import STATIC
from fuseboard.store.files.damage import DamagedFileWarning
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.results import similarity_rows
from fuseboard.store.results.similarity_rows import Similarity
from tests.leaderboard.conftest import md5

CREATED = "2026-01-01T00:00:00Z"


def version(name, revision=1):
    return fingerprint({"backbone": name, "revision": revision})


def pair(one, other, cka, revisions=(1, 1), created=CREATED, **changes):
    return Similarity(
        **{
            "dataset": "tiny",
            "split": "test",
            "source_md5": md5("tiny"),
            "images": 12,
            "backbone": one,
            "fingerprint": version(one, revisions[0]),
            "other": other,
            "other_fingerprint": version(other, revisions[1]),
            "cka": cka,
            "created": created,
            **changes,
        }
    )


THREE = [pair("alpha", "beta", 0.123456), pair("alpha", "gamma", 0.876543), pair("beta", "gamma", -0.04)]


class Section(HTMLParser):
    """The rows of the table on similarity, and the words of its section."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.classes, self.scopes, self.words, self.ended = [], [], [], "", False
        self.feed(text[text.index('<section aria-labelledby="similarity">') :].split("</section>")[0])
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
            self.classes.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.classes[-1].append(dict(attrs).get("class", ""))
            self.scopes.append((tag, dict(attrs).get("scope")))

    def handle_endtag(self, tag):
        self.ended = self.ended or tag == "table"

    def handle_data(self, data):
        self.words += data
        if self.rows and self.rows[-1] and not self.ended:
            self.rows[-1][-1] = (self.rows[-1][-1] + data).strip()


def section(store, tmp_path):
    build.build(store.opened, tmp_path / "site")
    return Section((tmp_path / "site" / "datasets/tiny.html").read_text())


def test_the_table_is_symmetric_and_every_number_is_printed(searched, tmp_path):
    similarity_rows.keep(searched.root, THREE)
    found = section(searched, tmp_path)
    assert [row[:4] for row in found.rows] == [
        ["Backbone", "alpha", "beta", "gamma"],
        ["alpha", "1.00", ".12", ".88"],
        ["beta", ".12", "1.00", "\N{MINUS SIGN}.04"],
        ["gamma", ".88", "\N{MINUS SIGN}.04", "1.00"],
    ]
    assert found.classes[1][1:] == ["n own", "n shade-1", "n shade-9"]
    assert found.classes[2][3] == "n shade-0", "below 0 is not alike"
    assert "Most similar are alpha and gamma (.88), least similar beta and gamma (\N{MINUS SIGN}.04)." in found.words
    assert "on the 12 test images" in found.words
    assert "Warning" not in found.words
    assert "was measured." not in found.words
    assert {scope for tag, scope in found.scopes if tag == "th"} == {"col", "row"}


def test_every_shade_has_a_class_and_none_is_an_inline_style(searched, tmp_path):
    style = (STATIC / "tables.css").read_text()
    assert all(f"td.shade-{shade} {{" in style for shade in range(11))
    similarity_rows.keep(searched.root, THREE)
    build.build(searched.opened, tmp_path / "site")
    assert "style=" not in (tmp_path / "site" / "datasets/tiny.html").read_text()


@pytest.mark.parametrize("ink", [("#17242b", "#0b5a6b", "#ffffff"), ("#e5e9e6", "#74c6d2", "#172024")])
def test_the_darkest_shade_keeps_the_number_readable(ink):
    """WCAG's contrast of at least 4.5 in the light and the dark scheme, whose colours the stylesheet must have."""
    style = (STATIC / "base.css").read_text() + (STATIC / "tables.css").read_text()
    assert all(colour in style for colour in ink)
    share = float(re.search(r"td\.shade-10 \{ background: color-mix\(in srgb, var\(--accent\) (\d+)%", style)[1]) / 100
    text, accent, raised = ([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in ink)

    def luminance(colour):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    cell = [share * a + (1 - share) * r for a, r in zip(accent, raised, strict=True)]
    low, high = sorted((luminance(text), luminance(cell)))
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_twins_are_warned_of(searched, tmp_path):
    similarity_rows.keep(searched.root, [*THREE[:2], pair("beta", "gamma", 0.9995)])
    words = section(searched, tmp_path).words
    assert "Warning: beta and gamma on tiny: CKA 0.9995; these may be the same weights under two names" in words


def test_nothing_measured_is_one_line_that_leads_to_the_command(searched, tmp_path):
    found = section(searched, tmp_path)
    assert found.rows == []
    assert found.words.endswith("Not measured on tiny yet. How to measure it")


def test_missing_pairs_are_dashes_with_the_mend(searched, tmp_path):
    similarity_rows.keep(searched.root, [THREE[0], pair("alpha", "gamma", None, reason="gamma has <one> vector")])
    found = section(searched, tmp_path)
    assert found.rows[1] == ["alpha", "1.00", ".12", DASH]
    assert found.rows[2] == ["beta", ".12", "1.00", DASH]
    assert "No number where a dash stands: gamma has <one> vector." in found.words
    assert "Some pairs of 2 backbones were not measured. How to measure it" in found.words
    assert "Most similar" not in found.words, "one number has no other to be more than"


def test_the_page_is_about_the_versions_of_its_board(searched):
    old = pair("alpha", "beta", 0.9, (1, 1))
    newer = pair("alpha", "beta", 0.1, (2, 1), created="2026-05-05T00:00:00Z")
    other_images = pair("alpha", "beta", 0.3, source_md5="1" * 32, created="2026-06-06T00:00:00Z")
    boards = [board for board in take(searched.opened).boards if board.dataset == "tiny"]
    found = grid("tiny", [newer, other_images, old], boards)
    assert found.cells[0][1].cka == 0.9, "the version that was searched"
    assert found.backbones == ("alpha", "beta", "gamma")
    assert found.reason_without_mean == ("alpha", "beta", "gamma")
    assert grid("tiny", [newer], boards) is None
    assert grid("tiny", [newer, old], []).cells[0][1].cka == 0.1, "without a board the newest"
    assert grid("tiny", [newer, old, other_images], []).cells[0][1].cka == 0.3
    assert grid("tiny", [pair("alpha", "beta", 0.1, dataset="else")], boards) is None


def test_the_export_has_every_row_at_full_precision(searched, tmp_path):
    similarity_rows.keep(searched.root, THREE)
    build.build(searched.opened, tmp_path / "site")
    found = json.loads((tmp_path / "site" / "data" / "results.json").read_text())
    assert [each["cka"] for each in found["similarities"]] == [0.123456, 0.876543, -0.04]
    assert found["similarities"][0]["key"] == THREE[0].key


def test_only_the_kept_files_are_read_and_the_pages_stay_the_same(searched, tmp_path):
    similarity_rows.keep(searched.root, THREE)
    first = section(searched, tmp_path), (tmp_path / "site" / "datasets/tiny.html").read_bytes()
    for shard in searched.root.glob("embeddings/*/*/tiny/*.parquet"):
        shard.touch()
    similarity_rows.keep(searched.root, THREE[:1])  # the same row in another file
    section(searched, tmp_path)
    assert (tmp_path / "site" / "datasets/tiny.html").read_bytes() == first[1]


def test_a_damaged_file_costs_its_own_rows_and_is_named(searched, tmp_path):
    similarity_rows.keep(searched.root, THREE)
    [path] = similarity_rows.folder_of(searched.root, "tiny").iterdir()
    path.write_bytes(b"no")
    with pytest.warns(DamagedFileWarning, match="not a readable similarity file"):
        build.build(searched.opened, tmp_path / "site")
    assert (tmp_path / "site" / "datasets/tiny.html").is_file()
