"""Choices are the answers for everything that a reader may ask: dataset, memory, licence and labelled images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fuseboard.leaderboard.answers.answer import Answer, answer
from fuseboard.leaderboard.answers.needs import LICENCES, MEMORIES, Limits, Needs
from fuseboard.leaderboard.answers.sentences import few_labels, sentences
from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.boards.board_uncertainty import BoardUncertainty
from fuseboard.leaderboard.boards.few_labels import DatasetCurves
from fuseboard.leaderboard.rows.domains import Domains

NONE = "No backbone that was measured here is known to keep these limits."


@dataclass(frozen=True)
class Choice:
    """It is one answer, and all limits that lead to it."""

    limits: tuple[Limits, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class DatasetChoices:
    """It holds what can be asked of one dataset."""

    answer: Answer
    """Without limits."""
    choices: tuple[Choice, ...]
    """The first is that without limits; all limits stand in one of them."""
    few: Mapping[int, str]
    """Labelled images -> what they are enough for, of all backbones; empty where it was not measured."""


def dataset_choices(
    board: Board,
    uncertainty: BoardUncertainty,
    needs: Mapping[str, Needs],
    curves: DatasetCurves | None,
    domains: Domains,
) -> DatasetChoices | None:
    """Return every answer of one board; None where no backbone has a test AUC alone."""
    names = {one.entry.subset[0] for one in board.singles}
    whole = answer(board, uncertainty, needs, names, domains)
    if whole is None:
        return None
    by_backbones: dict[frozenset[str], list[Limits]] = {}
    for limits in every_limit():
        bounded = limits != Limits()
        allowed = frozenset(n for n in names if not bounded or (n in needs and needs[n].within(limits)))
        by_backbones.setdefault(allowed, []).append(limits)
    choices = []
    for allowed, same in by_backbones.items():
        found = answer(board, uncertainty, needs, allowed, domains)
        choices.append(Choice(tuple(same), tuple(sentences(found)) if found else (NONE,)))
    few = {n: few_labels(curves, n) for n in curves.images} if curves else {}
    return DatasetChoices(whole, tuple(choices), few)


def every_limit() -> Sequence[Limits]:
    """Return every combination of limits, that without any first."""
    return [Limits(memory, licence) for licence in LICENCES for memory in (None, *MEMORIES)]
