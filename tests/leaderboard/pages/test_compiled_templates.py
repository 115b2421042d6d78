"""Templates are compiled once for all processes that run the same code."""

import sys

import jinja2
import pytest

from fuseboard.leaderboard.pages import compiled_templates
from fuseboard.leaderboard.pages.compiled_templates import CompiledTemplates


def filled(kept, text="{{ 1 + 1 }}"):
    environment = jinja2.Environment(loader=jinja2.DictLoader({"page": text}), bytecode_cache=kept)
    return environment.get_template("page").render()


@pytest.fixture(autouse=True)
def _python_may_keep_what_it_compiles(monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


@pytest.fixture
def file(tmp_path):
    """With the template that `filled` fills."""
    path = tmp_path / "cache" / "kept"
    kept = CompiledTemplates(path)
    filled(kept)
    kept.save()
    return path


@pytest.fixture
def compiled(monkeypatch):
    """The templates that are compiled."""
    found, plain = [], jinja2.Environment.compile

    def compile(self, source, *more, **others):
        found.append(source)
        return plain(self, source, *more, **others)

    monkeypatch.setattr(jinja2.Environment, "compile", compile)
    return found


def test_another_process_compiles_nothing(file, compiled):
    assert filled(CompiledTemplates(file)) == "2"
    assert compiled == []


def test_a_changed_template_is_compiled_anew(file, compiled):
    assert filled(CompiledTemplates(file), "{{ 2 + 1 }}") == "3"
    assert compiled == ["{{ 2 + 1 }}"]


def test_other_code_compiles_all_anew(file, compiled, tmp_path, monkeypatch):
    (tmp_path / "filters.py").write_text("changed")
    monkeypatch.setattr(compiled_templates, "PACKAGES", (tmp_path,))
    assert filled(CompiledTemplates(file)) == "2"
    assert len(compiled) == 1


@pytest.mark.parametrize("keep", [0, 10, 40])
def test_a_damaged_file_is_as_none(file, compiled, keep):
    file.write_bytes(file.read_bytes()[:keep])
    assert filled(CompiledTemplates(file)) == "2"
    assert len(compiled) == 1


def test_nothing_is_left_where_nothing_can_be_or_may_be_written(tmp_path, monkeypatch):
    (tmp_path / "taken").write_text("")
    impossible = CompiledTemplates(tmp_path / "taken" / "kept")
    forbidden = CompiledTemplates(tmp_path / "kept")
    for kept in (impossible, forbidden):
        assert filled(kept) == "2"
    impossible.save()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    forbidden.save()
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
