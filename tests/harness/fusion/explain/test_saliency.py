"""Where an image speaks for an answer: on the patch that decides, and elsewhere once the weights are others."""

import io
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from fuseboard.harness.backbones import registry
from fuseboard.harness.fusion.explain.overlay import EDGE, GAP, draw

torch = pytest.importorskip("torch")
pytest.importorskip("captum", reason="the extra `explain` is not installed")

from fuseboard.harness.backbones.encoder import TorchEncoder  # noqa: E402
from fuseboard.harness.fusion.explain.saliency import of_network  # noqa: E402

SIZE, PATCH = 32, 8
RED, BLUE = (250, 30, 30), (30, 30, 250)


class Tokens(torch.nn.Module):  # type: ignore[misc,name-defined]
    """A vision transformer in small: patches, attention, the mean of the tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.cut = torch.nn.Conv2d(3, 32, 4, stride=4)
        self.attention = torch.nn.MultiheadAttention(32, 2, batch_first=True)
        self.norm = torch.nn.LayerNorm(32)

    def forward(self, images: Any) -> Any:
        tokens = self.cut(images).flatten(2).transpose(1, 2)
        tokens = tokens + 0.1 * self.attention(tokens, tokens, tokens, need_weights=False)[0]
        return torch.nn.functional.gelu(self.norm(tokens)).mean(dim=1)


def convolutions() -> Any:
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 16, 5, stride=2, padding=2),
        torch.nn.ReLU(inplace=True),
        torch.nn.Conv2d(16, 32, 3, stride=2, padding=1),
        torch.nn.ReLU(inplace=True),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
    )


def pictures(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Noise with a blue patch somewhere, in every second image a red one too; whether, and where the red one is."""
    rng = np.random.default_rng(seed)
    images = rng.integers(60, 140, (rows, SIZE, SIZE, 3)).astype(np.uint8)
    has, places = np.arange(rows) % 2, rng.permuted(np.tile(np.arange(16), (rows, 1)), axis=1)[:, :2]
    for image, red, (first, second) in zip(images, has, places, strict=True):
        for place, colour in ((first, RED if red else image[0, 0]), (second, BLUE)):
            top, left = PATCH * (place // 4), PATCH * (place % 4)
            image[top : top + PATCH, left : left + PATCH] = colour
    return images, has, places[:, 0]


class Trained(NamedTuple):
    model: Any
    encoder: TorchEncoder
    direction: np.ndarray


def encoder_of(model: Any) -> TorchEncoder:
    return TorchEncoder(registry.get("efficientnet-lite0"), model, model, "cpu")


@pytest.fixture(scope="module", params=[Tokens, convolutions])
def trained(request: pytest.FixtureRequest) -> Trained:
    """A network that tells images with a red patch from those without, and the direction in which it does."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # such small layers only wait for other threads
    torch.manual_seed(0)
    model, head = request.param(), torch.nn.Linear(32, 1)
    encoder = encoder_of(model)
    model.requires_grad_(True)
    images, has, _ = pictures(320, 0)
    steps = torch.optim.Adam([*model.parameters(), *head.parameters()], 3e-3)
    wanted = torch.tensor(has, dtype=torch.float32)
    for step in range(120):
        rows = slice(32 * (step % 10), 32 * (step % 10) + 32)
        said = head(model(encoder.differentiable(images[rows])[2]))[:, 0]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(said, wanted[rows])
        steps.zero_grad()
        loss.backward()
        steps.step()
    torch.set_num_threads(threads)
    assert loss.item() < 0.1
    return Trained(model, encoder_of(model), head.weight.detach().numpy()[0])


def mass_on(place: int, heat: np.ndarray) -> float:
    whole = np.asarray(Image.fromarray(heat).resize((SIZE, SIZE), Image.Resampling.NEAREST))
    top, left = PATCH * (place // 4), PATCH * (place % 4)
    return float(whole[top : top + PATCH, left : left + PATCH].sum() / whole.sum())


def test_the_mass_lies_on_the_patch_that_decides(trained: Trained) -> None:
    images, _, places = pictures(12, 1)
    found = [of_network(trained.encoder, image, trained.direction) for image in images[1::2]]
    assert {each.method for each in found} == {
        "integrated gradients" if isinstance(trained.model, Tokens) else "Grad-CAM"
    }
    assert all(each.heat.max() == pytest.approx(1) for each in found)
    masses = [mass_on(place, each.heat) for place, each in zip(places[1::2], found, strict=True)]
    assert np.mean(masses) > 0.6  # of a sixteenth of the area


def test_random_weights_and_the_opposite_answer_make_another_map(trained: Trained) -> None:
    """As Adebayo et al. (NeurIPS 2018) ask: what stays when the network forgets shows the image, not the model."""
    images, _, _ = pictures(4, 1)
    torch.manual_seed(7)
    forgotten = [encoder_of(Tokens() if isinstance(trained.model, Tokens) else convolutions()) for _ in range(5)]
    for encoders, sign in ((forgotten, 1), ([trained.encoder], -1)):
        alike = [
            np.corrcoef(
                of_network(trained.encoder, image, trained.direction).heat.ravel(),
                of_network(encoder, image, sign * trained.direction).heat.ravel(),
            )[0, 1]
            for encoder in encoders
            for image in images[1::2]
        ]
        assert np.nanmean(alike) < 0.5


def test_nothing_is_shown_where_nothing_speaks_for_it() -> None:
    assert not of_network(encoder_of(convolutions()), pictures(1, 1)[0][0], np.zeros(32)).heat.any()


def test_an_overlay_is_the_image_and_beside_it_the_colour() -> None:
    pixels = np.full((SIZE, SIZE, 3), 100, np.uint8)
    heat = np.zeros((8, 8), np.float32)
    heat[:4] = 1
    drawn = np.asarray(Image.open(io.BytesIO(draw(pixels, heat))))
    assert drawn.shape == (EDGE, 2 * EDGE + GAP, 3)
    assert (drawn[:, :EDGE] == 100).all()
    upper, lower = drawn[: EDGE // 3, EDGE + GAP :], drawn[-EDGE // 3 :, EDGE + GAP :]
    assert (upper[..., 0] > upper[..., 2]).all()
    assert (lower == 100).all()
