"""The comment: whatever a stranger wrote is shown as text."""

import html
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fuseboard.harness.backbones import registry
from fuseboard.harness.submissions.ranking import pr_comment
from fuseboard.harness.submissions.ranking.markdown import MAX_LENGTH, table, text
from fuseboard.harness.submissions.ranking.pr_comment import comment
from fuseboard.harness.submissions.ranking.rank import Ranking, rank
from fuseboard.store.store import Store
from tests.harness.submissions.field import STARTER, submit, without

HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "a | b || c",
    "`code` ``` fence",
    "[link](https://evil.example/x) ![image](//evil.example/y.png)",
    "<https://evil.example> https://evil.example www.evil.example me@evil.example",
    "@everyone @org/team #1 GH-1 org/repo#2",
    "first\n\n# second\r\n---\n| a | b |\n| - | - |",
    "&lt;b&gt; &#64;everyone &commat;all",
    "*bold* _slanted_ ~~gone~~ $x$ \\| \\",
    "\x1b[31mred\x00\u202eevil\u2066",
    "[x]: https://evil.example",
    "<!-- hidden --> <details><summary>s",
    "- [ ] task\n> quote",
]


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.found.append(tag)

    def handle_comment(self, data: str) -> None:
        self.found.append(data)


@pytest.fixture(scope="session")
def ranking(small_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Ranking:
    root = without(Path(shutil.copytree(small_store, tmp_path_factory.mktemp("comment") / "store")), "hog")
    return rank(*submit(registry.get("hog"), root), Store(root, registry.fingerprints), STARTER)


def titled(ranking: Ranking, title: str) -> Ranking:
    card = ranking.submission.card.model_copy(update={"title": title})
    return replace(ranking, submission=replace(ranking.submission, card=card))


@pytest.mark.parametrize("foreign", HOSTILE)
def test_no_mark_of_a_foreign_text_is_markup(foreign: str, ranking: Ranking) -> None:
    shown = text(foreign)
    assert not set(shown) & set("<>|`*_[]()!@~$\\\"'\n\r\x1b\x00\u202e\u2066./:")
    assert re.sub(r"&#\d+;\u200b?", "", shown).replace("\ufffd", "").replace(" ", "").replace(",", "").isalnum()
    assert html.unescape(shown).replace("\u200b", "") == "".join(
        mark if mark.isprintable() else "\ufffd" for mark in " ".join(foreign.split())
    )
    told, plain = comment(titled(ranking, foreign)), comment(titled(ranking, "x"))
    head, *rest = told.split("\n")
    assert rest == plain.split("\n")[1:]
    assert head.startswith("## ")
    tags = Tags()
    tags.feed(told)
    assert tags.found == []


def test_people_and_issues_are_not_called_once_references_are_read() -> None:
    read = html.unescape(text("@everyone fixes #12, org/repo#3"))
    assert not re.search(r"@\w", read)
    assert not re.search(r"#\d", read)


def test_every_line_of_a_table_has_as_many_cells() -> None:
    made = table(("a", "b"), [(text(foreign), "1") for foreign in HOSTILE])
    assert {line.count("|") for line in made.split("\n")} == {3}
    assert len(made.split("\n")) == len(HOSTILE) + 2


def test_a_long_text_is_cut_with_an_ellipsis() -> None:
    assert html.unescape(text("a" * 10_000)) == "a" * (MAX_LENGTH - 1) + "…"


def test_it_says_what_is_needed_to_make_it_again(ranking: Ranking) -> None:
    told = comment(ranking)
    assert f"`{STARTER.digest}`" in told
    for version in (ranking.version, *ranking.standings[0].pool.versions.values()):
        assert f"`{version.manifest.fingerprint}`" in told
    command = "fuseboard submission rank submissions/hog --protocol starter --dataset digits-first120"
    assert f"```sh\n{command}\n```" in told
    for row in ranking.lines:
        for column in ("test AUC", "AUC gained"):
            assert str(row[column]).replace("\xa0", " ") in told.replace("\xa0", " ")


def test_notes_of_a_stranger_are_escaped_too(ranking: Ranking) -> None:
    told = comment(replace(ranking, left_out={"x": "it holds <b>|</b>\n# @all"}))
    assert "<b>" not in told
    assert "@all" not in told
    assert "- x&#58; not ranked&#58; it holds &#60;b&#62;" in told


def test_many_datasets_fit_or_are_counted(ranking: Ranking) -> None:
    one = ranking.standings[0]
    many = replace(ranking, standings=tuple(replace(one, dataset=f"set-{number}") for number in range(500)))
    told = comment(many)
    assert len(told) <= pr_comment.MAX_RANKING
    shown = told.count("\n### ")
    assert 5 < shown < 500
    assert f"{500 - shown} more datasets do not fit" in told
    assert "```sh\nfuseboard submission rank" in told
    assert "and 460 more" in told


def test_few_datasets_are_all_there(ranking: Ranking) -> None:
    one = ranking.standings[0]
    many = replace(ranking, standings=tuple(replace(one, dataset=f"set-{number}") for number in range(12)))
    assert comment(many).count("\n### ") == 12
    assert "do not fit" not in comment(many)
