"""Progress bars: on stderr, also in a notebook without widgets, where they are neither a warning nor an output."""

import importlib.util
import warnings

import pytest
from rich import console

from fuseboard.store.files import progress

if importlib.util.find_spec("ipywidgets"):
    pytest.skip("ipywidgets is installed, which draws the bar", allow_module_level=True)


def test_a_notebook_without_widgets_gets_a_line_on_stderr(monkeypatch, capsys):
    monkeypatch.setattr(console, "_is_jupyter", lambda: True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with progress.counting("hog", 2) as advance:
            advance(2)
        with progress.transferring("shard", 2) as advance:
            advance(2)
    out, err = capsys.readouterr()
    assert out == ""
    assert "2/2" in err


def test_nothing_to_do_shows_no_bar(capsys):
    with progress.counting("hog", 0) as advance:
        advance(0)
    assert capsys.readouterr() == ("", "")
