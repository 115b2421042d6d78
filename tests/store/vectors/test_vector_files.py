"""Files of strangers: what is sound is read, what is not is refused in one line, and nothing in it is executed."""

import io
import json
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fuseboard.store.errors import FuseboardError
from fuseboard.store.vectors import vector_files
from fuseboard.store.vectors.found import Wanted

h5py = pytest.importorskip("h5py")
safetensors_numpy = pytest.importorskip("safetensors.numpy")

VECTORS = np.arange(40, dtype=np.float32).reshape(10, 4)
WANTED = Wanted(dim=4, images=10)


def read(place: Path) -> Any:
    return vector_files.read(place, vector_files.listed(place), WANTED)


def refused(place: Path) -> str:
    with pytest.raises(FuseboardError) as error:
        read(place)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 600
    return str(error.value)


def test_safetensors_also_in_bfloat16(tmp_path: Path) -> None:
    path = tmp_path / "b.safetensors"
    safetensors_numpy.save_file({"features": VECTORS, "ids": np.arange(10)}, path)
    [found] = read(path)
    np.testing.assert_array_equal(found.vectors[slice(2, 5)], VECTORS[2:5])
    assert found.ids.tolist() == list(range(10))
    upper = (VECTORS.view(np.uint32) >> 16).astype("<u2")
    header = {"features": {"dtype": "BF16", "shape": [10, 4], "data_offsets": [0, 80]}}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + upper.tobytes())
    [found] = read(path)
    np.testing.assert_array_equal(found.vectors[slice(2, 5)], VECTORS[2:5])


@pytest.mark.parametrize("head", [b"\xff" * 8, struct.pack("<Q", 10) + b"{" * 10, struct.pack("<Q", 2) + b"{}x", b"1"])
def test_safetensors_that_are_none(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "b.safetensors").write_bytes(head)
    said = refused(tmp_path / "b.safetensors")
    assert "not readable as .safetensors" in said or "holds no floats" in said


@pytest.mark.parametrize("form", ["dict", "tensor", "half", "brain", "cuda-like", "strided"])
def test_files_of_torch(tmp_path: Path, form: str) -> None:
    torch = pytest.importorskip("torch")
    tensor, path = torch.from_numpy(VECTORS), tmp_path / "b.pt"
    trees = {
        "dict": {"features": tensor, "ids": [f"{i}.png" for i in range(10)], "labels": np.arange(10), "note": {"a": 1}},
        "tensor": tensor,
        "half": {"embeddings": tensor.half(), "y": [1] * 10},
        "brain": tensor.bfloat16(),
        "cuda-like": {"vectors": torch.cat([tensor, tensor])[10:]},
        "strided": tensor.T.contiguous().T,
    }
    torch.save(trees[form], path)
    [found] = read(path)
    np.testing.assert_array_equal(found.vectors[slice(0, 10)], VECTORS)
    assert (found.ids is not None) == (form == "dict")
    assert found.dtype == (np.float16 if form == "half" else np.float32)


class Gadget:
    """What a hostile file has in it."""

    def __reduce__(self) -> Any:
        return (__import__("os").system, ("touch /tmp/fuseboard-was-here",))


def torch_zip(path: Path, tree: Any, compression: int = zipfile.ZIP_STORED, **parts: bytes) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("b/data.pkl", tree if isinstance(tree, bytes) else pickle.dumps(tree, 2))
        for name, content in parts.items():
            archive.writestr(f"b/{name}", content)
    return path


@pytest.mark.parametrize(
    ("tree", "reason"),
    [
        (Gadget(), "refuses"),
        ({"features": Gadget()}, "refuses"),
        (b"\x80\x02cbuiltins\neval\n(X\x01\x00\x00\x001tR.", "refuses builtins.eval"),
        (b"\x80\x02" + b"(" * 100_000, "end before the pickle does"),
        (b"\x80\x02" + b"]" * 300_000 + b"." + b"", "does not end with one object"),
        (b"\x80\x02X\x01\x00\x00\x00aQ.", "no torch storage"),
        ([1, "a"], "holds no floats"),
        ("a text", "holds no floats"),
    ],
)
def test_files_of_torch_that_are_hostile(tmp_path: Path, tree: Any, reason: str) -> None:
    assert reason in refused(torch_zip(tmp_path / "b.pt", tree))
    assert not Path("/tmp/fuseboard-was-here").exists()


