"""Studies: they raise a value, go on after a kill as if nothing had been, and are never mixed."""

import contextlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import warnings
from pathlib import Path

import optuna
import pytest
from filelock import FileLock

from fuseboard.harness.evaluations.tuning.study import Params, Study
from fuseboard.store.errors import FuseboardError

SPACE = {"x": tuple(range(-8, 9)), "y": (0.1, 0.2, 0.5, 1.0), "z": (1, 3, 5)}
IDENTITY = {"protocol": "p", "space": {name: list(values) for name, values in SPACE.items()}}


def hill(params: Params) -> float:
    """Its only summit is 0, at x = 3, y = 0.5, z = 5; everything else is below."""
    return -(abs(params["x"] - 3) + abs(params["y"] - 0.5) + abs(params["z"] - 5))


def study(folder: Path, seed: int = 42, **changed: object) -> Study:
    return Study(folder, {**IDENTITY, **changed}, SPACE, seed)


def nothing(count: int) -> None:
    pass


def finished(one: Study) -> list[tuple[Params, float]]:
    loaded = optuna.load_study(study_name="tuning", storage=f"sqlite:///{one.path}")
    trials = [trial for trial in loaded.trials if trial.state == optuna.trial.TrialState.COMPLETE]
    return [(trial.params, trial.value) for trial in trials]


def test_the_best_trial_is_the_highest(tmp_path: Path) -> None:
    tried: list[tuple[Params, float]] = []

    def value(params: Params) -> float:
        tried.append((dict(params), hill(params)))
        return tried[-1][1]

    found = study(tmp_path).run(value, 12, nothing)
    values = [value for _, value in tried]
    assert found.value == max(values) > min(values)
    assert found.params == next(params for params, value in tried if value == max(values))
    assert (found.trials, found.ties) == (12, values.count(max(values)))


def test_the_sampler_climbs(tmp_path: Path) -> None:
    found = study(tmp_path).run(hill, 70, nothing)
    trials = [value for _, value in finished(study(tmp_path))]
    assert found.value == pytest.approx(0), "the summit is one point of 204"
    assert sum(trials[-20:]) / 20 > sum(trials[:10]) / 10 + 2, "the last trials lie higher than the ten random ones"


def test_of_equals_the_earliest_counts(tmp_path: Path) -> None:
    first: list[Params] = []

    def level(params: Params) -> float:
        first.append(dict(params))
        return [0.3, 0.1 + 0.2][len(first) % 2 == 0]  # equal but for rounding

    found = study(tmp_path).run(level, 4, nothing)
    assert (found.params, found.ties) == (first[0], 4)


KILLED = """
import os, signal, sys
from pathlib import Path
from test_study import hill, nothing, study

done = 0
def value(params):
    global done
    done += 1
    if done == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return hill(params)

study(Path(sys.argv[1])).run(value, 15, nothing)
"""


@pytest.mark.parametrize("at", [3, 13])
def test_a_killed_study_ends_as_if_it_had_not_been(tmp_path: Path, at: int) -> None:
    """In a random trial, and in one that the sampler chose by those before it."""
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "killed"), str(at)],
        cwd=Path(__file__).parent,
        env={"PYTHONPATH": f"{Path(__file__).parents[4]}"},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    one, fresh, told = study(tmp_path / "killed"), [], []

    def value(params: Params) -> float:
        fresh.append(params)
        return hill(params)

    assert len(finished(one)) == at - 1
    found = one.run(value, 15, told.append)
    assert len(fresh) == 15 - (at - 1), "only what was not finished is run"
    assert told == [at - 1, *[1] * len(fresh)], "the bar begins where the killed one was"
    whole = study(tmp_path / "whole")
    assert found == whole.run(hill, 15, nothing)
    assert finished(one) == finished(whole)
    assert fresh[0] != finished(one)[0][0], "the random sequence does not begin again"


def test_more_trials_go_on_and_fewer_are_the_first(tmp_path: Path) -> None:
    few = study(tmp_path).run(hill, 5, nothing)
    more = study(tmp_path).run(hill, 30, nothing)
    assert more.value > few.value
    assert study(tmp_path).run(lambda _: pytest.fail("a trial was run"), 5, nothing) == few
    assert len(finished(study(tmp_path))) == 30


def test_an_interrupted_trial_is_tried_again(tmp_path: Path) -> None:
    def stopped(_: Params) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        study(tmp_path).run(stopped, 3, nothing)
    assert study(tmp_path).run(hill, 3, nothing) == study(tmp_path / "whole").run(hill, 3, nothing)


def test_studies_of_other_rules_have_files_of_their_own(tmp_path: Path) -> None:
    study(tmp_path).run(hill, 3, nothing)
    study(tmp_path, protocol="q").run(hill, 3, nothing)
    assert len(list(tmp_path.glob("*.sqlite3"))) == 2


def test_a_study_of_another_protocol_is_refused(tmp_path: Path) -> None:
    mine, other = study(tmp_path), study(tmp_path, protocol="q")
    other.run(hill, 3, nothing)
    shutil.copy(other.path, mine.path)
    with pytest.raises(FuseboardError, match=r"\.sqlite3: a study made under another protocol; move the file away"):
        mine.run(hill, 3, nothing)


def test_a_study_that_minimises_is_refused(tmp_path: Path) -> None:
    tmp_path.joinpath("x").mkdir()
    mine = study(tmp_path / "x")
    made = optuna.create_study(storage=f"sqlite:///{mine.path}", study_name="tuning", direction="minimize")
    made.set_user_attr("identity", IDENTITY)
    with pytest.raises(FuseboardError, match="a study made under another direction"):
        mine.run(hill, 3, nothing)


def test_a_damaged_file_is_one_line(tmp_path: Path) -> None:
    mine = study(tmp_path)
    mine.path.write_bytes(b"no database at all" * 99)
    with pytest.raises(FuseboardError, match=r"not a usable study \(.*is not a database\); move the file") as error:
        mine.run(hill, 3, nothing)
    assert "\n" not in str(error.value)


def test_a_file_of_another_optuna_is_one_line(tmp_path: Path) -> None:
    mine = study(tmp_path)
    mine.run(hill, 1, nothing)
    with contextlib.closing(sqlite3.connect(mine.path)) as tables, tables:
        tables.execute("UPDATE alembic_version SET version_num = 'v99.0.0'")
    with pytest.raises(FuseboardError, match=r"not a usable study \(.*table schema.*\); move the file"):
        mine.run(hill, 2, nothing)


def test_two_processes_do_not_share_a_study(tmp_path: Path) -> None:
    mine = study(tmp_path)
    with FileLock(mine.path.with_suffix(".lock")), pytest.raises(FuseboardError, match="another process tunes this"):
        mine.run(hill, 3, nothing)


def test_the_sampler_is_told_of_equals_as_equals(tmp_path: Path) -> None:
    sums, told = iter([0.1 + 0.2, 0.3, 0.2 + 0.1, 0.3, 0.5]), study(tmp_path)
    found = told.run(lambda _: next(sums), 5, nothing)
    assert (found.value, found.ties) == (0.5, 1)
    kept = optuna.load_study(study_name="tuning", storage=f"sqlite:///{told.path}")
    assert [trial.value for trial in kept.trials] == [0.1 + 0.2] * 4 + [0.5]


def test_optuna_says_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        study(tmp_path / "a place with {braces}, 100 % and a ?").run(hill, 12, nothing)
    assert capfd.readouterr() == ("", "")
