"""The check: every file is read as an extraction would read it, before a model is loaded for it."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from fuseboard.harness.datasets import deep_grey, image_io
from fuseboard.harness.datasets.dataset import WORKERS
from fuseboard.store.embeddings.reading import Reading
from fuseboard.store.errors import FuseboardError, SeveralFaults
from fuseboard.store.files.progress import counting

T = TypeVar("T")

LISTED = 10
"""Images whose faults have a line each, when there are more."""


def check(paths: Sequence[Path], reading: Reading, limit: int, title: str) -> None:
    """Reads every file, and names those that cannot be used.

    Nothing quicker says the same: checksums pass files that no decoder reads, and refuse some that every decoder reads.

    Raises:
        FuseboardError: as `image_io.read`, a line for each of the first such files, and how many more there are. How
            many bits 16-bit images use is said from the largest value of all of them.
    """
    found = each(paths, lambda path: _look(path, reading, limit), title)
    faults = [fault for fault, _ in found if fault]
    if not faults:
        return
    peaks = [peak for _, peak in found if peak is not None]
    more = []
    if peaks:
        top = max(peaks)
        bits = 16 if top >= deep_grey.UNCLEAR_BELOW else max(8, top.bit_length())
        if reading.bits != bits:
            more.append(
                f"the largest value of all {len(peaks):,} images of 16-bit grey is {top:,}, as with bits = {bits}"
            )
    raise error_of(faults, more)


def error_of(faults: Sequence[str], more: Sequence[str] = ()) -> FuseboardError:
    """Returns the error of images that cannot be used: a line each, or the one line of one.

    Args:
        faults: what is wrong with an image, which names its path.
        more: what else is to be said, a line each.
    """
    if len(faults) == 1:
        return FuseboardError("; ".join([*faults, *more]))
    rest = [f"and {len(faults) - LISTED:,} more"] * (len(faults) > LISTED)
    return SeveralFaults(f"{len(faults):,} of these images cannot be used:", [*faults[:LISTED], *rest, *more])


def each(paths: Sequence[Path], do: Callable[[Path], T], title: str) -> list[T]:
    """Does something with every file, in threads, and shows how far it is."""
    done = []
    with ThreadPoolExecutor(WORKERS) as pool, counting(title, len(paths)) as advance:
        try:
            for result in pool.map(do, paths):
                done.append(result)
                advance(1)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return done


def _look(path: Path, reading: Reading, limit: int) -> tuple[str | None, int | None]:
    """Returns what is wrong with a file, and the largest value of 16-bit grey."""
    peak = None
    try:
        found = image_io.look(path, str(path), reading, limit)
        if isinstance(found, deep_grey.Deep):
            peak = found.peak
            deep_grey.scaled(found, str(path), reading.bits)
    except FuseboardError as error:
        return str(error), peak
    return None, peak
