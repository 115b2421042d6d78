"""The tags of a TIFF file that say what its samples are, where Pillow does not say it."""

from typing import IO, Any

BITS, SAMPLES, FORMAT = 258, 277, 339
UNSIGNED, SIGNED, FLOAT = 1, 2, 3
"""Values of the tag `SampleFormat`."""

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""First bytes of a TIFF or a BigTIFF, in either order of bytes."""


def samples(tags: Any) -> tuple[int, int, int]:
    """Returns how many samples a pixel has, the bits of each, and their format (1 unsigned, 2 signed, 3 float)."""
    return int(tags.get(SAMPLES, 1)), int(tags.get(BITS, (1,))[0]), int(tags.get(FORMAT, (1,))[0])


def unsupported(file: IO[bytes]) -> str | None:
    """Returns what a TIFF holds that Pillow opens as no image; None where its tags cannot be read."""
    from PIL import TiffImagePlugin

    try:
        header = file.read(8)
        header += file.read(8) if b"+" in header[2:4] else b""
        tags = TiffImagePlugin.ImageFileDirectory_v2(header)
        file.seek(tags.next)
        tags.load(file)
        count, bits, form = samples(tags)
    except Exception:  # a damaged directory raises whatever Pillow's parser meets
        return None
    kind = {SIGNED: "signed", FLOAT: "floating-point"}.get(form, "unsigned")
    if form == FLOAT:
        fix = "which have no fixed range; save it with 8 or 16 bits"
    elif count not in (1, 3, 4):
        fix = "save the one or the three that are meant as a file of their own"
    else:
        fix = "save it with unsigned 8 or 16 bits"
    return f"a TIFF of {count} {'channel' if count == 1 else 'channels'} of {bits}-bit {kind} numbers, {fix}"
