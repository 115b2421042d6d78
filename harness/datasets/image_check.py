"""The check: every file is read as an extraction would read it, before a model is loaded for it."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from fuseboard.harness.datasets import deep_grey, image_io
from fuseboard.harness.datasets.dataset import WORKERS
from fuseboard.store.embeddings.reading import Reading
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.progress import counting

T = TypeVar("T")

IN_FULL, NAMED = 3, 10
"""Files whose faults are said in full, and further ones that are named, when there are more."""


def check(paths: Sequence[Path], reading: Reading, limit: int, title: str) -> None:
    """Reads every file, and names those that cannot be used.

    Nothing quicker says the same: checksums pass files that no decoder reads, and refuse some that every decoder reads.

    Raises:
        FuseboardError: as `image_io.read` of the first such files, with the paths of further ones and their number.
            How many bits 16-bit images use is said from the largest value of all of them.
    """
    found = each(paths, lambda path: _look(path, reading, limit), title)
    faults = [(path, fault) for path, (fault, _) in zip(paths, found, strict=True) if fault]
    if not faults:
        return
    peaks = [peak for _, peak in found if peak is not None]
    more = ""
    if peaks:
        top = max(peaks)
        bits = 16 if top >= deep_grey.UNCLEAR_BELOW else max(8, top.bit_length())
        if reading.bits != bits:
            more += f"; the largest value of all {len(peaks):,} images of 16-bit grey is {top:,}, as with bits = {bits}"
    raise FuseboardError(f"{listed([(path.name, fault) for path, fault in faults])}{more}")


def listed(faults: Sequence[tuple[str, str]]) -> str:
    """Returns the faults of images in one line: the first in full, the names of further ones, and how many there are.

    Args:
        faults: name of an image, and what is wrong with it, which names its path.
    """
    more = f" ({len(faults):,} of these images cannot be used)" if len(faults) > 1 else ""
    if rest := [name for name, _ in faults[IN_FULL:]]:
        more = f" | and {', '.join(rest[:NAMED])}{' …' * (len(rest) > NAMED)}{more}"
    return f"{' | '.join(fault for _, fault in faults[:IN_FULL])}{more}"


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
