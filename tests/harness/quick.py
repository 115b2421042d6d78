"""The starter protocol with fewer and coarser trees, for tests that want many fits and not good ones."""

from fuseboard.harness.protocols import protocol

_STARTER = protocol.get("starter")
QUICK = _STARTER.model_copy(
    update={"params": _STARTER.params.model_copy(update={"n_estimators": 4, "max_depth": 3, "max_bin": 16})}
)
