"""Deep grey: images of 16 bits, whose values do not say how bright they are meant to be."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.errors import FuseboardError

Pixels = NDArray[np.uint8]

UNCLEAR_BELOW = 2**14
"""A 16-bit image without a pixel of this value may well have 12 or 14 bits, and would come out nearly black."""


@dataclass(frozen=True)
class Deep:
    """The values of a 16-bit grey image."""

    values: NDArray[np.int64]
    white_is_zero: bool

    @property
    def peak(self) -> int:
        """The largest value."""
        return int(self.values.max())


def scaled(image: Deep, name: str, bits: int | None) -> Pixels:
    """Returns 16-bit grey as 8-bit grey.

    Raises:
        FuseboardError: the values do not say how many bits they use, or use more than was said.
    """
    peak, top = image.peak, 2 ** (bits or 16) - 1
    if bits is None and 0 < peak < UNCLEAR_BELOW:
        fits = max(8, peak.bit_length())
        raise FuseboardError(
            f"{name}: a 16-bit image whose largest value, {peak}, fits into {fits} bits, so how bright it is meant to "
            f"be is not known; say `bits`, {fits} or more"
        )
    if peak > top:
        raise FuseboardError(f"{name}: a pixel of value {peak}, more than {bits or 16} bits hold; mend it or `bits`")
    grey: Pixels = ((image.values * 255 + top // 2) // top).astype(np.uint8)
    return 255 - grey if image.white_is_zero else grey
