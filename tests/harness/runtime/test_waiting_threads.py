"""Threads of OpenMP that wait: they sleep, unless their user decides otherwise."""

import os
import subprocess
import sys

import pytest

SAYS = "import os, fuseboard.harness.cli; print(os.environ['OMP_WAIT_POLICY'])"


@pytest.mark.parametrize(("given", "expected"), [({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE")])
def test_they_sleep_unless_told_otherwise(given: dict[str, str], expected: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    ran = subprocess.run([sys.executable, "-c", SAYS], env={**environment, **given}, capture_output=True, text=True)
    assert ran.stdout.strip() == expected
