"""One thread for every BLAS of a process, SciPy's own among them, whichever is loaded first."""

import subprocess
import sys

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
