"""Audits of what lies on the Hub, with the real client against a server of our own."""

import json
from pathlib import Path
from typing import Any

import pytest

from fuseboard.cli import run
from fuseboard.store.remotes import hub
from fuseboard.store.store import Store
from tests.store.conftest import _hub_server, hub_server, no_waiting  # noqa: F401

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")


def test_a_repository_is_audited_and_nothing_of_it_stays(
    hub_server: Any,  # noqa: F811
    store: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    hub.push(store, Store(store).version("hog"), "org/hog", private=False)
    hub_server.asked.clear()
    asked = ["store", "audit", "org/hog", "--split", "val", "--store", str(tmp_path / "mine"), "--json"]
    assert run(asked) == 0
    [row] = json.loads(capsys.readouterr().out)
    assert (row["verdict"], row["images"], row["card"]) == ("same", 32, "hog")
    assert {name.split("-")[0] for name in hub_server.downloads() if name.endswith(".parquet")} == {"digits"}
    assert all("/val-" in name for name in hub_server.downloads() if name.endswith(".parquet"))
    assert list((tmp_path / "mine").iterdir()) == []
    assert run(["store", "audit", "org/nothing", "--store", str(tmp_path / "mine")]) == 1
    assert "no such dataset repository" in capsys.readouterr().err
