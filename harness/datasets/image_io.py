"""Pictures: from an image file to the pixels that a backbone's preprocessing takes; what cannot be read is named."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from fuseboard.harness.datasets import png_chunks, tiff_tags
from fuseboard.harness.datasets.dataset import LIMIT
from fuseboard.harness.datasets.deep_grey import UNCLEAR_BELOW, Deep, scaled
from fuseboard.store.embeddings.reading import PLAIN, Reading
from fuseboard.store.errors import FuseboardError

Pixels = NDArray[np.uint8]

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF", "PPM", "JPEG2000")
"""Pillow knows more, but some of them start other programs, and none of them is a format of medical images."""

_pillows_limit = Lock()

# Of sizes below the limit, and of metadata that has nothing to do with the pixels.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


def read(path: Path, reading: Reading = PLAIN, limit: int = LIMIT) -> Pixels:
    """Returns the pixels of an image file.

    They are what the loaders of the backbones' authors would see (`Image.open(…).convert("RGB")`): palettes, CMYK and
    YCbCr become RGB without colour management, and EXIF orientation is not applied (Pillow applies that of TIFF). Grey
    stays grey, because each backbone's preprocessing converts, and alpha is handed on, because that also drops it where
    its authors did. Only 16-bit grey has a rule of its own, since Pillow would clip it: value / (2^bits - 1) of 255,
    rounded.

    Args:
        path: of the file.
        reading: how many bits the values of 16-bit grey images use, found out for 16 only; and which page is meant.
        limit: pixels at most.

    Returns:
        (H, W), (H, W, 3), or (H, W, 4) with alpha.

    Raises:
        FuseboardError: empty, damaged, no image, too large, several pages, no fixed range of values.
    """
    found = look(path, str(path), reading, limit)
    return scaled(found, str(path), reading.bits) if isinstance(found, Deep) else found


def decode(content: bytes, name: str, reading: Reading = PLAIN) -> Pixels:
    """As `read`, from the bytes of a file; `name` stands in the errors."""
    found = look(content, name, reading)
    return scaled(found, name, reading.bits) if isinstance(found, Deep) else found


def of_picture(picture: Image.Image, name: str, reading: Reading = PLAIN) -> Pixels:
    """As `read`, from an image that Pillow has opened or made; `name` stands in the errors."""
    try:
        found = _pixels(picture, name, reading.bits)
    except FuseboardError:
        raise
    except Exception as error:  # of an opened file, which Pillow reads only now
        raise FuseboardError(f"{name}: not a readable image ({error}); leave it out or mend it") from error
    return scaled(found, name, reading.bits) if isinstance(found, Deep) else found


def look(file: Path | bytes, name: str, reading: Reading, limit: int = LIMIT) -> Pixels | Deep:
    """As `read`, but with the values of 16-bit grey as they are: all files together say what they mean."""
    with _opened(file, name, reading.page, limit) as picture:
        return _pixels(picture, name, reading.bits)


@contextmanager
def _opened(file: Path | bytes, name: str, page: int | None, limit: int) -> Iterator[Any]:
    try:
        source = _source(file)
        with _raised(limit), Image.open(source, formats=FORMATS) as picture:
            if picture.width * picture.height > limit:
                raise Image.DecompressionBombError
            # The further images of a camera's MPO file are previews of its first.
            pages = 1 if picture.format == "MPO" else getattr(picture, "n_frames", 1)
            if pages > 1 and page is None:
                raise FuseboardError(
                    f"{name}: holds {pages} images (pages or frames); save the one that is meant as a file of its own, "
                    "or say `page`, for example page = 0"
                )
            if page is not None and page >= pages:
                raise FuseboardError(f"{name}: has no page {page}, only {pages} from 0 on; mend it or `page`")
            if page and pages > 1:
                picture.seek(page)
                if picture.width * picture.height > limit:
                    raise Image.DecompressionBombError
            yield picture
            if picture.format == "PNG" and pages == 1 and isinstance(source, io.BytesIO):
                _refuse_missing_rows(picture, source.getvalue())
    except FuseboardError:
        raise
    except Image.DecompressionBombError as error:
        raise FuseboardError(
            f"{name}: more than the {limit:,} pixels that are read (a guard against decompression bombs); scale it "
            "down, cut it into tiles, or raise `max_pixels`"
        ) from error
    except Exception as error:  # Pillow's decoders let nearly anything through when a file is damaged
        raise FuseboardError(f"{name}: not a readable image ({_reason(file, error)}); remove or mend it") from error


def _refuse_missing_rows(picture: Any, content: bytes) -> None:
    """Raises where a PNG ends early, which Pillow passes over; asked only where its last row is black."""
    last = picture.crop((0, picture.height - 1, picture.width, picture.height))
    if (picture.info.get("interlace") or not np.asarray(last).any()) and png_chunks.lacks_rows(content):
        raise ValueError("it holds fewer rows than it says")


@contextmanager
def _raised(limit: int) -> Iterator[None]:
    """Lets Pillow open and decode more pixels than it otherwise does; of such images one at a time."""
    if limit <= LIMIT:
        yield
        return
    with _pillows_limit:
        before = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _source(file: Path | bytes) -> Path | io.BytesIO:
    """Returns what Pillow opens: the file itself, or what of a PNG decides the pixels."""
    if isinstance(file, Path):
        with file.open("rb") as content:
            if content.read(8) != png_chunks.SIGNATURE:
                return file
            content.seek(0)
            return io.BytesIO(png_chunks.without_metadata(content.read()))
    return io.BytesIO(png_chunks.without_metadata(file) if file.startswith(png_chunks.SIGNATURE) else file)


def _reason(file: Path | bytes, error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()  # without its number and the path, which is named already
    if not isinstance(error, UnidentifiedImageError):
        return (str(error).splitlines() or [""])[0] or type(error).__name__
    with file.open("rb") if isinstance(file, Path) else io.BytesIO(file) as content:
        return _kind(content)


def _kind(content: IO[bytes]) -> str:
    """Returns what the content of a file is that Pillow opens as no image."""
    head = content.read(132)
    content.seek(0)
    if not head:
        return "the file is empty"
    if head[128:] == b"DICM":
        return "it is DICOM, to be converted to PNG or TIFF first"
    if head.lstrip()[:1] == b"<":
        return "it is an HTML or XML page"
    if head[:4] in tiff_tags.SIGNATURES:
        return tiff_tags.unsupported(content) or "its TIFF directory is damaged"
    return f"its content is none of {', '.join(FORMATS)}"


def _pixels(picture: Any, name: str, bits: int | None) -> Pixels | Deep:
    deep = any(
        ";16" in str(part) for part in getattr(picture, "tile", ())
    )  # or Pillow takes only the high byte of every channel
    if picture.mode.startswith("I"):
        return _grey(picture, name)
    if picture.mode == "F":
        raise FuseboardError(f"{name}: floating-point pixels have no fixed range; save it with 8 or 16 bits")
    if picture.mode in ("1", "L"):
        signed = picture.format == "TIFF" and tiff_tags.samples(picture.tag_v2)[1:] == (8, tiff_tags.SIGNED)
        grey = np.asarray(picture.convert("L"))
        if signed:
            _refuse_negative(grey.view(np.int8), name)
        return grey
    pixels = np.asarray(picture.convert("RGBA" if picture.mode in ("RGBA", "LA", "PA") else "RGB"))
    if deep and (bits not in (None, 16) or pixels[..., :3].max() < UNCLEAR_BELOW >> 8):
        raise FuseboardError(f"{name}: 16-bit colour that does not use all its bits; save it with 8 bits per channel")
    return pixels


def _grey(picture: Any, name: str) -> Deep:
    """Returns the values of 16-bit grey, which also comes as 32-bit integers."""
    tags = picture.tag_v2 if picture.format == "TIFF" else {}
    values = np.asarray(picture)
    if tags and tiff_tags.samples(tags)[1:] == (32, tiff_tags.UNSIGNED):
        values = values.astype(np.int32, copy=False).view(np.uint32)
    _refuse_negative(values, name)
    # Of TIFF's WhiteIsZero, Pillow inverts 8-bit images only.
    return Deep(values.astype(np.int64), tags.get(262) == 0)


def _refuse_negative(values: NDArray[Any], name: str) -> None:
    if values.min() < 0:
        raise FuseboardError(f"{name}: negative pixels ({values.min()}); window it to 8 bits first")
