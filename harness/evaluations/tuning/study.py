"""A study: Optuna's trials in a file of the store, so that one that was killed goes on where it was."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from filelock import FileLock, Timeout
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.exceptions import OptunaError
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.statistics.ties import TOLERANCE, level_matrix

NAME = "tuning"
"""Name of the one study in a file."""
IDENTITY = "identity"
"""Its user attribute that says what it is a study of."""

MEND = "move the file away and run this again; the trials' fits are rows of the store, so none is done twice"

Params = dict[str, int | float]


@dataclass(frozen=True)
class Found:
    """What the trials of a study say."""

    params: Params
    """Parameters of the best trial, the earliest of equals."""
    value: float
    ties: int
    """Trials with that value, the best one counted."""
    trials: int


@dataclass(frozen=True)
class Study:
    """Trials that raise a value.

    The sampler is made anew for every trial, from the seed and the number of finished trials. So what a trial is told
    depends on nothing but the finished ones: a study that was killed ends as if it had not been, and does not begin its
    random sequence again, which would repeat its first trials.

    Args:
        folder: where its file lies.
        identity: everything that decides the values, as JSON; the file is named by its hash.
        space: parameter -> the values that it may take.
        seed: of the sampler.
    """

    folder: Path
    identity: Mapping[str, Any]
    space: Mapping[str, Sequence[int | float]]
    seed: int

    @property
    def path(self) -> Path:
        """Path of the SQLite file, which Optuna's own tools read."""
        return self.folder / f"{fingerprint(self.identity)}.sqlite3"

    def run(self, value: Callable[[Params], float], trials: int, advance: Callable[[int], None]) -> Found:
        """Runs the trials that are lacking, and finds the best one.

        Args:
            value: of some parameters, finite, higher is better.
            trials: in all, those of before included; where there are more, the first ones count.
            advance: is told of every trial that is done.

        Raises:
            FuseboardError: the file is damaged or of another study, or another process works on it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.path.with_suffix(".lock"), timeout=0), self._opened() as study:
                return _best(self._finish(study, value, trials, advance))
        except Timeout as error:
            raise FuseboardError(f"{self.path}: another process tunes this; wait until it is done") from error

    def _finish(
        self, study: optuna.Study, value: Callable[[Params], float], trials: int, advance: Callable[[int], None]
    ) -> list[FrozenTrial]:
        for left in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            # The process died in it. To the sampler a failed trial is none.
            study.tell(left.number, state=TrialState.FAIL)
        choices: dict[str, BaseDistribution] = {name: CategoricalDistribution(v) for name, v in self.space.items()}
        done = len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))
        advance(min(done, trials))
        for number in range(done, trials):
            seed = int(np.random.SeedSequence([self.seed, number]).generate_state(1)[0])
            study.sampler = optuna.samplers.TPESampler(seed=seed)
            trial = study.ask(choices)
            study.tell(trial, _tied(study, value(trial.params)))
            advance(1)
        return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))[:trials]

    @contextmanager
    def _opened(self) -> Iterator[optuna.Study]:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            storage = optuna.storages.RDBStorage("sqlite://", engine_kwargs={"creator": self._connect})
        except (SQLAlchemyError, OptunaError, RuntimeError) as error:  # the last for the tables of another Optuna
            raise self._unusable(error) from error
        try:
            study = optuna.create_study(
                storage=storage,
                study_name=NAME,
                direction="maximize",
                load_if_exists=True,
                pruner=optuna.pruners.NopPruner(),
            )
            if differing := self._differing(study):
                raise FuseboardError(f"{self.path}: a study made under another {' and '.join(differing)}; {MEND}")
            yield study
        except (SQLAlchemyError, OptunaError) as error:
            raise self._unusable(error) from error
        finally:
            storage.remove_session()
            storage.engine.dispose()

    def _unusable(self, error: Exception) -> FuseboardError:
        reason = str(error.__cause__ or error).splitlines()[0]
        return FuseboardError(f"{self.path}: not a usable study ({reason}); {MEND}")

    def _connect(self) -> sqlite3.Connection:
        """Does not wait for the disk, a third of a second per trial: a process that is killed loses nothing by it.

        A machine that loses its power may, but the trials' fits are rows, so none of them is lost.
        """
        connection = sqlite3.connect(self.path, check_same_thread=False)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    def _differing(self, study: optuna.Study) -> list[str]:
        """In what a study that lies here is not this one; a new one is marked as this one."""
        own = json.loads(json.dumps(self.identity))
        if not study.trials and IDENTITY not in study.user_attrs:
            study.set_user_attr(IDENTITY, own)
        theirs = study.user_attrs.get(IDENTITY, {})
        differing = [name for name in own if theirs.get(name) != own[name]]
        return differing if study.direction == optuna.study.StudyDirection.MAXIMIZE else ["direction", *differing]


def _tied(study: optuna.Study, value: float) -> float:
    """The value of an earlier trial that ties with this one, else its own: the sampler must not tell equals apart."""
    earlier = [trial.value for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))]
    return next((one for one in earlier if one is not None and abs(one - value) <= TOLERANCE), value)


def _best(finished: Sequence[FrozenTrial]) -> Found:
    values = np.array([trial.value for trial in finished], np.float64)
    levelled = level_matrix(values)
    best = int(levelled.argmax())
    ties = int((levelled == levelled[best]).sum())
    return Found(dict(finished[best].params), float(values[best]), ties, len(finished))
