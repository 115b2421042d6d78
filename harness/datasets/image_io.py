"""Pictures: from an image file to the pixels that a backbone's preprocessing takes; what cannot be read is named."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from fuseboard.store.errors import FuseboardError

Pixels = NDArray[np.uint8]

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF", "PPM", "JPEG2000")
"""Pillow knows more, but some of them start other programs, and none of them is a format of medical images."""

ENDINGS = frozenset(
    (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".gif", ".pgm", ".ppm", ".pbm", ".pnm", ".jp2", ".j2k")
)
"""The endings of files that a folder is searched for; what a file is, its content says."""

LIMIT = 2 * (Image.MAX_IMAGE_PIXELS or 0)
"""Pixels of an image at most, Pillow's guard against decompression bombs."""

UNCLEAR_BELOW = 2**14
"""A 16-bit image without a pixel of this value may well have 12 or 14 bits, and would come out nearly black."""

# Of sizes below the limit, and of metadata that has nothing to do with the pixels.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


def read(path: Path, bits: int | None = None) -> Pixels:
    """Returns the pixels of an image file.

    They are what the loaders of the backbones' authors would see (`Image.open(…).convert("RGB")`): palettes, CMYK and
    YCbCr become RGB without colour management, and EXIF orientation is not applied. Grey stays grey, because each
    backbone's preprocessing converts, and alpha is handed on, because that also drops it where its authors did.
    Only 16-bit grey has a rule of its own, since Pillow would clip it: value / (2^bits - 1) of 255, rounded.

    Args:
        path: of the file.
        bits: how many bits the values of 16-bit grey images use; found out for 16 only.

    Returns:
        (H, W), (H, W, 3), or (H, W, 4) with alpha.

    Raises:
        FuseboardError: empty, damaged, no image, too large, several pages, no fixed range of values.
    """
    with _opened(path, str(path)) as picture:
        return _pixels(picture, str(path), bits)


def decode(content: bytes, name: str, bits: int | None = None) -> Pixels:
    """As `read`, from the bytes of a file; `name` stands in the errors."""
    with _opened(io.BytesIO(content), name) as picture:
        return _pixels(picture, name, bits)


def check(path: Path, bits: int | None = None) -> None:
    """Raises what `read` would, in a fraction of its time: PNG by its checksums, JPEG at an eighth of its size."""
    with _opened(path, str(path)) as picture:
        if picture.format == "PNG" and not _has_16_bits(picture):
            picture.verify()
        else:
            picture.draft(None, (1, 1))
            _pixels(picture, str(path), bits)


@contextmanager
def _opened(file: Path | io.BytesIO, name: str) -> Iterator[Any]:
    try:
        with Image.open(file, formats=FORMATS) as picture:
            # The further images of a camera's MPO file are previews of its first.
            if getattr(picture, "is_animated", False) and picture.format != "MPO":
                raise FuseboardError(
                    f"{name}: holds {getattr(picture, 'n_frames', 'several')} images (pages or frames); save the one "
                    "that is meant as a file of its own"
                )
            yield picture
    except FuseboardError:
        raise
    except Image.DecompressionBombError as error:
        raise FuseboardError(
            f"{name}: more than the {LIMIT:,} pixels that are read (a guard against decompression bombs); scale it "
            "down or cut it into tiles"
        ) from error
    except Exception as error:  # Pillow's decoders let nearly anything through when a file is damaged
        raise FuseboardError(f"{name}: not a readable image ({_reason(file, error)}); remove or mend it") from error


def _reason(file: Path | io.BytesIO, error: Exception) -> str:
    if not isinstance(error, UnidentifiedImageError):
        return (str(error).splitlines() or [""])[0] or type(error).__name__
    with file.open("rb") if isinstance(file, Path) else io.BytesIO(file.getvalue()) as start:
        head = start.read(132)
    if not head:
        return "the file is empty"
    if head[128:] == b"DICM":
        return "it is DICOM, to be converted to PNG or TIFF first"
    if head.lstrip()[:1] == b"<":
        return "it is an HTML or XML page"
    return f"its content is none of {', '.join(FORMATS)}"


def _pixels(picture: Any, name: str, bits: int | None) -> Pixels:
    deep = _has_16_bits(picture)
    if picture.mode.startswith("I"):
        return _grey(picture, name, bits)
    if picture.mode == "F":
        raise FuseboardError(f"{name}: floating-point pixels have no fixed range; save it with 8 or 16 bits")
    if picture.mode in ("1", "L"):
        return np.asarray(picture.convert("L"))
    pixels = np.asarray(picture.convert("RGBA" if picture.mode in ("RGBA", "LA", "PA") else "RGB"))
    if deep and (bits not in (None, 16) or pixels[..., :3].max() < UNCLEAR_BELOW >> 8):
        raise FuseboardError(f"{name}: 16-bit colour that does not use all its bits; save it with 8 bits per channel")
    return pixels


def _has_16_bits(picture: Any) -> bool:
    """Says whether Pillow will take only the high byte of every channel, or hand over 16-bit grey."""
    return any(";16" in str(part) for part in picture.tile)


def _grey(picture: Any, name: str, bits: int | None) -> Pixels:
    """Returns 16-bit grey, which also comes as 32-bit integers, as 8-bit grey."""
    values = np.asarray(picture).astype(np.int64)
    peak = int(values.max())
    if values.min() < 0:
        raise FuseboardError(f"{name}: negative pixels ({values.min()}); window it to 8 bits first")
    if bits is None and peak < UNCLEAR_BELOW:
        fits = max(8, peak.bit_length())
        raise FuseboardError(
            f"{name}: a 16-bit image whose largest value, {peak}, fits into {fits} bits, so how bright it is meant to "
            f"be is not known; say `bits`, for example bits = {fits}"
        )
    top = 2 ** (bits or 16) - 1
    if peak > top:
        raise FuseboardError(f"{name}: a pixel of value {peak}, more than {bits or 16} bits hold; mend it or `bits`")
    grey: Pixels = ((values * 255 + top // 2) // top).astype(np.uint8)
    # Of TIFF's WhiteIsZero, Pillow inverts 8-bit images only.
    white_is_zero = picture.format == "TIFF" and picture.tag_v2.get(262) == 0
    return 255 - grey if white_is_zero else grey
