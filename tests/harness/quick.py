"""The starter protocol with fewer trees, for tests that want many fits and not good ones."""

from fuseboard.harness.protocols import protocol

_STARTER = protocol.get("starter")
QUICK = _STARTER.model_copy(update={"params": _STARTER.params.model_copy(update={"n_estimators": 6})})
