"""Pictures: every kind of image file, and what is none."""

import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from fuseboard.harness.datasets import image_check, image_io
from fuseboard.store.embeddings.reading import Reading
from fuseboard.store.errors import FuseboardError

RNG = np.random.default_rng(7)
COLOUR = RNG.integers(0, 256, (12, 9, 3), dtype=np.uint8)
DEEP = RNG.integers(0, 2**16, (12, 9), dtype=np.uint16)


def check(path: Path, **said: int) -> None:
    image_check.check([path], Reading(**said), image_io.LIMIT, "checking")


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


def deep_png(path: Path, values: np.ndarray, colour_type: int) -> Path:
    """A 16-bit colour PNG, which Pillow reads but does not write."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + parts)
    return path


@pytest.mark.parametrize("mode", ["RGB", "P", "CMYK", "1", "L"])
def test_colours_are_those_that_pillow_converts_to(tmp_path: Path, mode: str) -> None:
    path = saved(tmp_path / "a.tif", Image.fromarray(COLOUR).convert(mode))
    grey = mode in ("1", "L")
    reference = np.asarray(Image.open(path).convert("L" if grey else "RGB"))
    np.testing.assert_array_equal(image_io.read(path), reference)
    assert image_io.read(path).shape == ((12, 9) if grey else (12, 9, 3))
    check(path)


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "bmp", "webp", "gif", "ppm", "jp2"])
def test_every_format_is_read_whatever_its_name(tmp_path: Path, ending: str) -> None:
    path = saved(tmp_path / f"a.{ending}", Image.fromarray(COLOUR))
    expected = np.asarray(Image.open(path).convert("RGB"))
    np.testing.assert_array_equal(image_io.read(path), expected)
    np.testing.assert_array_equal(image_io.decode(path.read_bytes(), "a"), expected)
    np.testing.assert_array_equal(image_io.read(path.rename(tmp_path / "b.png")), expected)


def test_alpha_is_handed_on_and_dropped_like_pillow_drops_it(tmp_path: Path) -> None:
    for mode in ("RGBA", "LA"):
        image = Image.fromarray(np.dstack([COLOUR, COLOUR[..., 0]])).convert(mode)
        pixels = image_io.read(saved(tmp_path / f"{mode}.png", image))
        assert pixels.shape == (12, 9, 4)
        np.testing.assert_array_equal(
            np.asarray(Image.fromarray(pixels).convert("RGB")), np.asarray(image.convert("RGB"))
        )


def test_orientation_in_exif_is_not_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert image_io.read(saved(tmp_path / "a.jpg", Image.fromarray(COLOUR), exif=exif)).shape == (12, 9, 3)


@pytest.mark.parametrize("ending", ["png", "tif", "pgm"])
def test_16_bit_grey_is_scaled(tmp_path: Path, ending: str) -> None:
    path = saved(tmp_path / f"a.{ending}", Image.fromarray(DEEP))
    np.testing.assert_array_equal(image_io.read(path), np.rint(DEEP / 257).astype(np.uint8))
    check(path)


def test_white_is_zero_is_inverted(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.tif", Image.fromarray(DEEP), tiffinfo={262: 0})
    np.testing.assert_array_equal(image_io.read(path), 255 - np.rint(DEEP / 257).astype(np.uint8))


def test_12_bits_in_16_must_be_said(tmp_path: Path) -> None:
    values = DEEP >> 4
    values[0, 0] = 4095
    path = saved(tmp_path / "a.png", Image.fromarray(values))
    for look in (image_io.read, check):
        with pytest.raises(FuseboardError, match=r"a\.png: .*4095, fits into 12 bits.*say `bits`"):
            look(path)
    np.testing.assert_array_equal(image_io.read(path, Reading(bits=12)), np.rint(values / 4095 * 255).astype(np.uint8))
    with pytest.raises(FuseboardError, match="a pixel of value 4095, more than 10 bits hold"):
        image_io.read(path, Reading(bits=10))
    np.testing.assert_array_equal(image_io.read(path, Reading(bits=16)), np.rint(values / 257).astype(np.uint8))


def test_16_bit_colour_is_its_high_byte_unless_that_is_nearly_empty(tmp_path: Path) -> None:
    deep = RNG.integers(0, 2**16, (5, 4, 3), dtype=np.uint16)
    path = deep_png(tmp_path / "a.png", deep, 2)
    np.testing.assert_array_equal(image_io.read(path), deep >> 8)
    np.testing.assert_array_equal(image_io.read(path, Reading(bits=16)), deep >> 8)
    for file, bits in ((path, 12), (deep_png(tmp_path / "b.png", deep >> 4, 2), None)):
        with pytest.raises(FuseboardError, match="16-bit colour that does not use all its bits; save it with 8 bits"):
            image_io.read(file, Reading(bits=bits))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.full((3, 3), -7, np.int32), r"negative pixels \(-7\); window it"),
        (np.full((3, 3), 2**20, np.int32), "a pixel of value 1048576, more than 16 bits hold"),
        (np.full((3, 3), 0.5, np.float32), "floating-point pixels have no fixed range"),
    ],
)
def test_pixels_without_a_fixed_range(tmp_path: Path, values: np.ndarray, message: str) -> None:
    path = saved(tmp_path / "a.tif", Image.fromarray(values))
    for look in (image_io.read, check):
        with pytest.raises(FuseboardError, match=message):
            look(path)


@pytest.mark.parametrize("ending", ["gif", "tif", "png", "webp"])
def test_several_pages_are_refused(tmp_path: Path, ending: str) -> None:
    pages = [Image.fromarray(np.roll(COLOUR, shift, 0)) for shift in range(3)]
    path = saved(tmp_path / f"a.{ending}", pages[0], save_all=True, append_images=pages[1:])
    with pytest.raises(FuseboardError, match=r"holds 3 images \(pages or frames\); save the one that is meant"):
        image_io.read(path)


def test_a_cameras_previews_are_no_pages(tmp_path: Path) -> None:
    image = Image.fromarray(COLOUR)
    path = saved(tmp_path / "a.jpg", image, format="MPO", save_all=True, append_images=[image])
    assert image_io.read(path).shape == COLOUR.shape


def test_one_pixel_is_an_image(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", Image.new("L", (1, 1), 9))
    assert image_io.read(path).tolist() == [[9]]


def test_20_000_pixels_a_side_are_too_many_and_10_000_are_not(tmp_path: Path) -> None:
    huge = saved(tmp_path / "huge.png", Image.new("1", (20_000, 20_000)), compress_level=1)
    for look in (image_io.read, check):
        with pytest.raises(FuseboardError, match=r"huge\.png: more than the 178,956,970 pixels .*scale it down"):
            look(huge)
    large = saved(tmp_path / "large.png", Image.new("1", (10_000, 10_000)), compress_level=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(large)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n<!DOCTYPE html><html>404</html>", "it is an HTML or XML page"),
        (b"\0" * 128 + b"DICM" + b"\0" * 99, "it is DICOM, to be converted to PNG or TIFF first"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "its content is none of PNG, JPEG"),
        (b"hello", "its content is none of PNG, JPEG"),
    ],
)
def test_what_is_no_image_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    for look in (image_io.read, check, lambda path: image_io.decode(path.read_bytes(), str(path))):
        with pytest.raises(FuseboardError, match=rf"a\.png: not a readable image \({message}.*remove or mend it"):
            look(path)


def test_a_file_that_is_not_there_is_said_to_be_that(tmp_path: Path) -> None:
    with pytest.raises(FuseboardError, match=r"a\.png: not a readable image \(no such file or directory\)"):
        image_io.read(tmp_path / "a.png")


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "bmp", "webp", "gif", "ppm"])
def test_a_file_cut_short_is_named_by_both_looks(tmp_path: Path, ending: str) -> None:
    whole = saved(tmp_path / f"whole.{ending}", Image.fromarray(np.tile(COLOUR, (9, 9, 1))))
    path = tmp_path / f"cut.{ending}"
    path.write_bytes(whole.read_bytes()[:-200])
    for look in (image_io.read, check):
        with pytest.raises(FuseboardError, match=rf"cut\.{ending}: not a readable image"):
            look(path)


def files() -> list[bytes]:
    found = []
    for form in ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF", "PPM", "JPEG2000"):
        file = io.BytesIO()
        Image.fromarray(COLOUR).save(file, form)
        found.append(file.getvalue())
    return found


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(files()), st.integers(0, 10_000), st.integers(1, 255), st.booleans())
def test_damage_gives_pixels_or_one_clear_line_and_nothing_else(
    tmp_path: Path, content: bytes, place: int, flip: int, cut: bool
) -> None:
    damaged = bytearray(content)
    damaged[place % len(content)] ^= flip
    path = tmp_path / "a.png"
    path.write_bytes(damaged[: place % len(content)] if cut else damaged)
    answers = []
    for look in (check, image_io.read):
        try:
            look(path)
            answers.append(True)
        except FuseboardError as error:
            assert "\n" not in str(error)  # noqa: PT017
            answers.append(False)
    assert answers[0] == answers[1], "what is checked is what can be read"
