"""The loopback Hub of `hub_server`, for tests anywhere: a server of their own, and the real client pointed at it."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def server_module(name: str) -> ModuleType:
    """The Hub under a name of its own, so that routes that one suite adds are not those of another."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("hub_server.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def point_at(url: str, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """Lets the real client ask this Hub, with a token and a cache that are only for the test."""
    from huggingface_hub import constants, file_download
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()
    monkeypatch.setattr(constants, "ENDPOINT", url)
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(file_download, "HUGGINGFACE_CO_URL_TEMPLATE", template, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setenv("HF_TOKEN", "hf_only_for_the_test")
