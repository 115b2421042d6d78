"""Protocols are frozen: a changed choice is a new version."""

from pathlib import Path

import pytest

from fuseboard.harness.classifiers.fusion import all_subsets
from fuseboard.harness.protocols import protocol, reading
from fuseboard.harness.search import strategies
from fuseboard.store.errors import UsageError

FROZEN = {
    ("biofuse-2026", 1): "76ba01ca8f0bf8d42556d718eac048bc",
    ("linear-2026", 1): "eb56fe3028d45fbb254b63540a9762e8",
    ("logistic-2026", 1): "9ebffa80a696a99f455befa95fa5b728",
    ("starter", 1): "26baebd0954e9099d78e855248e72f57",
}

FROZEN_TUNING = {
    ("biofuse-2026", 1): "16468cbc2e4e582858ba6fc597d87b13",
    ("starter", 1): "4896aa288ebf2c25659ee2fd433f0c7c",
}


@pytest.mark.parametrize("name", protocol.names())
def test_a_protocol_does_not_change_under_its_version(name: str) -> None:
    rules = protocol.get(name)
    assert FROZEN[(rules.name, rules.version)] == rules.digest, (
        "choices changed: raise `version` and add its digest here"
    )
    if rules.tuning:
        assert FROZEN_TUNING[(rules.name, rules.version)] == rules.tuned_digest(rules.tuning.trials)
    else:
        assert (rules.name, rules.version) not in FROZEN_TUNING


def test_biofuse_2026_is_the_papers() -> None:
    rules = protocol.get("biofuse-2026")
    assert (rules.params.n_estimators, rules.params.learning_rate, rules.params.max_depth) == (250, 0.1, 6)
    assert rules.selection.metric == "acc"
    assert rules.selection.tie_break == ("backbones", "features", "name")


def test_biofuse_2026_tunes_as_the_paper_does() -> None:
    tuning = protocol.get("biofuse-2026").tuning
    assert tuning is not None
    assert (tuning.trials, len(tuning.seeds)) == (100, 3)
    assert tuning.space == {
        "learning_rate": (0.01, 0.03, 0.05, 0.1, 0.2, 0.3),
        "n_estimators": (100, 250, 500, 750, 1000, 1500),
        "max_depth": (3, 6, 9, 12, 15),
        "max_leaves": (0, 31, 63, 127, 255),
        "min_child_weight": (1, 3, 5, 7),
        "subsample": (0.6, 0.8, 1.0),
        "colsample_bytree": (0.6, 0.8, 1.0),
        "reg_alpha": (0.0, 0.1, 1.0, 10.0),
        "reg_lambda": (0.0, 0.1, 1.0, 10.0),
        "max_bin": (128, 256, 512),
    }


def test_tuning_is_not_in_the_digest_of_a_search_but_parameters_are() -> None:
    rules = protocol.get("biofuse-2026")
    assert rules.model_copy(update={"tuning": None}).digest == rules.digest
    digests = {rules.with_params({name: values[0]}).digest for name, values in rules.tuning.space.items()}
    assert len(digests | {rules.digest}) == len(rules.tuning.space) + 1
    assert rules.with_params({}, seed=43).digest != rules.digest


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "subsample = [0.6, 0.8, 1.0]",
            "subsample = [0.6, 1.8]",
            r"tuning\.space\.subsample: 1\.8: 1\.8 is too large",
        ),
        ("max_bin = [16, 32, 64]", "max_bins = [16, 32]", r"tuning\.space\.max_bins: 16: unknown key 'max_bins'"),
        ("max_bin = [16, 32, 64]", "max_bin = []", r"tuning\.space\.max_bin: .*1 or more"),
        ("seeds = [42, 43, 44]", "seeds = [42, 42]", "a seed is named twice"),
        ("trials = 10", "trials = 0", r"tuning\.trials: 0 is too small; it is 1 or more"),
        ('sampler = "tpe"', 'sampler = "gp"', r"tuning\.sampler: .*known: tpe"),
    ],
)
def test_a_wrong_tuning_section_is_one_line(old: str, new: str, line: str, tmp_path: Path) -> None:
    text = (protocol.FOLDER / "starter.toml").read_text()
    assert old in text
    (tmp_path / "starter.toml").write_text(text.replace(old, new))
    with pytest.raises(UsageError, match=rf"starter\.toml: .*{line}") as error:
        reading.read(tmp_path / "starter.toml")
    assert "\n" not in str(error.value)


def test_unknown_names_are_answered_with_the_near_ones() -> None:
    with pytest.raises(UsageError, match="did you mean biofuse-2026"):
        protocol.get("biofuse")
    with pytest.raises(UsageError, match="did you mean exhaustive"):
        strategies.get("exhaustiv")


def test_exhaustive_is_every_subset_once() -> None:
    subsets = all_subsets(["b", "a", "d", "c"])
    assert len(set(subsets)) == len(subsets) == 15
    assert all(list(subset) == sorted(subset) for subset in subsets)
