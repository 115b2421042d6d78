"""Licences of weights: which of them are known to allow commercial use, and which forbid it."""

from itertools import pairwise

COMMERCIAL = frozenset({"mit", "apache-2.0", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-4.0"})
"""SPDX names in lower case; of any other licence nobody here says so."""


def allows_commercial_use(licence: str) -> bool:
    """Tell whether a licence is known to allow commercial use; False where nobody here knows."""
    return licence.casefold() in COMMERCIAL


def forbids_commercial_use(licence: str) -> bool:
    """Tell whether a licence says by its name that commercial use is not allowed, such as `CC BY-NC 4.0`."""
    words = licence.casefold().replace("-", " ").replace("_", " ").split()
    return "nc" in words or "noncommercial" in words or ("non", "commercial") in pairwise(words)
