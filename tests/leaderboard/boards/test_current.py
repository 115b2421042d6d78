"""What was tried last does not change what the boards believe in."""

import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.boards.transfer import transfers
from fuseboard.leaderboard.context.coverage import coverage
from fuseboard.leaderboard.context.missing_results import missing_results
from fuseboard.leaderboard.regression.accept import accept
from fuseboard.leaderboard.regression.check import check
from fuseboard.leaderboard.regression.reference import read
from fuseboard.leaderboard.rows.current import mark
from fuseboard.store.embeddings import gc as garbage
from fuseboard.store.embeddings.current import Current
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.store import Store
from tests.leaderboard.conftest import TinyStore
from tests.leaderboard.predicted import SUBSETS

NAMES = ("alpha", "beta", "gamma")
CARDS = {name: fingerprint({"backbone": name, "revision": 1}) for name in NAMES}
OTHER = fingerprint({"backbone": "alpha", "revision": 2})


def opened(root):
    """As a command opens it: revision 1 is what the present cards make, d1 the present definition of the protocol."""
    return Store(root, lambda: CARDS, lambda name: {"d1"} if name == "starter" else ())


def board(root):
    (found,) = take(opened(root)).boards
    return found


@pytest.fixture
def tried(searched):
    """Seven subsets, and then alpha alone in another version, which is newer and better."""
    for name in NAMES:
        searched.embed(name)
    before = board(searched.root)
    searched.embed("alpha", revision=2, day=1)
    searched.measure(("alpha",), (0.99, 0.99), (0.99, 0.99), revisions={"alpha": 2}, day=1)
    return searched, before


def test_another_version_that_was_tried_leaves_the_board(tried):
    store, before = tried
    after = board(store.root)
    assert (after.measured, after.possible) == (7, 7)
    assert after.role("chosen") == before.role("chosen")
    assert [(one.reason, one.rows) for one in after.superseded] == [("another version of a backbone", 2)]
    assert after.model_copy(update={"superseded": ()}) == before


def test_board_search_and_clean_up_believe_in_the_same_version(tried):
    store, _ = tried
    now = opened(store.root)
    (ranked,) = [one.fingerprint for one in board(store.root).versions if one.backbone == "alpha"]
    assert take(now).current["alpha"].fingerprint == ranked
    assert now.version("alpha").manifest.fingerprint == ranked
    assert [one.fingerprint for one in garbage.find(now.root, now.versions, now.current)] == [OTHER]


def test_a_protocol_that_was_edited_searched_and_reverted_leaves_the_board(searched):
    before = board(searched.root)
    searched.search({("alpha",): ((0.9, 0.9), (0.9, 0.9))}, protocol_digest="d2", day=1)
    after = board(searched.root)
    assert (after.measured, after.protocol_digest) == (7, "d1")
    assert after.model_copy(update={"superseded": ()}) == before


def test_a_card_without_rows_is_said_and_the_newest_ranked(searched):
    searched.embed("alpha", revision=2)
    store = Store(searched.root, lambda: CARDS | {"alpha": OTHER})
    snapshot = take(store)
    assert snapshot.boards[0].measured == 7
    (said,) = [one for one in missing_results(snapshot, {}, coverage(snapshot, ())) if OTHER[:12] in one.what]
    assert (said.where, said.fix) == ("tiny", "fuseboard search tiny --protocol starter")
    assert CARDS["alpha"][:12] in said.what


def test_the_regression_check_holds_the_current_row(predicted, tmp_path):
    now = opened(predicted.root)
    accept(now, tmp_path / "reference")
    held = read(tmp_path / "reference")
    predicted.measure(SUBSETS[0], (0.1, 0.1), (0.1, 0.1), revisions={SUBSETS[0][0]: 2}, day=9)
    report = check(opened(predicted.root), tmp_path / "reference", lambda *_: {})
    assert [one for one in report.findings if one.kind in ("moved", "removed")] == []
    accept(opened(predicted.root), tmp_path / "reference")
    assert read(tmp_path / "reference") == held


