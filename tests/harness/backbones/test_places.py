"""Places: the real Hub client against a Hub on the loopback, and an address."""

import errno
import functools
import http.server
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import save

from fuseboard.harness.backbones import loaders, weight_sources
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import sha256_of

TINY = {"architecture": "vit_tiny_patch16_224", "kwargs": {"img_size": 32, "num_classes": 0}}
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")


@pytest.fixture(scope="module")
def model() -> torch.nn.Module:
    return timm.create_model("vit_tiny_patch16_224", **TINY["kwargs"]).eval()


def served(hub: Any, card_of: Any, model: Any, tmp_path: Path, **more: Any) -> Any:
    """A card for the loopback's `org/tiny`, which holds the model's weights."""
    data = save(model.state_dict())
    (tmp_path / "same").write_bytes(data)
    revision = hub.repos["org/tiny"].commit({"model.safetensors": data, "README.md": b"x"})
    pins = {"revision": revision, "sha256": sha256_of(tmp_path / "same")}
    return card_of("timm", 192, "cls", **{"hub_id": "org/tiny", "weights": "model.safetensors", **pins, **TINY, **more})


def test_a_pinned_repository(
    hub: Any, card_of: Any, model: Any, tmp_path: Path, normalised: Any, assert_same: Any
) -> None:
    card = served(hub, card_of, model, tmp_path)
    assert_same(card, model(normalised(card)))
    hub.asked.clear()
    assert_same(card, model(normalised(card)))
    assert [path for method, path in hub.asked if method == "GET"] == [], "a pinned file is downloaded once"


def test_weights_in_a_dataset_repository(
    hub: Any, card_of: Any, model: Any, tmp_path: Path, normalised: Any, assert_same: Any
) -> None:
    """PMC-CLIP's lie in one."""
    card = served(hub, card_of, model, tmp_path, hub_type="dataset")
    assert_same(card, model(normalised(card)))
    assert all(path.startswith("/datasets/") for _, path in hub.asked)


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (401, "GatedRepo", "org/tiny is gated: ask for access at http://"),
        (401, "RepoNotFound", "the Hub shows no model repository org/tiny: mend `hub_id`, or log in"),
        (404, "RevisionNotFound", "org/tiny has no commit"),
        (403, "", "the Hub refuses this token org/tiny (403 Forbidden: None): ask for access at"),
    ],
)
def test_a_repository_that_is_closed(
    hub: Any, card_of: Any, model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, code: str,
    message: str,
) -> None:  # fmt: skip
    card = served(hub, card_of, model, tmp_path)
    monkeypatch.setattr(
        hub.RequestHandlerClass, "resolve", lambda self, *a, **k: self.answer(status, {}, {"X-Error-Code": code})
    )
    with pytest.raises(FuseboardError) as caught:
        loaders.load(card)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "hf_only" not in str(caught.value)


def test_a_token_with_odd_letters_is_one_line_that_does_not_show_it(
    hub: Any, card_of: Any, model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = served(hub, card_of, model, tmp_path)
    monkeypatch.setenv("HF_TOKEN", "hf_only\u2013for the test")
    for ask in (weight_sources.newest_revision, weight_sources.fetch):
        with pytest.raises(FuseboardError, match="token has a letter that no token has; set HF_TOKEN again") as caught:
            ask(card)
        assert "hf_only" not in "".join(traceback.format_exception(caught.value))


def test_a_full_disk_is_not_the_network(
    hub: Any, card_of: Any, model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = served(hub, card_of, model, tmp_path)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", full)
    with pytest.raises(FuseboardError, match=r"no space left for its weights in .*hub-cache.*set HF_HUB_CACHE"):
        weight_sources.fetch(card)


def test_no_network_is_one_line_too(
    hub: Any, card_of: Any, model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pinning asks the Hub first; a download would try five times more, in the client's own way."""
    card = served(hub, card_of, model, tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(FuseboardError, match=r"org/tiny cannot be fetched .*; look at the network") as caught:
        weight_sources.newest_revision(card)
    assert "\n" not in str(caught.value)


def test_a_wrong_file_name_is_answered_with_those_that_are_there(
    hub: Any, card_of: Any, model: Any, tmp_path: Path
) -> None:
    card = served(hub, card_of, model, tmp_path, weights="pytorch_model.bin")
    with pytest.raises(FuseboardError, match=r"no file pytorch_model.bin; it has model.safetensors: mend `weights`"):
        loaders.load(card)


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A plain web server over a folder, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "web"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_weights_of_an_address(
    address: str, tmp_path: Path, model: Any, card_of: Any, normalised: Any, assert_same: Any
) -> None:
    """DinoBloom's lie in a Zenodo record."""
    path = tmp_path / "web" / "model.safetensors"
    path.write_bytes(save(model.state_dict()))
    card = card_of("timm", 192, "cls", url=f"{address}/model.safetensors", sha256=sha256_of(path), **TINY)
    assert_same(card, model(normalised(card)))
    path.unlink()
    assert_same(card, model(normalised(card)))
    gone = card_of("timm", 192, "cls", url=f"{address}/gone.pth", sha256="0" * 64, **TINY)
    with pytest.raises(FuseboardError, match=r"gone\.pth cannot be fetched .*404.*; try again later"):
        loaders.load(gone)


def test_a_missing_package_or_file_is_named(card_of: Any, tmp_path: Path) -> None:
    pins = {"sha256": "0" * 64, **TINY}
    with pytest.raises(FuseboardError, match="come with the Python package not_there, which is not installed"):
        loaders.load(card_of("timm", 192, "cls", package="not_there", weights="w.pth", **pins))
    with pytest.raises(FuseboardError, match=r"no file .*none\.pth; mend `file`, which counts from the folder"):
        loaders.load(card_of("timm", 192, "cls", file=str(tmp_path / "none.pth"), **pins))