def persistent(key: str, numbers: int, kind: str = "FloatStorage") -> bytes:
    """A tensor of ten rows whose storage is another part of the archive."""
    tuple_ = (
        b"(X\x07\x00\x00\x00storagectorch\n" + kind.encode() + b"\n"
        + b"X" + struct.pack("<I", len(key)) + key.encode() + b"X\x03\x00\x00\x00cpu"
        + b"J" + struct.pack("<i", numbers) + b"tQ"
    )  # fmt: skip
    rest = b"K\x00K\x0aK\x04\x86K\x04K\x01\x86\x89ccollections\nOrderedDict\n)Rt"
    return b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + tuple_ + rest + b"R."


def test_storages_that_are_not_what_they_say(tmp_path: Path) -> None:
    data = VECTORS.tobytes()
    [found] = read(torch_zip(tmp_path / "ok.pt", persistent("0", 40), **{"data/0": data}))
    np.testing.assert_array_equal(found.vectors[slice(0, 10)], VECTORS)
    for number, (tree, parts, reason) in enumerate(
        [
            (persistent("0", 40), {}, "has nothing"),
            (persistent("0", 40), {"data/0": data[:-4]}, "has 156 bytes"),
            (persistent("../../etc/passwd", 40), {"data/0": data}, "has nothing"),
            (persistent("0", 40, "QInt8Storage"), {"data/0": data}, "refuses torch.QInt8Storage"),
            (persistent("0", 40), {"data/0": data, "byteorder": b"big"}, "little-endian"),
            (persistent("0", 10), {"data/0": data[:40]}, "in a storage of 10"),
        ]
    ):
        assert reason in refused(torch_zip(tmp_path / f"{number}.pt", tree, **parts))
    packed = torch_zip(tmp_path / "z.pt", persistent("0", 40), zipfile.ZIP_DEFLATED, **{"data/0": bytes(160)})
    assert "is packed" in refused(packed)


def test_other_files_called_pt(tmp_path: Path) -> None:
    for name, content, reason in (
        ("legacy", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "save it again"),
        ("pickle", pickle.dumps([1.0]), "save it again"),
        ("empty", b"", "is empty"),
        ("cut", b"PK\x03\x04" + bytes(30), "not readable as .pt"),
    ):
        (tmp_path / f"{name}.pt").write_bytes(content)
        assert reason in refused(tmp_path / f"{name}.pt")
    with zipfile.ZipFile(tmp_path / "zip.pt", "w") as archive:
        archive.writestr("readme", "hello")
    assert "not one that torch.save wrote" in refused(tmp_path / "zip.pt")


def test_hdf5_reads_no_other_file(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["features"] = VECTORS
    (tmp_path / "raw").write_bytes(VECTORS.tobytes())

    def soft(file: Any) -> None:
        file["features"] = h5py.SoftLink("/other")

    def beyond(file: Any) -> None:
        file["features"] = h5py.ExternalLink("secret.h5", "/features")

    def external(file: Any) -> None:
        file.create_dataset("features", (10, 4), "f4", external=[(str(tmp_path / "raw"), 0, 160)])

    def virtual(file: Any) -> None:
        layout = h5py.VirtualLayout((10, 4), "f4")
        layout[:] = h5py.VirtualSource(str(tmp_path / "secret.h5"), "features", (10, 4))
        file.create_virtual_dataset("features", layout)

    for make, reason in ((soft, "is a link"), (beyond, "is a link"), (external, "another file"), (virtual, "another")):
        with h5py.File(tmp_path / "b.h5", "w") as file:
            make(file)
        assert reason in refused(tmp_path / "b.h5")


def test_hdf5_that_promises_more_than_memory_holds_is_refused_at_once(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file.create_dataset("features", (10**12, 4), "f4", chunks=(1024, 4))
    assert "1,000,000,000,000 rows" in refused(tmp_path / "b.h5")
    folder = tmp_path / "slides"
    folder.mkdir()
    (tmp_path / "b.h5").rename(folder / "one.h5")
    assert "1,000,000,000,000 patches" in refused(folder)


def test_texts_of_hdf5(tmp_path: Path) -> None:
    for texts in ([f"{i}é.png" for i in range(10)], np.array([f"{i}.png".encode() for i in range(10)])):
        with h5py.File(tmp_path / "b.h5", "w") as file:
            file["features"], file["paths"] = VECTORS, texts
            file.create_group("more")["features"] = VECTORS
        [found] = read(tmp_path / "b.h5")
        assert found.ids.tolist()[0] in ("0é.png", "0.png")


def npz(path: Path, name: str, header: dict[str, Any], data: bytes) -> Path:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, header)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, file.getvalue() + data)
    return path


