"""One's own class in one's own file, through a card of one's own."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from fuseboard import cli
from fuseboard.harness.backbones import canary, loaders, pin, registry
from fuseboard.harness.backbones.adaptive_batches import Feeder
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files.hashing import sha256_of

CODE = """
import numpy as np

class Mine:
    def load(self, weights, device):
        self.device, self.weights = device, weights

    def preprocess(self, pixels):
        return pixels.astype(np.float32) / 255

    def encode(self, batch):
        return batch.mean(axis=(1, 2))
"""


PLAIN = {"mean": [0.0] * 3, "std": [1.0] * 3}
NETWORK = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width=3, fails=False):
        super().__init__()
        self.fails = fails
        self.layer = nn.Conv2d(3, width, 1)

    def forward(self, images):
        if self.fails:
            raise ValueError("not\\ntoday")
        return self.layer(images).mean(dim=(2, 3))

def make(width=3):
    return Net(width)

made = Net()
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, card_of: Any) -> Any:
    """Writes the module and gives a card that is pinned to it."""
    monkeypatch.chdir(tmp_path)

    def make(code: str = CODE, dim: int = 3, module: str = "mine:Mine", **more: Any) -> Any:
        Path("mine.py").write_text(code)
        pins = {"module": module, "module_sha256": sha256_of(Path("mine.py"))}
        return card_of("python", dim, **{"pooling": "none", "size": 8, "transform": PLAIN, **pins, **more})

    return make


def test_three_methods_make_a_backbone(write: Any, tmp_path: Path) -> None:
    card = write()
    pixels = np.stack([card.preprocessing.pixels(image) for image in canary.images()])
    np.testing.assert_allclose(canary.vectors(card, loaders.load(card)), pixels.mean(axis=(1, 2)) / 255, rtol=1e-5)
    (tmp_path / "own.toml").write_text(card.toml())
    assert registry.get(str(tmp_path / "own.toml")) == card


def test_tensors_and_pinned_weights_are_welcome(write: Any, tmp_path: Path) -> None:
    save_file({"w": torch.eye(3)}, tmp_path / "w.safetensors")
    code = CODE.replace("self.device, self.weights = device, weights", "self.w = load_file(weights)['w']").replace(
        "return batch.mean(axis=(1, 2))", "return torch.from_numpy(batch.mean(axis=(1, 2))).requires_grad_() @ self.w"
    )
    code = "import torch\nfrom safetensors.torch import load_file\n" + code
    card = write(code, file="w.safetensors", sha256=sha256_of(tmp_path / "w.safetensors"))
    assert canary.vectors(card, loaders.load(card)).dtype == np.float32


def test_changed_code_is_another_version_and_does_not_run(write: Any) -> None:
    card = write()
    changed = write(CODE + "\nopen('ran', 'w')\n")
    assert changed.fingerprint != card.fingerprint
    with pytest.raises(FuseboardError, match=r"mine\.py has SHA-256 .* the code has changed.* say module_sha256 = "):
        loaders.load(card)
    assert not Path("ran").exists()


def test_code_of_an_installed_package_is_not_reached(write: Any, tmp_path: Path) -> None:
    with pytest.raises(FuseboardError, match=r"its code is os\.py, which is not in .*, beside the card"):
        loaders.load(write(module="os:system"))


@pytest.mark.parametrize(
    ("code", "more", "message"),
    [
        (CODE, {"module": "mine:Yours"}, r"mine\.py has no Yours; it has Mine; mend `module`"),
        (
            CODE.replace("def encode", "def embed"),
            {},
            "no torch.nn.Module, and has no method encode; it needs load, preprocess, encode",
        ),
    ],
)
def test_a_class_that_is_not_whole(write: Any, code: str, more: Any, message: str) -> None:
    with pytest.raises(FuseboardError, match=message):
        loaders.load(write(code, **more))


def test_a_width_that_is_not_the_cards(write: Any) -> None:
    card = write(dim=4)
    with pytest.raises(FuseboardError, match=r"mine:Mine made an array \(3, 3\) of 3 images, its card says dim = 4"):
        canary.vectors(card, loaders.load(card))


def test_the_cards_precision_is_what_its_code_computes_in(write: Any) -> None:
    code = "import torch\n" + CODE.replace(
        "return batch.mean(axis=(1, 2))",
        "product = torch.from_numpy(batch.mean(axis=(1, 2))) @ torch.eye(3)\n"
        "        assert torch.backends.cudnn.conv.fp32_precision == 'ieee'\n"
        "        return product.float() * (1 if product.dtype == torch.float32 else -1)",
    )
    card = write(code)
    plain, half = (canary.vectors(one, loaders.load(one)) for one in (card, card.at_precision("bf16")))
    np.testing.assert_allclose(half, -plain, rtol=1e-2)


@pytest.mark.parametrize(("name", "kwargs"), [("Net", {"width": 4}), ("make", {"width": 4}), ("made", {})])
def test_a_network_is_enough(
    write: Any, tmp_path: Path, name: str, kwargs: Any, normalised: Any, assert_same: Any
) -> None:
    width = kwargs.get("width", 3)
    layer = torch.nn.Conv2d(3, width, 1)
    save_file({f"net.layer.{key}": tensor for key, tensor in layer.state_dict().items()}, tmp_path / "w.safetensors")
    pins = {"file": "w.safetensors", "sha256": sha256_of(tmp_path / "w.safetensors"), "prefix": "net."}
    card = write(NETWORK, width, f"mine:{name}", kwargs=kwargs, transform={}, **pins)
    assert_same(card, layer(normalised(card)).mean(dim=(2, 3)))


def test_a_network_without_weights_begins_alike(write: Any) -> None:
    card = write(NETWORK, module="mine:Net", transform={})
    first, again = (canary.vectors(card, loaders.load(card)) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_code_and_weights_are_found_beside_the_card(
    write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weights").mkdir()
    save_file(torch.nn.Conv2d(3, 3, 1).state_dict(), tmp_path / "weights" / "w.safetensors")
    text = write(NETWORK, module="mine:lay", file="weights/w.safetensors", sha256="unpinned").toml()
    (tmp_path / "mine.py").write_text(
        "from torch import nn\nlay = nn.Sequential(nn.Conv2d(3, 3, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())"
    )
    save_file(torch.nn.Sequential(torch.nn.Conv2d(3, 3, 1)).state_dict(), tmp_path / "weights" / "w.safetensors")
    (tmp_path / "tiny.toml").write_text(text.replace(text.split('module_sha256 = "')[1][:64], "unpinned"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert cli.run(["backbones", "pin", "../tiny.toml"]) == 0
    card = registry.get("../tiny.toml")
    assert card.unpinned == ()
    assert canary.vectors(card, loaders.load(card)).shape == (3, 3)
    with pytest.raises(UsageError, match="lies beside its card"):
        pin.write(card, Path("other.toml"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights" / "w.safetensors").unlink()
    with pytest.raises(FuseboardError, match=r"no file .*/weights/w\.safetensors; mend `file`, which counts from"):
        loaders.load(card)


METHODS_OF = "class Mine:\n    def load(self, w, d): {}\n    def preprocess(self, p): {}\n    def encode(self, b): {}\n"


@pytest.mark.parametrize(
    ("code", "more", "message"),
    [
        (CODE, {"transform": {}}, r"the card's `mean` and `std` would do nothing; say mean = \[0.0, 0.0, 0.0\]"),
        (CODE, {"pooling": "cls"}, "pooling = 'cls' would do nothing with mine:Mine"),
        (CODE, {"prefix": "x.", "architecture": "y"}, "`architecture` and `prefix` would do nothing"),
        (NETWORK, {"module": "mine:Net", "prefix": "x."}, "`prefix` would do nothing"),
        (
            NETWORK,
            {"module": "mine:Net", "kwargs": {"fails": True}},
            r"images \(1, 3, 8, 8\): ValueError: not today \(mine.py:13\)",
        ),
        (NETWORK, {"module": "mine:Net", "kwargs": {"widht": 2}}, r"mine:Net: TypeError: .*widht.* \(mine.py\)"),
        (NETWORK, {"module": "mine:Net", "dim": 4}, "its card says dim = 4, the model makes 3 numbers"),
        (
            NETWORK.replace(".mean(dim=(2, 3))", ""),
            {"module": "mine:Net"},
            r"returns a tensor \(1, 3, 8, 8\) of 1 images",
        ),
        (NETWORK.replace("return self.l", "return 1, self.l"), {"module": "mine:Net"}, "returns a tuple of 1 images"),
        (NETWORK + "\nmade = 3", {"module": "mine:made"}, "mine:made is '3'; name a torch.nn.Module"),
        (
            "import numpy\nimport nothing_here\n",
            {},
            r"import: ModuleNotFoundError: .*nothing_here.* \(mine.py:2\); keep",
        ),
        ("x = (\n", {}, r"import: SyntaxError: .* \(mine.py:1\)"),
        ("\nraise SystemExit(3)", {}, r"import: SystemExit: 3 \(mine.py:2\)"),
        (METHODS_OF.format("1 / 0", "1", "1"), {}, r"load: ZeroDivisionError: .* \(mine.py:2\)"),
        (METHODS_OF.format("1", "p.x", "1"), {}, r"preprocess: AttributeError: .* \(mine.py:3\)"),
        (METHODS_OF.format("1", "1", "[][1]"), {}, r"encode: IndexError: .* \(mine.py:4\)"),
    ],
)
def test_what_goes_wrong_is_one_line_with_its_place(write: Any, code: str, more: Any, message: str) -> None:
    card = write(code, **more)
    with pytest.raises(FuseboardError, match=message) as error:
        canary.vectors(card, loaders.load(card))
    assert "\n" not in str(error.value)


def test_memory_that_runs_out_halves_the_batch_as_ever(write: Any) -> None:
    code = CODE.replace("return batch.mean", "if len(batch) > 1: raise MemoryError\n        return batch.mean")
    card = write(code)
    feeder = Feeder(loaders.load(card), 4)
    pixels = np.stack([card.preprocessing.pixels(image) for image in canary.images()])
    assert feeder.submit(pixels)().shape == (3, 3)
