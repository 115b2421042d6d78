"""The command beside every row: the real command line takes it, and means the row by it."""

import shlex

import pytest
import typer

from fuseboard import cli
from fuseboard.harness import evaluations
from fuseboard.harness.classifiers.fusion import CONCAT, SOFT_VOTE, WEIGHTED_VOTE
from fuseboard.harness.protocols import protocol
from fuseboard.harness.search import strategies
from fuseboard.leaderboard.rows.reproduce import command, no_command
from fuseboard.store.results.evaluations import EVALUATIONS, PROBE

UNDER_OTHERS = {"singles", "sizes"}
"""Evaluations whose rows are those of the search, and of other evaluations."""


def row(**changes):
    return {
        "evaluation": "fusion",
        "protocol": "biofuse-2026",
        "dataset": "breastmnist-64",
        "subset": ["hog", "pixels"],
        "fingerprints": ["a" * 32, "b" * 32],
        "fusion": CONCAT,
        "device": "cpu",
        "superseded": None,
        **changes,
    }


def parsed(line):
    """(command, parameters) as the command line reads them; nothing is run."""
    program, *words = shlex.split(line)
    assert program == "fuseboard"
    group = typer.main.get_command(cli.app)
    name, found, rest = group.resolve_command(group.make_context(program, words, resilient_parsing=True), words)
    return name, found.make_context(name, rest).params


@pytest.mark.parametrize("evaluation", EVALUATIONS)
def test_every_evaluation_has_a_command_that_the_command_line_takes(evaluation):
    dataset = "breastmnist-64-c" if evaluation.startswith("corruption") else "breastmnist-64"
    name, said = parsed(command(row(evaluation=evaluation, dataset=dataset)))
    assert (said["dataset"], said["protocol"], said["device"]) == ("breastmnist-64", "biofuse-2026", "cpu")
    assert said["protocol"] in protocol.names()
    assert said["backbones"] == (None if evaluation == PROBE.name else "hog,pixels")
    if name == "search":
        assert said["strategy"] in strategies.STRATEGIES
    else:
        assert name == "evaluate"
        assert said["evaluation"] in evaluations.EVALUATIONS


def test_what_the_command_line_evaluates_is_declared_and_the_search_writes_the_rest():
    written_by = {name: command(row(evaluation=name)).split()[1:3] for name in EVALUATIONS}
    evaluated = {name for command, name in written_by.values() if command == "evaluate"}
    assert evaluated == {*evaluations.EVALUATIONS} - UNDER_OTHERS
    assert {command for command, _ in written_by.values()} == {"evaluate", "search"}
    assert all(callable(evaluations.get(name)) for name in evaluations.EVALUATIONS)


@pytest.mark.parametrize(
    ("fusion", "name", "what"),
    [(SOFT_VOTE, "evaluate", ("evaluation", "soft-vote")), (WEIGHTED_VOTE, "search", ("strategy", "ensemble"))],
)
def test_votes_with_and_without_weights(fusion, name, what):
    found, said = parsed(command(row(evaluation="late", fusion=fusion)))
    assert found == name
    assert said[what[0]] == what[1]


def test_fewer_trials_than_the_protocols():
    _, said = parsed(command(row(evaluation="tuned", protocol="biofuse-2026-trials20")))
    assert (said["protocol"], said["trials"]) == ("biofuse-2026", 20)


def test_an_older_version_is_named():
    old = row(superseded="another version of a backbone")
    assert parsed(command(old))[1]["backbones"] == "hog@aaaaaaaaaa,pixels@bbbbbbbbbb"


def test_a_device_with_another_name_is_left_to_the_machine():
    assert parsed(command(row(device="a quantum computer")))[1]["device"] is None
    assert parsed(command(row(device="cuda:1")))[1]["device"] == "cuda:1"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"evaluation": "astrology"}, "no command measures this evaluation"),
        ({"dataset": "x; rm -rf ~"}, "a name that the command line does not take"),
        ({"subset": ["--yes", "pixels"]}, "a name that the command line does not take"),
        ({"protocol": "$(id)"}, "a name that the command line does not take"),
        ({"superseded": "another definition of the protocol"}, "made by another definition of the protocol"),
    ],
)
def test_what_nothing_measures_again_has_a_reason(changes, why):
    assert command(row(**changes)) is None
    assert why in no_command(row(**changes))
