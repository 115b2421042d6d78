"""Identity: the hash of everything that decides a vector, and of nothing else."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def fingerprint(identity: Mapping[str, Any]) -> str:
    """Returns 32 hexadecimal digits of SHA-256 over the canonical JSON of an identity.

    Canonical means sorted keys, no white space, and floats in their shortest form that reads back the same, so equal
    identities hash equally on every machine. NaN and infinities are refused, because they do not equal themselves.
    """
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def sha256_of(path: Path) -> str:
    """Returns SHA-256 of a file, in hexadecimal, read as a stream."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
