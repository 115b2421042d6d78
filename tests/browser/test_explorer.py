"""The subset explorer, used: backbones ticked, budgets set, and the address that brings both back."""

import re

import pytest

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.output import plain
from fuseboard.leaderboard.pages import explorer
from fuseboard.leaderboard.site import build
from fuseboard.store.store import Store
from tests.browser.conftest import served
from tests.browser.filled import POOL, fill
from tests.leaderboard.conftest import TinyStore

DATASET = "breastmnist-64"
PROTOCOL = "starter"


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    boards = take(Store(fill(tmp_path_factory.mktemp("explorer") / "store"))).boards
    return next(one for one in boards if (one.dataset, one.protocol) == (DATASET, PROTOCOL))


@pytest.fixture
def section(page):
    page.goto(f"explorer/{DATASET}.html")
    return page.locator(f'[data-explorer="{PROTOCOL}"]')


def tick(section, *names):
    for name in names:
        section.locator(f'input[value="{name}"]').check()


def said(section, what="pick"):
    return " ".join(section.locator(f'[data-answer="{what}"]').inner_text().split())


def shown(section):
    return section.locator("tbody tr:not([hidden])").count()


def test_what_is_ticked_is_answered_with_its_measured_scores(section, board):
    tick(section, "alpha", "gamma")
    entry = next(one for one in board.entries if one.subset == ("alpha", "gamma"))
    assert f"Test AUC {plain.score(entry.test.auc)}" in said(section)
    assert f"Test ACC {plain.score(entry.test.acc)}" in said(section)
    assert f"Place on validation {board.entries.index(entry) + 1} " in said(section)
    assert re.search(r"Test AUC \.\d{3} \.\d{3} to \.\d{3}", said(section)), "the interval"
    assert section.locator("tr.picked").count() == 1


def test_what_was_not_measured_is_said_and_its_neighbours_can_be_ticked(section):
    tick(section, "alpha", "zeta")
    assert "This subset was not measured" in said(section)
    assert sorted(section.locator(".near button").all_inner_texts()) == ["alpha", "zeta"]
    section.locator(".near button", has_text=re.compile("^zeta$")).click()
    assert section.locator(".pick input:checked").evaluate_all("all => all.map(one => one.value)") == ["zeta"]
    assert "Test AUC" in said(section)


def test_the_nearest_with_more_and_with_fewer(section):
    tick(section, *POOL, "eta")
    near = section.locator(".near button").all_inner_texts()
    assert near[0] == " + ".join(sorted(POOL))
    assert "and more:" not in said(section), "nothing holds all five"


def test_a_budget_hides_rows_and_says_what_it_costs(section, board):
    slider = section.locator('[data-budget="width"]')
    slider.focus()
    slider.press("Home")
    narrow = [one for one in board.entries if one.features == min(e.features for e in board.entries)]
    section.locator("tbody tr[hidden]").first.wait_for(state="attached")
    assert shown(section) == len(narrow)
    first, free = narrow[0], board.entries[0]
    assert f"{len(narrow)} of {len(board.entries)} subsets are within the budget" in said(section, "budget")
    assert f"Validation would choose {first.name} (test AUC {plain.score(first.test.auc)}" in said(section, "budget")
    points = plain.points(first.test.auc - free.test.auc)
    assert f"{points} percentage points of test AUC" in said(section, "budget")
    assert slider.get_attribute("aria-valuetext") == f"{narrow[0].features} features"
    section.get_by_role("button", name="No budget").click()
    section.locator("tbody tr[hidden]").first.wait_for(state="detached")
    assert shown(section) == len(board.entries)


def test_memory_that_nobody_knows_is_within_no_budget(section):
    slider = section.locator('[data-budget="memory"]')
    slider.focus()
    slider.press("ArrowLeft")
    assert "because their memory is not known" in said(section, "budget")