operations = st.tuples(
    st.sampled_from(["d1", "d2"]), st.integers(1, 2), st.sets(st.sampled_from(NAMES), min_size=1), st.booleans()
)


@settings(max_examples=10, deadline=None)
@given(st.lists(operations, min_size=1, max_size=4))
def test_whatever_is_tried_between_leaves_the_board_as_it_was(tried):
    """A, then other versions and definitions, then A again, whose rows are all there already."""
    with tempfile.TemporaryDirectory() as folder:
        store = TinyStore(Path(folder))
        for name in NAMES:
            store.embed(name)
        scores = {(one,): ((0.7, 0.7), (0.7, 0.7)) for one in NAMES} | {NAMES: ((0.8, 0.8), (0.8, 0.8))}
        store.search(scores)
        before = board(store.root)
        for day, (digest, revision, names, embeds) in enumerate(tried, 1):
            if (digest, revision) != ("d1", 1):
                for name in sorted(names) if embeds else ():
                    store.embed(name, revision=revision, day=day)
                revisions = dict.fromkeys(NAMES, revision)
                store.search(
                    {tuple(sorted(names)): ((0.9, 0.9), (0.9, 0.9))},
                    protocol_digest=digest,
                    day=day,
                    revisions=revisions,
                )
        after = board(store.root)
    assert after.model_copy(update={"superseded": ()}) == before


SETTINGS = ("x", "y")
BY_SETTING = ("knn", "linear-probe", "attention-trained", "transfer")


def saying(definition):
    """Current, as the present definition of a protocol says it: each of its settings has a digest of its own."""
    return Current(digests=lambda _: {f"{definition}-{setting}" for setting in SETTINGS})


@settings(max_examples=10, deadline=None)
@given(
    st.sampled_from(BY_SETTING),
    st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from(SETTINGS)), min_size=1, max_size=5),
    st.sampled_from("AB"),
)
def test_settings_are_current_by_what_is_defined_now_and_not_by_age(evaluation, measured, now):
    with tempfile.TemporaryDirectory() as folder:
        store = TinyStore(Path(folder))
        for day, (definition, setting) in enumerate(measured):
            own = {"evaluation": evaluation, "classifier": f"knn {setting}", "day": day}
            store.measure(("alpha",), (0.5, 0.5), (0.5, 0.5), protocol_digest=f"{definition}-{setting}", **own)
        rows = mark(store.opened.rows(), saying(now))
    done = {f"{definition}-{setting}" for definition, setting in measured}
    today = {digest for digest in done if digest.startswith(now)}
    assert set(rows.filter(pl.col("superseded").is_null())["protocol_digest"]) == (today or done)


def test_the_method_on_the_board_is_that_of_the_present_settings(searched):
    for day, (definition, acc) in enumerate([("A", 0.6), ("B", 0.9)]):
        own = {"evaluation": "knn", "classifier": "knn k=5", "protocol_digest": f"{definition}-x", "day": day}
        searched.measure(("alpha",), (acc, acc), (acc, acc), **own)

    def shown(definition):
        said = {"d1", f"{definition}-x"}
        snapshot = take(Store(searched.root, digests=lambda _: said))
        (method,) = snapshot.board_uncertainties["tiny", "starter"].methods
        return method.acc

    assert (shown("A"), shown("B")) == (0.6, 0.9)


def test_so_is_transfer(store):
    for day, (definition, acc) in enumerate([("A", 0.6), ("B", 0.9)]):
        own = {"evaluation": "transfer", "classifier": "knn k=5", "selection": ("acc",), "params": {"n_neighbors": 5}}
        for split in ("val", "test"):
            store.keep(("alpha",), split, None, acc, protocol_digest=f"{definition}-x", day=day, **own)
    for definition, acc in (("A", 0.6), ("B", 0.9)):
        (board,) = transfers(store.opened.rows(), saying(definition))
        assert [row.test_top1 for row in board.rows] == [acc]
