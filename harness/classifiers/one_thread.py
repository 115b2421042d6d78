"""One thread for BLAS, while linear heads are fitted."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import Any


class _OneThread:
    """Gives BLAS one thread from the first of several fits that run side by side to the last.

    The solver's calls are many and small, and threads that wait for each other at every one of them made a fit 25
    times slower on two busy cores; it also makes fits alike on any number of cores. Both the limit and the silence
    about the limit of iterations, which is part of the rows' key, belong to the process: so fits are counted.
    """

    def __init__(self) -> None:
        self._lock, self._fits, self._limits = Lock(), 0, ExitStack()
        self._controller: Any = None
        self._modules = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the limit for one fit."""
        import scipy.linalg  # noqa: F401  SciPy has a BLAS of its own, and a limit holds for what is loaded by then

        with self._lock:
            self._fits += 1
            if self._fits == 1:
                self._limits.enter_context(self._loaded().limit(limits=1))
                self._limits.enter_context(warnings.catch_warnings())
                # by its words: scikit-learn's class would load scikit-learn, which takes as long as fifty fits of ridge
                warnings.filterwarnings("ignore", "lbfgs failed to converge")
        try:
            yield
        finally:
            with self._lock:
                self._fits -= 1
                if not self._fits:
                    self._limits.close()

    def _loaded(self) -> Any:
        """Returns the BLAS libraries of the process. Looking for them takes as long as a small fit, so that they are
        looked for again only after a module was imported, which may have loaded another one."""
        from threadpoolctl import ThreadpoolController

        if self._controller is None or len(sys.modules) != self._modules:
            self._controller, self._modules = ThreadpoolController(), len(sys.modules)
        return self._controller


ONE_THREAD = _OneThread()
