"""Profiles of forward passes: what is kept is read again, and what is no profile is told."""

from pathlib import Path
from typing import Any

import pytest

from fuseboard.store.files.damage import DamagedFileWarning
from fuseboard.store.results import profiles
from fuseboard.store.results.profiles import Profile


def profile(**facts: Any) -> Profile:
    known = {
        "backbone": "uni", "weights": "random", "parameters": 303, "pixels": 224, "gflops": 123.1, "device": "H, 80",
        "precision": "bf16", "batch_size": 128, "images_per_s": 2665.4, "libraries": {"torch": "2.11"},
    }  # fmt: skip
    return Profile.model_validate(known | facts)


def test_what_is_kept_is_read_again_in_one_order(tmp_path: Path) -> None:
    lacking = {"images_per_s": None, "reason": "out of memory", "created": "2026-11-27T08:00:00Z"}
    rows = [
        profile(),
        profile(precision="fp32", peak_vram_mb=2465.0, note='a "note", of two\nlines'),
        profile(backbone="conch", gflops=None, **lacking),
    ]
    profiles.keep(tmp_path, rows[:1])
    profiles.keep(tmp_path, rows[1:])
    assert profiles.read(tmp_path) == [rows[2], rows[0], rows[1]]
    assert profiles.read(tmp_path / "empty") == []


def test_a_new_measurement_takes_the_place_of_the_old_and_the_stores_own_that_of_the_reference(tmp_path: Path) -> None:
    own, shipped = tmp_path / "own", tmp_path / "shipped"
    profiles.keep(shipped, [profile(images_per_s=1.0), profile(batch_size=1)])
    profiles.keep(own, [profile(images_per_s=2.0)])
    profiles.keep(own, [profile(images_per_s=3.0)])
    found = profiles.read(own, shipped)
    assert [(one.batch_size, one.images_per_s) for one in found] == [(1, 2665.4), (128, 3.0)]


def test_hours_are_those_of_medmnist() -> None:
    assert profile(images_per_s=20.0).hours == pytest.approx(9.834, abs=1e-3)
    assert profile(images_per_s=None, reason="out of memory").hours is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("bf16", "bf16,more", "batch_size: .* is no whole number"),
        ("2665.4", "-1", "images_per_s: .* is too small"),
        ("2665.4", "", "either a speed or the reason"),
        ("\nuni,", "\nconch,", "a row is of conch"),
        ("backbone,", "backbones,", "backbone: is missing"),
        ('"{""torch"": ""2.11""}"', "{", "libraries"),
    ],
)
def test_what_is_no_profile_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    profiles.keep(tmp_path, [profile()])
    path = profiles.path_of(tmp_path, "uni")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.warns(DamagedFileWarning, match=rf"uni\.csv: not a readable .*{said}.* backbones profile uni"):
        profiles.read(tmp_path)
