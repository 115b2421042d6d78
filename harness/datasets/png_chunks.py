"""The chunks of a PNG file, and which of them decide its pixels."""

SIGNATURE = b"\x89PNG\r\n\x1a\n"

DECIDING = frozenset((b"tRNS", b"acTL", b"fcTL", b"fdAT"))
"""Chunks that Pillow needs although a reader may pass over them: transparency, and the frames of an animation."""


def without_metadata(content: bytes) -> bytes:
    """Returns a PNG file without colour profile, text, times and the like, which have nothing to do with the pixels.

    Pillow refuses a whole image for a profile or a text of more than 1 MB, or for one that is damaged; its limit cannot
    be raised for one file alone. What does not look like a chunk stays, for Pillow to judge.
    """
    kept, place = [content[:8]], 8
    while place + 12 <= len(content):
        end = place + 12 + int.from_bytes(content[place : place + 4])
        if end > len(content):
            break
        kind = content[place + 4 : place + 8]
        if not kind[:1].islower() or kind in DECIDING:
            kept.append(content[place:end])
        place = end
    return b"".join((*kept, content[place:]))
