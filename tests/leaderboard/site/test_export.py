"""What is written for the Hub: a Space that is a site, results beside it, and nothing sent."""

import json
import socket

import pytest
import yaml

from fuseboard.leaderboard.site import export as exporting
from fuseboard.store.errors import FuseboardError, UsageError
from tests.leaderboard.site.test_build import files, read


@pytest.fixture
def offline(monkeypatch):
    """Whoever opens a connection fails."""

    def refuse(*_):
        raise AssertionError("something is sent")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.usefixtures("offline")
def test_a_space_and_results_are_written_and_written_again(searched, searched_site, tmp_path):
    out, told = tmp_path / "hub", []
    space, results = exporting.export(searched.opened, out, benchmark="org/benchmark", report=told.append)
    assert set(read(space)) == set(read(searched_site))
    front = yaml.safe_load((space / "README.md").read_text().split("---")[1])
    assert front["sdk"] == "static"
    assert {path.name for path in (results / "models").iterdir()} == {"alpha", "beta", "gamma"}
    assert yaml.safe_load((results / "benchmark" / "eval.yaml").read_text())["tasks"]
    assert any("files" in line for line in told)
    before = files(out)
    exporting.export(searched.opened, out, benchmark="org/benchmark", report=told.append)
    assert "nothing changed since the last build" in told
    assert files(out) == before
    searched.measure(("alpha",), (0.80, 0.70), (0.95, 0.72), day=1)
    exporting.export(searched.opened, out)  # no benchmark, and so no results that name one
    assert json.loads((space / "data" / "changes.json").read_text())["entries"]
    assert not [path for path in results.rglob("*") if path.name in {".eval_results", "eval.yaml"}]


def test_what_is_there_and_not_ours_is_left_alone(searched, tmp_path):
    for name in (exporting.SPACE, exporting.RESULTS):
        other = tmp_path / name / name / "mine.txt"
        other.parent.mkdir(parents=True)
        other.write_text("mine")
        with pytest.raises(FuseboardError, match="left alone"):
            exporting.export(searched.opened, tmp_path / name)
        assert other.read_text() == "mine"


@pytest.mark.parametrize("name", ["", "benchmark", "org/", "org/a b", "../x", "a/b/c", "https://huggingface.co/a/b"])
def test_a_benchmark_that_is_no_repository_is_refused_before_anything_is_written(searched, tmp_path, name):
    with pytest.raises(UsageError, match="is no repository of the Hub"):
        exporting.export(searched.opened, tmp_path / "hub", benchmark=name)
    assert not (tmp_path / "hub").exists()
