"""One's own class in one's own file, through a card of one's own."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from fuseboard.harness.backbones import canary, loaders, registry
from fuseboard.store.errors import FuseboardError
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


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, card_of: Any) -> Any:
    """Writes the module and gives a card that is pinned to it."""
    monkeypatch.chdir(tmp_path)

    def make(code: str = CODE, dim: int = 3, module: str = "mine:Mine", **more: Any) -> Any:
        Path("mine.py").write_text(code)
        return card_of("python", dim, "none", 8, module=module, module_sha256=sha256_of(Path("mine.py")), **more)

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
    with pytest.raises(FuseboardError, match=r"its code is os\.py, which is not in .*; start fuseboard there"):
        loaders.load(write(module="os:system"))


@pytest.mark.parametrize(
    ("code", "more", "message"),
    [
        (CODE, {"module": "mine:Yours"}, r"mine\.py has no class Yours; mend `module`"),
        (CODE.replace("def encode", "def embed"), {}, "Mine has no method encode; it needs load, preprocess, encode"),
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
