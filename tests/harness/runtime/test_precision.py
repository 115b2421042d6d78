"""What torch computes in while a precision is asked for, and afterwards."""

from threading import Event, Thread

import pytest

torch = pytest.importorskip("torch")

from fuseboard.harness.runtime.precision import against_nan, computing  # noqa: E402
from fuseboard.store.errors import UsageError  # noqa: E402


def settings() -> list[str]:
    cudnn, mkldnn, cuda = torch.backends.cudnn, torch.backends.mkldnn, torch.backends.cuda
    places = (cudnn.conv, cudnn.rnn, cuda.matmul, mkldnn.conv, mkldnn.rnn, mkldnn.matmul)
    return [place.fp32_precision for place in places]


def test_single_precision_is_that_of_ieee_everywhere_and_only_meanwhile() -> None:
    before = settings()
    with computing("fp32", "cuda"):
        assert settings() == ["ieee"] * 6
        assert not torch.is_autocast_enabled("cuda")
    assert settings() == before


def test_tf32_is_asked_for_by_its_name() -> None:
    before = settings()
    with computing("tf32", "cuda:0"):
        assert settings()[:3] == ["tf32"] * 3
    assert settings() == before


@pytest.mark.parametrize(("precision", "dtype"), [("fp16", torch.float16), ("bf16", torch.bfloat16)])
def test_half_precision_leaves_the_rest_to_ieee(precision: str, dtype: torch.dtype) -> None:
    before = settings()
    with computing(precision, "cpu"):
        assert settings() == ["ieee"] * 6
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype
    assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
    assert settings() == before


def test_an_error_meanwhile_leaves_the_settings_as_they_were() -> None:
    before = settings()
    with pytest.raises(ZeroDivisionError), computing("tf32", "cuda"):
        raise ZeroDivisionError
    assert settings() == before


def test_a_cpu_has_no_tf32() -> None:
    with pytest.raises(UsageError, match="tf32 is arithmetic of NVIDIA's GPUs"), computing("tf32", "cpu"):
        pass


def test_threads_share_a_setting_and_the_last_restores_it() -> None:
    before, entered, leave = settings(), Event(), Event()

    def stay() -> None:
        with computing("fp32", "cuda"):
            entered.set()
            leave.wait(10)

    thread = Thread(target=stay)
    with computing("fp32", "cuda"):
        thread.start()
        assert entered.wait(10), "the same setting is no reason to wait"
    assert settings() == ["ieee"] * 6, "another thread still computes"
    other = Thread(target=_enter_and_note, args=(seen := list[list[str]](),))
    other.start()
    assert not seen, "tf32 waits until nobody computes in IEEE's"
    leave.set()
    thread.join(10)
    other.join(10)
    assert seen == [["tf32"] * 3]
    assert settings() == before


def _enter_and_note(seen: list[list[str]]) -> None:
    with computing("tf32", "cuda"):
        seen.append(settings()[:3])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("kind", ["convolution", "product"])
def test_a_gpu_computes_in_what_was_asked_for(kind: str) -> None:
    """Errors relative to float64: a product in TF32 rounds at 2^-11, or 5e-4, one in IEEE single at 2^-24, or 6e-8."""
    generator = torch.Generator().manual_seed(0)
    one = torch.randn(4, 64, 32, 32, generator=generator)
    other = torch.randn(64, 64, 3, 3, generator=generator)

    def compute(images: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        if kind == "convolution":
            return torch.nn.functional.conv2d(images, weights)
        return images.reshape(256, 1024) @ weights.reshape(1024, 36)

    truth = compute(one.double(), other.double())

    def error(precision: str) -> float:
        with computing(precision, "cuda"):
            found = compute(one.cuda(), other.cuda()).double().cpu()
        return float((found - truth).norm() / truth.norm())

    assert error("fp32") < 1e-5
    if torch.cuda.get_device_capability() >= (8, 0):
        assert 5e-5 < error("tf32") < 1e-3


def test_what_helps_against_nan_is_never_the_precision_that_made_it() -> None:
    assert "bf16 or fp32" in against_nan("fp16")
    assert "fp32" in against_nan("bf16")
    assert "--precision" not in against_nan("fp32", "mine")
    assert "backbones check mine" in against_nan("fp32", "mine")
