"""One thread for every BLAS of a process, SciPy's own among them, whichever is loaded first."""

import subprocess
import sys

import pytest
import threadpoolctl

from fuseboard.harness.classifiers.one_thread import ONE_THREAD

IN_A_NEW_PROCESS = """
import numpy as np
from fuseboard.harness.search import kernel_ridge

asked = kernel_ridge.leave_one_out
threads = []

def looking(*arguments):
    from threadpoolctl import threadpool_info

    found = asked(*arguments)
    threads.extend(each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas")
    return found

kernel_ridge.leave_one_out = looking
rng = np.random.default_rng(0)
kernel_ridge.scores({"a": rng.normal(size=(40, 5))}, np.arange(40) % 2, "binary-class", 2)
print(len(threads) > 3, set(threads))
"""


def test_the_surrogate_runs_in_one_thread_from_its_first_factorisation_on() -> None:
    ran = subprocess.run([sys.executable, "-c", IN_A_NEW_PROCESS], capture_output=True, text=True, check=True)
    assert ran.stdout.split("\n")[0] == "True {1}"


def test_libraries_are_looked_for_once_and_again_when_a_module_was_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    controller = threadpoolctl.ThreadpoolController
    monkeypatch.setattr(threadpoolctl, "ThreadpoolController", lambda: looked.append(1) or controller())
    held = type(ONE_THREAD)().held
    for _ in range(3):
        with held():
            assert {each["num_threads"] for each in controller().info() if each["user_api"] == "blas"} == {1}
    assert len(looked) == 1
    monkeypatch.setitem(sys.modules, "another", sys)
    with held():
        pass
    assert len(looked) == 2
