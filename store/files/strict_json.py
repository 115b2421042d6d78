"""JSON of values that come from outside: what every reader of JSON takes, whatever a query or a library gave."""

import json
import math
from typing import Any


def dumps(value: Any, indent: int | None = None) -> str:
    """Returns JSON. NaN and infinities, for which it has no number, are null; dates and the like are text."""
    return json.dumps(_plain(value), indent=indent, allow_nan=False, default=str)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
