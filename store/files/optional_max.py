"""The peak: the most memory that something held, where somebody measured it."""

from collections.abc import Iterable


def largest(peaks: Iterable[float | None]) -> float | None:
    """The largest of some peaks, in their unit; None where none was measured, such as video memory without a GPU."""
    return max((peak for peak in peaks if peak is not None), default=None)