def test_numpy_that_is_not_what_its_header_says(tmp_path: Path) -> None:
    large = {"descr": "<f4", "fortran_order": False, "shape": (10**9, 4)}
    assert "its header says" in refused(npz(tmp_path / "a.npz", "features.npy", large, b""))
    assert "archive of arrays" in refused(npz(tmp_path / "b.npz", "../../x", large, b""))
    objects = {"descr": "|O", "fortran_order": False, "shape": (10,)}
    assert "nothing is unpickled" in refused(npz(tmp_path / "c.npz", "features.npy", objects, b""))
    np.save(tmp_path / "d.npy", VECTORS)
    (tmp_path / "d.npy").write_bytes((tmp_path / "d.npy").read_bytes()[:-1])
    assert "cut off" in refused(tmp_path / "d.npy")
    np.save(tmp_path / "e.npy", np.array([Gadget()]), allow_pickle=True)
    assert "nothing is unpickled" in refused(tmp_path / "e.npy")
    (tmp_path / "f.npy").write_bytes(pickle.dumps(Gadget()))
    assert "not readable as .npy" in refused(tmp_path / "f.npy")
    (tmp_path / "g.npz").write_bytes(b"PK\x03\x04 and nothing")
    assert "not readable as .npz" in refused(tmp_path / "g.npz")
    assert not Path("/tmp/fuseboard-was-here").exists()


def test_a_bomb_of_zeros_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    header = {"descr": "<f4", "fortran_order": False, "shape": (10**6, 4)}
    assert "1,000,000 rows" in refused(npz(tmp_path / "b.npz", "features.npy", header, bytes(16 * 10**6)))


def test_parquet_that_promises_too_much(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": range(1000), "x": [0.0] * 1000}), tmp_path / "rows.parquet")
    assert "1,000 rows for the dataset's 10 images" in refused(tmp_path / "rows.parquet")
    pq.write_table(pa.table({"id": [0], "x": [[0.0] * 10**6]}), tmp_path / "list.parquet")
    assert "1,000,000 numbers in a column of 1 rows" in refused(tmp_path / "list.parquet")
    pq.write_table(pa.table({f"c{i}": [0.0] for i in range(500)}), tmp_path / "wide.parquet")
    assert "500 columns, the card says dim = 4" in refused(tmp_path / "wide.parquet")
    (tmp_path / "none.parquet").write_bytes(b"PAR1 and nothing PAR1")
    assert "not readable as Parquet" in refused(tmp_path / "none.parquet")
    uneven = pa.table({"id": range(3), "embedding": [[0.0] * 4, [0.0] * 3, None]})
    pq.write_table(uneven, tmp_path / "uneven.parquet")
    assert "row 2: 3 numbers in embedding, the card says dim = 4 (2 of 3 rows are so)" in refused(
        tmp_path / "uneven.parquet"
    )


def test_folders(tmp_path: Path) -> None:
    for number in range(11):
        np.save(tmp_path / f"{number}.npy", VECTORS[0])
    assert "11 files, one for every image" in refused(tmp_path)
    (tmp_path / "10.npy").unlink()
    (tmp_path / ".hidden.npy").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("")
    [found] = read(tmp_path)
    assert (found.count, found.ids.tolist()[:2]) == (10, ["0", "1"])
    (tmp_path / "list.csv").write_text("path,x\n")
    assert "name one table" in refused(tmp_path)


def test_texts_that_are_no_ids_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    header = {"descr": "<U100000000", "fortran_order": False, "shape": (10,)}
    bomb = npz(tmp_path / "a.npz", "ids.npy", header, b"")
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("features.npy", "w") as file:
        np.save(file, VECTORS)
    assert "its header says" in refused(bomb)
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["features"], file["ids"] = VECTORS, ["x" * 2000] * 10
    assert "a text of 2,000 letters, which is no id" in refused(tmp_path / "b.h5")
    # One text of a thousand letters, and a list that names it four million times.
    many = b"\x80\x02}(X\x03\x00\x00\x00ids](X\xe8\x03\x00\x00" + b"a" * 1000 + b"q\x01" + b"h\x01" * 10**6 + b"eu."
    torch_zip(tmp_path / "c.pt", many)
    assert "holds no floats" in refused(tmp_path / "c.pt")
