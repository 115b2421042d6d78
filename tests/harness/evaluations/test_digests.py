"""Every setting that is measured today is known as one of today's."""

from pathlib import Path

import numpy as np
import pytest

from fuseboard.harness import evaluations
from fuseboard.harness.evaluations.attention import ablation
from fuseboard.harness.evaluations.digests import digests
from fuseboard.harness.protocols import protocol
from fuseboard.harness.search.search import Search
from fuseboard.store.store import Store
from tests.harness.synthetic import DATA, embed

STARTER = protocol.get("starter")
SPLITS = dict.fromkeys(("train", "val", "test"), np.arange(45) % 3)


@pytest.mark.parametrize(
    "name", ["singles", "linear-probe", "knn", "attention-random", "attention-trained", "transfer"]
)
def test_rows_that_are_measured_now_have_digests_of_now(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ablation, "WIDTHS", (8,))
    monkeypatch.setattr(ablation, "HEADS", (2, 4))
    embed(tmp_path, SPLITS)
    evaluations.get(name)(Search(Store(tmp_path), DATA, STARTER))
    rows = Store(tmp_path).rows()
    assert set(rows["protocol_digest"]) <= digests("starter")


def test_another_definition_has_other_digests(monkeypatch: pytest.MonkeyPatch) -> None:
    before = digests("starter")
    changed = STARTER.model_copy(update={"seed": 7})
    monkeypatch.setattr(protocol, "get", lambda _: changed)
    assert digests("starter").isdisjoint(before)
    assert digests("nobody's") == frozenset()