def test_the_address_brings_it_back(section, page):
    tick(section, "alpha", "beta")
    section.locator('[data-budget="width"]').focus()
    section.locator('[data-budget="width"]').press("Home")
    page.wait_for_url(re.compile(r"\?pick=alpha\+beta&width=2$"))
    before = said(section), said(section, "budget")
    page.reload()
    assert (said(section), said(section, "budget")) == before


def test_a_second_protocol_keeps_its_own_state(page):
    page.goto(f"explorer/{DATASET}.html?pick=alpha&pick-biofuse-2026=beta")
    for protocol, name in (("starter", "alpha"), ("biofuse-2026", "beta")):
        found = page.locator(f'[data-explorer="{protocol}"] .pick input:checked')
        assert found.evaluate_all("all => all.map(one => one.value)") == [name]


@pytest.mark.parametrize("query", ["?pick=nobody", "?width=abc&memory=-1", "?pick=%3Cimg%20src=x%3E", "?width=1"])
def test_an_address_that_makes_no_sense_does_no_harm(page, query):
    page.goto(f"explorer/{DATASET}.html{query}")
    assert "subsets are" in said(page.locator(f'[data-explorer="{PROTOCOL}"]'), "budget")


def test_the_answer_is_told_to_those_who_do_not_see_it(section):
    assert section.locator('[role="status"][data-answer]').count() == 2
    assert section.locator(".explore input:not([type=checkbox])").evaluate_all(
        "all => all.every(one => one.labels.length)"
    )


def test_over_all_datasets(page):
    page.goto("explorer.html")
    section = page.locator(f'[data-explorer="{PROTOCOL}"]')
    tick(section, "alpha", "beta")
    assert "Mean test AUC ." in said(section)


@pytest.fixture
def parted(monkeypatch, tmp_path):
    """The address of a page of three subsets that has room for one."""
    store = TinyStore(tmp_path / "store")
    for at, subset in enumerate((("alpha",), ("beta",), ("alpha", "beta"))):
        store.measure(subset, (0.7 + 0.05 * at, 0.7 + 0.05 * at), (0.9 - 0.1 * at, 0.8))
    monkeypatch.setattr(explorer, "MAX_ROWS", 1)
    monkeypatch.setattr(build, "PAGES", ("home", "explorer"))
    with served(build.build(store.opened, tmp_path / "site").parent) as site:
        yield f"{site.url}explorer/tiny.html"


def test_rows_of_further_pages_are_brought_when_asked_for(browser, parted):
    page = browser.new_page()
    page.goto(parted)
    assert page.locator("table.subsets tbody tr").count() == 1
    assert page.locator(".explore").count() == 0
    page.get_by_role("button", name="Explore all of them").click()
    page.locator(".explore").wait_for()
    assert page.locator("table.subsets tbody tr").count() == 3
    links = page.locator("table.subsets a.from").evaluate_all("all => all.map((one) => one.href)")
    assert links
    assert {link.rpartition("/")[0] for link in links} == {parted.replace("explorer/tiny.html", "provenance")}
    page.locator('th[data-column="auc"] button').click()
    aucs = page.locator("table.subsets tbody tr").evaluate_all(
        "rows => rows.map((row) => Number(row.querySelector('td.n data').value))"
    )
    assert aucs == sorted(aucs, reverse=True)
    page.close()


def test_an_address_with_a_state_brings_all_rows(browser, parted):
    page = browser.new_page()
    page.goto(f"{parted}?pick=alpha")
    page.locator(".explore").wait_for()
    assert page.locator("table.subsets tbody tr").count() == 3
    page.close()


def test_rows_that_cannot_be_brought_are_said_to_be_missing(browser, parted):
    page = browser.new_page()
    page.goto(parted)
    page.route("**/starter/*", lambda route: route.abort())
    page.get_by_role("button", name="Explore all of them").click()
    page.get_by_text("They could not be loaded.").wait_for()
    assert page.get_by_role("link", name="part 2").is_visible()
    page.close()
