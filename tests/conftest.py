"""What every test relies on."""

import gc
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from fuseboard.leaderboard.output import duckdb_wasm
from fuseboard.leaderboard.plots import client
from fuseboard.leaderboard.rows import shipped_rows
from fuseboard.leaderboard.site import staleness

SHIPPED = shipped_rows.SHIPPED
BUNDLED = duckdb_wasm.DIST
NOT_CODE = staleness.NOT_CODE

# No example has a deadline: how long one takes says more of what else the machine does than of the code.
hypothesis.settings.register_profile("fuseboard", deadline=None, max_examples=40)
hypothesis.settings.load_profile("fuseboard")

if (
    "PYTEST_XDIST_WORKER" in os.environ
):  # there is a process per core already; threads of each would only wait for others
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than cores: a third of the time a test waits, for a browser, another process or a lock."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """What was imported until now stays, so no later search for garbage has to go through millions of things of it."""
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c_can_be_heard() -> None:
    """A shell that starts a job in the background has it ignore Ctrl-C, and its children would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _no_file_waits_for_the_disk() -> Iterator[None]:
    """What a test writes need not outlive a power cut; a test about `fsync` puts its own in the place of this one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(autouse=True, scope="session")
def _nothing_ships(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A test's board shows what the test measured; one about the rows that ship asks for them with `shipped`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shipped_rows, "SHIPPED", tmp_path_factory.mktemp("ships") / "nothing")
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_database_is_copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nor hashed: the 34 MB of the SQL page, where npm made them, would be most of the work of every site."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb_wasm, "DIST", tmp_path_factory.mktemp("bundled") / "nothing")
        patch.setattr(staleness, "NOT_CODE", {*NOT_CODE, BUNDLED.name})
        yield


@pytest.fixture(autouse=True, scope="session")
def drawing() -> Iterator[Any]:
    """Sites of the same rows hold the same drawings, each of which is made once; returns what makes one anew."""
    made: dict[str, str] = {}
    ask = client.ask

    def asked_once(spec: dict[str, Any], description: str) -> str:
        key = json.dumps([spec, description])
        if key not in made:
            made[key] = ask(spec, description)
        return made[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "ask", asked_once)
        yield ask


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the rows that ship, in its place."""
    monkeypatch.setattr(shipped_rows, "SHIPPED", SHIPPED)
    return SHIPPED
