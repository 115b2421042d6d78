"""Thumbnails: images made small enough to stand on a page."""

import io

import numpy as np
from numpy.typing import NDArray

EDGE = 96
"""Pixels of the longer side at most; larger images are made smaller."""


def png(image: NDArray[np.uint8], edge: int = EDGE) -> bytes:
    """Encodes pixels as a PNG without metadata, so that the same pixels give the same bytes.

    Args:
        image: (H, W), (H, W, 3) or, with alpha, (H, W, 4).
        edge: pixels of the longer side at most.
    """
    from PIL import Image as pictures

    picture = pictures.fromarray(np.ascontiguousarray(image))
    picture.thumbnail((edge, edge), pictures.Resampling.BICUBIC)
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()
