"""Files that other readers pass or refuse wrongly: PNG metadata and damage, TIFF samples, pages, limits."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from fuseboard.harness.backbones.preprocessing import Preprocessing
from fuseboard.harness.datasets import deep_grey, image_check, image_files, image_io, png_chunks
from fuseboard.store.embeddings.reading import PLAIN, Reading
from fuseboard.store.errors import FuseboardError

GREY = np.arange(108, dtype=np.uint8).reshape(12, 9)
MEGABYTES = b"\x5a" * (3 * 2**20)


def both(path: Path) -> np.ndarray:
    """What is read, which the check passes too."""
    image_check.check([path], PLAIN, image_io.LIMIT, "checking")
    return image_io.read(path)


def refused(path: Path, match: str) -> None:
    for look in (lambda: image_io.read(path), lambda: image_check.check([path], PLAIN, image_io.LIMIT, "")):
        with pytest.raises(FuseboardError, match=match):
            look()


def png(**options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(GREY).save(file, "PNG", **options)
    return file.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_a_large_profile_and_a_large_text_of_png_do_not_matter(tmp_path: Path) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("report", "x" * (2 * 2**20), zip=True)
    path = tmp_path / "a.png"
    for options in ({"icc_profile": MEGABYTES}, {"pnginfo": text}):
        path.write_bytes(png(**options))
        np.testing.assert_array_equal(both(path), GREY)
        np.testing.assert_array_equal(image_io.decode(path.read_bytes(), "a"), GREY)


@pytest.mark.parametrize("damage", ["metadata after the pixels", "metadata before them", "no end"])
def test_png_whose_pixels_are_sound_is_read(tmp_path: Path, damage: str) -> None:
    whole, broken = png(), chunk(b"zTXt", b"a\0\0nothing")[:-1] + b"!"
    parts = {
        "metadata after the pixels": whole[:-12] + broken + whole[-12:],
        "metadata before them": whole[:33] + broken + whole[33:],
        "no end": whole[:-12],
    }
    path = tmp_path / "a.png"
    path.write_bytes(parts[damage])
    np.testing.assert_array_equal(both(path), GREY)


@pytest.mark.parametrize("interlaced", [0, 1])
@pytest.mark.parametrize("cut", [True, False])
def test_png_with_too_few_pixels_is_refused_by_both(tmp_path: Path, cut: bool, interlaced: int) -> None:
    header = struct.pack(">IIBBBBB", 9, 12, 8, 0, 0, 0, interlaced)
    rows = b"".join(b"\0" + row.tobytes() for row in GREY)
    packed = zlib.compress(rows)[:30] if cut else zlib.compress(rows[:50])
    path = tmp_path / "a.png"
    path.write_bytes(png_chunks.SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b""))
    refused(path, "not a readable image")


@given(
    st.integers(1, 20), st.integers(1, 20), st.sampled_from([(1, 0), (4, 3), (8, 0), (8, 2), (8, 6), (16, 0), (16, 4)])
)
def test_a_black_png_of_any_form_holds_all_its_rows(width: int, height: int, form: tuple[int, int]) -> None:
    depth, colour = form
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    row = b"\0" * (1 + -(-width * depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour] // 8))
    palette = chunk(b"PLTE", bytes(48)) if colour == 3 else b""
    for rows in (height, height - 1):
        data = chunk(b"IHDR", header) + palette + chunk(b"IDAT", zlib.compress(row * rows)) + chunk(b"IEND", b"")
        assert png_chunks.lacks_rows(png_chunks.SIGNATURE + data) == (rows < height)
    interlaced = header[:-1] + b"\1"
    seen = np.zeros((height, width), int)
    size = 0
    for x, across, y, down in png_chunks.ADAM7:
        part = seen[y::down, x::across]
        part += 1
        size += (
            len(part) * (1 + -(-part.shape[1] * depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour] // 8)) * (part.size > 0)
        )
    assert (seen == 1).all()
    for count in (size, size - 1):
        data = chunk(b"IHDR", interlaced) + palette + chunk(b"IDAT", zlib.compress(bytes(count)))
        assert png_chunks.lacks_rows(png_chunks.SIGNATURE + data) == (count < size)


@given(st.binary(max_size=300), st.integers(0, 400))
def test_what_is_no_chunk_is_left_to_the_decoder(noise: bytes, place: int) -> None:
    content = png()
    place = min(place, len(content))
    spoilt = content[:place] + noise + content[place:]
    kept = png_chunks.without_metadata(spoilt)
    assert len(kept) <= len(spoilt)
    assert kept[:8] == spoilt[:8]
    assert png_chunks.without_metadata(content) == content


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.full((4, 4), -100, np.int8), r"negative pixels \(-100\); window it"),
        (np.full((4, 4), -7, np.int16), r"negative pixels \(-7\)"),
        (np.full((4, 4), 3_000_000_000, np.uint32), "a pixel of value 3000000000, more than 16 bits hold"),
        (np.full((4, 4), 0.5, np.float64), "a TIFF of 1 channel of 64-bit floating-point numbers, which have no fixed"),
        (np.full((4, 4), 0.5, np.float16), "16-bit floating-point"),
        (np.full((4, 4, 3), 0.5, np.float32), "a TIFF of 3 channels of 32-bit floating-point numbers"),
        (np.zeros((4, 4, 5), np.uint8), "a TIFF of 5 channels of 8-bit unsigned numbers, save the one or the three"),
        (np.zeros((4, 4, 2), np.uint16), "a TIFF of 2 channels of 16-bit"),
        (np.zeros((4, 4, 3), np.int16), "a TIFF of 3 channels of 16-bit signed numbers, save it with unsigned"),
        (np.zeros((4, 4), np.uint64), "a TIFF of 1 channel of 64-bit unsigned numbers"),
    ],
)
def test_samples_of_tiff_are_called_what_they_are(tmp_path: Path, values: np.ndarray, message: str) -> None:
    path = tmp_path / "a.tif"
    options = {"photometric": "minisblack", "planarconfig": "contig"} if values.ndim == 3 else {}
    tifffile.imwrite(path, values, **options)
    refused(path, message)
    if values.dtype != np.float16:  # which tifffile does not write as BigTIFF everywhere
        tifffile.imwrite(path, values, bigtiff=True, **options)
        refused(path, message)


def test_samples_of_tiff_that_fit_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, GREY.astype(np.int8))
    np.testing.assert_array_equal(both(path), GREY)
    tifffile.imwrite(path, np.full((4, 4), 2**16 - 1, np.uint32))
    assert both(path).min() == 255


def test_a_page_on_request(tmp_path: Path) -> None:
    pages = [np.roll(GREY, shift, 0) for shift in range(3)]
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.stack(pages), photometric="minisblack")
    refused(path, r"holds 3 images .*or say `page`, for example page = 0")
    for number, wanted in enumerate(pages):
        np.testing.assert_array_equal(image_io.read(path, Reading(page=number)), wanted)
    with pytest.raises(FuseboardError, match="has no page 3, only 3 from 0 on"):
        image_io.read(path, Reading(page=3))
    Image.fromarray(GREY).save(tmp_path / "b.png")
    np.testing.assert_array_equal(image_io.read(tmp_path / "b.png", Reading(page=0)), GREY)


def test_a_limit_of_pixels_is_raised_and_lowered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.png")
    with pytest.raises(FuseboardError, match=r"more than the 107 pixels .*raise `max_pixels`"):
        image_io.read(tmp_path / "a.png", PLAIN, 107)
    assert image_io.read(tmp_path / "a.png", PLAIN, 108).shape == (12, 9)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)  # so that this image is one that Pillow refuses
    monkeypatch.setattr(image_io, "LIMIT", 40)
    with pytest.raises(FuseboardError, match="raise `max_pixels`"):
        image_io.read(tmp_path / "a.png", PLAIN, 40)
    assert image_io.read(tmp_path / "a.png", PLAIN, 108).shape == (12, 9)
    assert Image.MAX_IMAGE_PIXELS == 20


def test_a_black_image_has_any_number_of_bits(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((4, 4), np.uint16)).save(tmp_path / "a.png")
    assert not both(tmp_path / "a.png").any()


@given(st.lists(st.integers(1, 2**16 - 1), min_size=1, max_size=5))
def test_the_hint_fits_all_files(tmp_path_factory: pytest.TempPathFactory, peaks: list[int]) -> None:
    folder = tmp_path_factory.mktemp("deep")
    paths = [folder / f"{number}.png" for number in range(len(peaks))]
    for path, peak in zip(paths, peaks, strict=True):
        Image.fromarray(np.full((2, 2), peak, np.uint16)).save(path)
    try:
        image_check.check(paths, PLAIN, image_io.LIMIT, "")
    except FuseboardError as error:
        bits = int(str(error).rpartition("bits = ")[2])
        image_check.check(paths, Reading(bits=bits), image_io.LIMIT, "")
        if bits > 8:
            assert max(peaks) > 2 ** (bits - 1) - 1 or bits == 16
    else:
        assert min(peaks) >= deep_grey.UNCLEAR_BELOW


def test_a_strip_does_not_fill_the_memory(tmp_path: Path) -> None:
    transform = Preprocessing(
        size=224, resize="shortest", crop=1, interpolation="bicubic", mode="RGB", mean=(0, 0, 0), std=(1, 1, 1)
    )
    for shape in ((20_000, 1), (1, 20_000)):
        with pytest.raises(FuseboardError, match=r"20,000.* is resized to 224 x 4,480,000 before .*crop it"):
            transform.pixels(np.zeros(shape, np.uint8))
    assert transform.pixels(np.zeros((300, 1), np.uint8)).shape == (224, 224, 3)
    stretched = transform.model_copy(update={"resize": "stretch"})
    assert stretched.pixels(np.zeros((20_000, 1), np.uint8)).shape == (224, 224, 3)


def test_a_folder_is_walked_by_one_rule(tmp_path: Path) -> None:
    for name in ("b/1.JFIF", "b/2.jpe", "a.png", "._a.png", ".ipynb_checkpoints/a.png", "notes.txt", "far/c.png"):
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "images" / name).write_bytes(b"")
    (tmp_path / "images" / "link").symlink_to(tmp_path / "images" / "far")
    images, others = image_files.find(tmp_path / "images")
    assert images == ["a.png", "b/1.JFIF", "b/2.jpe", "far/c.png", "link/c.png"]
    assert others == ["notes.txt"]
