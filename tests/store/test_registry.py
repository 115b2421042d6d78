"""Registries: names in order, near names for a wrong one, no two things of one name, nothing imported before use."""

import json
import sys
from pathlib import Path

import pytest

from fuseboard.store import registry
from fuseboard.store.errors import UsageError
from fuseboard.store.registry import Registry


def test_things_keep_their_order_and_are_found_by_name() -> None:
    fruits = Registry("fruit", [("pear", 1), ("apple", 2)])
    assert list(fruits) == ["pear", "apple"]
    assert (fruits["apple"], len(fruits), "pear" in fruits, "plum" in fruits) == (2, 2, True, False)
    assert list(fruits.values()) == [1, 2]


def test_a_wrong_name_is_answered_with_the_near_ones() -> None:
    with pytest.raises(UsageError, match=r"unknown fruit 'aple'; did you mean apple\?"):
        Registry("fruit", [("pear", 1), ("apple", 2)])["aple"]
    with pytest.raises(UsageError, match="there is none yet"):
        Registry[int]("fruit", [])["apple"]


def test_two_things_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two fruits are called 'pear'"):
        Registry("fruit", [("pear", 1), ("pear", 2)])


def test_files_are_named_without_their_ending(tmp_path: Path) -> None:
    for name in ("b.toml", "a.toml"):
        (tmp_path / name).touch()
    found = registry.of_files("card", tmp_path.glob("*.toml"))
    assert list(found) == ["a", "b"]
    assert found["b"] == tmp_path / "b.toml"


def test_a_place_is_imported_when_it_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fruit_of_a_test.py").write_text("colour = 'green'")
    monkeypatch.syspath_prepend(tmp_path)
    places = Registry("fruit", [("pear", "fruit_of_a_test:colour")])
    assert "fruit_of_a_test" not in sys.modules
    assert registry.load(places["pear"]) == "green"
    assert registry.load("json") is json
