"""What every test relies on."""

import os
import signal

import pytest

if (
    "PYTEST_XDIST_WORKER" in os.environ
):  # there is a process per core already; threads of each would only wait for others
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c_can_be_heard() -> None:
    """A shell that starts a job in the background has it ignore Ctrl-C, and its children would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
