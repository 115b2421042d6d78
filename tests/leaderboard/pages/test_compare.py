"""What the page of comparison loads: every row that can be pinned, with the very resamples of the boards."""

import base64
import json
import re

import numpy as np
import pytest

from fuseboard.leaderboard.context.providers import no_providers
from fuseboard.leaderboard.pages import address, compare
from fuseboard.leaderboard.site import write
from tests.leaderboard.predicted import NAMES


@pytest.fixture
def site(predicted):
    return write.gather(predicted.opened, None, no_providers(), "http://here/")


def loaded(content):
    """The arguments of the one call in a file."""
    function, arguments = re.fullmatch(r"window\.fuseboard\.comparison\.(\w+)\((.*)\);\n", content.decode()).groups()
    return function, json.loads(f"[{arguments}]")


def files(site):
    (page,) = compare.pages(site)
    return {path.removeprefix("data/compare/"): loaded(content) for path, content in page.files.items()}


def test_every_subset_and_method_has_a_file_and_what_is_best_on_test_has_none(site):
    found = files(site)
    wanted = {f"starter.B.{name}.js" for name in NAMES}
    wanted.add(f"{address.compared('starter', 'subset', ' + '.join(NAMES))}.js")
    wanted |= {
        f"{address.compared('starter', 'method', name)}.js" for name in ("chosen", "all backbones", "best single")
    }
    assert set(found) == wanted | {"index.js"}


def test_resamples_are_those_of_the_board_to_half_a_unit(site):
    measured = site.snapshot.board_uncertainties["tiny", "starter"].measured
    (entry,) = [e for e in site.snapshot.boards[0].entries if e.subset == NAMES[:1]]
    _, (identity, row) = files(site)[f"starter.B.{NAMES[0]}.js"]
    held = row["held"]["tiny"]
    own = measured[entry.test_key].auc
    counted = np.frombuffer(base64.b64decode(held["drawn"]), "<u4")
    assert identity == f"starter.B.{NAMES[0]}"
    assert held["auc"] == entry.test.auc
    assert held["digest"] == own.digest
    assert np.abs(counted * compare.UNIT - own.resampled).max() <= compare.UNIT / 2


def test_a_row_without_predictions_says_so(predicted):
    predicted.embed("gamma")
    predicted.measure(("gamma",), (0.5, 0.5), (0.5, 0.5))
    found = files(write.gather(predicted.opened, None, no_providers(), "http://here/"))
    held = found["starter.B.gamma.js"][1][1]["held"]["tiny"]
    assert held["reason"] == "predictions were not kept"
    assert "drawn" not in held


def test_only_rows_that_have_a_file_can_be_pinned(site):
    names = {address.compared(*row) for row in site.comparisons.names}
    assert {f"{name}.js" for name in names} == set(files(site)) - {"index.js"}


def test_no_two_rows_share_a_name_however_strange_theirs_are():
    strange = [("a", "method", "b.M.c"), ("a.M.b", "method", "c"), ("A", "backbone", "b"), ("a", "backbone", "b")]
    strange += [("a", "backbone", "../../x"), ("a", "backbone", "<script>")]
    found = [address.compared(*each) for each in strange]
    assert len(set(found)) == len(found)
    assert all(re.fullmatch(r"[a-z0-9._-]+\.[BMS]\.[a-z0-9._-]+", each) for each in found)
