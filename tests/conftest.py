"""What every test relies on."""

import signal

import pytest


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c_can_be_heard() -> None:
    """A shell that starts a job in the background has it ignore Ctrl-C, and its children would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
