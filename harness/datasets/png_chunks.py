"""The chunks of a PNG file: which of them decide its pixels, and whether they hold all of them."""

import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"

DECIDING = frozenset((b"tRNS", b"acTL", b"fcTL", b"fdAT"))
"""Chunks that Pillow needs although a reader may pass over them: transparency, and the frames of an animation."""

ADAM7 = ((0, 8, 0, 8), (4, 8, 0, 8), (0, 4, 4, 8), (2, 4, 0, 4), (0, 2, 2, 4), (1, 2, 0, 2), (0, 1, 1, 2))
"""First column and every how many, first row and every how many, of each pass of an interlaced image."""


def without_metadata(content: bytes) -> bytes:
    """Returns a PNG file without colour profile, text, times and the like, which have nothing to do with the pixels.

    Pillow refuses a whole image for a profile or a text of more than 1 MB, or for one that is damaged; its limit cannot
    be raised for one file alone. What does not look like a chunk stays, for Pillow to judge.
    """
    kept, end = [content[:8]], 8
    for kind, start, end in _chunks(content):
        if not kind[:1].islower() or kind in DECIDING:
            kept.append(content[start:end])
    return b"".join((*kept, content[end:]))


def lacks_rows(content: bytes) -> bool:
    """Whether a PNG that Pillow has read holds fewer pixels than it says; Pillow leaves missing ones black."""
    wanted, inflate = _bytes_of_pixels(content), zlib.decompressobj()
    for kind, start, end in _chunks(content):
        if kind == b"IDAT" and wanted > 0:
            data = content[start + 8 : end - 4]
            while data and wanted > 0:
                wanted -= len(inflate.decompress(data, 2**20))
                data = inflate.unconsumed_tail
    return wanted > 0


def _chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Returns kind, start and end of every whole chunk up to the first that is none."""
    start = 8
    while start + 12 <= len(content):
        end = start + 12 + int.from_bytes(content[start : start + 4])
        if end > len(content):
            return
        yield content[start + 4 : start + 8], start, end
        start = end


def _bytes_of_pixels(content: bytes) -> int:
    """Returns how many bytes all rows have, each with its filter's; of an interlaced image those of its passes."""
    width, height = int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    bits = content[24] * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[content[25]]
    passes = ADAM7 if content[28] else ((0, 1, 0, 1),)
    sizes = ((-(-(width - x) // across), -(-(height - y) // down)) for x, across, y, down in passes)
    return sum(rows * (1 + -(-columns * bits // 8)) for columns, rows in sizes if columns > 0 and rows > 0)
