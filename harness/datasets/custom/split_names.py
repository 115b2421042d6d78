"""The names of splits, and those that other people give them."""

import difflib

from fuseboard.store.embeddings.manifest import SPLITS

OTHERS: dict[str, str] = {
    "training": "train",
    "valid": "val",
    "validation": "val",
    "validate": "val",
    "dev": "val",
    "testing": "test",
    **{name: name for name in SPLITS},
}
"""Name, in small letters -> the split that is probably meant."""


def meant(name: str) -> str | None:
    """Returns the split that a name probably means; None where it means nothing here."""
    return OTHERS.get(name.strip().lower())


def misspelt(name: str) -> str | None:
    """Returns the split that a name means, or nearly is, such as `vall` or `vla`.

    It is for the question alone, never an answer.
    """
    near = difflib.get_close_matches(name.strip().lower(), OTHERS, n=1, cutoff=0.6)
    return OTHERS[near[0]] if near else None
