"""The import of BioFuse's cache: real pickles of torch become versions, and every doubt is said."""

import csv
import json
import math
import os
import pickle
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseboard.store.embeddings import history, manifest
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.embeddings.stored_name import is_name
from fuseboard.store.embeddings.verify import verify
from fuseboard.store.errors import FuseboardError, UsageError, unknown
from fuseboard.store.files.hashing import sha256_of
from fuseboard.store.remotes.biofuse import cache as biofuse_cache
from fuseboard.store.remotes.biofuse.cache import Imported, Refused, import_cache
from fuseboard.store.remotes.biofuse.models import MODELS, models
from fuseboard.store.store import Store
from fuseboard.store.vectors import row_order, split_import

SHARED = Path(__file__).parents[5] / "shared"


@dataclass
class Fake:
    """A dataset whose official labels are 0, 1, 2, 0, 1, 2, …, or 14 columns of such."""

    task: str = "multi-class"
    label_names: tuple = ("a", "b", "c")
    licence: str = "CC BY 4.0"
    source_md5: str = "0" * 32
    splits: tuple = SPLITS
    at_hand: bool = True
    rows: int = 30

    def labels(self, split):
        if self.task.startswith("multi-label"):
            return (np.arange(self.rows)[:, None] % (2 + np.arange(14)) == 0).astype(np.uint8)
        return (np.arange(self.rows) % 3).astype(np.uint16)


FAKES = {
    "breastmnist": Fake(),
    "breastmnist-28": Fake(),
    "chestmnist": Fake(task="multi-label, binary-class", label_names=tuple("abcdefghijklmn")),
}


def datasets(name):
    if name not in FAKES:
        raise unknown("dataset", name, FAKES)
    return FAKES[name]


@pytest.fixture
def cache(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


def vectors(rows=30, dim=512, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).normal(size=(rows, dim)).astype(dtype)


def dump(folder, name, embeddings, labels, protocol=4):
    (folder / name).write_bytes(pickle.dumps((embeddings, labels), protocol=protocol))


def official(rows=30):
    return np.arange(rows) % 3


def run(root, folder, **options):
    return list(import_cache(root, folder, options.pop("datasets", datasets), **options))


def only(outcomes):
    (outcome,) = outcomes
    return outcome


def version_of(root, backbone):
    (version,) = Store(root, backbone).versions
    return version


def state(root):
    """Every file of the store with the time it was last written."""
    return {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file() and path.suffix != ".lock"}


# What comes of a good file


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_pickle_of_cuda_tensors_becomes_a_version(root, cache, monkeypatch, protocol):
    torch = pytest.importorskip("torch", reason="torch is not installed: real tensors cannot be pickled")
    with monkeypatch.context() as patched:
        patched.setattr(torch.serialization, "location_tag", lambda _: "cuda:0")
        held = torch.tensor(vectors()), torch.tensor(official())
        dump(cache, "breastmnist_BioMedCLIP_224_val.pkl", *held, protocol=protocol)
    done = only(run(root, cache))
    assert (done.dataset, done.split, done.rows, done.order, done.changed) == (
        "breastmnist",
        "val",
        30,
        "official",
        True,
    )
    version = version_of(root, "biomedclip")
    assert done.backbone == version.spec
    blocks = Store(root).blocks("breastmnist", "val", ["biomedclip"])
    assert np.array_equal(blocks.features["biomedclip"], vectors())
    assert np.array_equal(blocks.labels, official())
    assert np.array_equal(blocks.ids, np.arange(30))
    assert verify(root, datasets=datasets).findings == ()


def test_the_manifest_says_where_everything_came_from(root, cache):
    dump(cache, "breastmnist_Prov-GigaPath_224_test.pkl", vectors(dim=1536), official())
    run(root, cache)
    version = version_of(root, "dinov2-giant")
    made = version.manifest
    assert made.identity == {"import": "biofuse-cache", "source": biofuse_cache.ZENODO, "model": "Prov-GigaPath"}
    assert (made.dim, made.dtype, made.canary, made.libraries) == (1536, "float32", (), {})
    assert "vit_giant_patch14_dinov2" in made.about.source
    assert biofuse_cache.ZENODO in made.about.source
    split = made.datasets["breastmnist"].splits["test"]
    assert split.profile is None
    assert split.imported.source == biofuse_cache.ZENODO
    assert split.imported.file == "breastmnist_Prov-GigaPath_224_test.pkl"
    assert split.imported.sha256 == sha256_of(cache / split.imported.file)
    assert "swaps inside one class cannot be seen" in split.imported.proof
    readme = (version.folder / "README.md").read_text()
    assert "row order **official**" in readme
    assert "DINOv2" in readme
    (event,) = history.read(version.folder)
    assert (event.what, event.where, event.datasets) == ("imported", biofuse_cache.ZENODO, {"breastmnist": ("test",)})


def test_names_of_files_in_every_form(root, cache):
    dump(cache, "breastmnist_BioMedCLIP_224_train.pkl", vectors(), official())
    dump(cache, "breastmnist_BioMedCLIP_28_train.pkl", vectors(seed=1), official())
    dump(cache, "BreastMNIST_biomedclip_224_VAL.PKL", vectors(seed=2), official())
    held = {"embeddings": vectors(dim=768, seed=3), "labels": official(), "metadata": {"shape": (30, 768)}}
    (cache / "breastmnist_rad-dino_224_train_v1.pkl").write_bytes(pickle.dumps(held, protocol=5))
    (cache / "metadata.json").write_text("{}")
    (cache / "folder").mkdir()
    done = run(root, cache)
    assert [(d.dataset, d.split) for d in done] == [
        ("breastmnist", "val"), ("breastmnist", "train"), ("breastmnist-28", "train"), ("breastmnist", "train"),
    ]  # fmt: skip
    assert len({d.backbone for d in done}) == 2
    assert {v.manifest.backbone for v in Store(root).versions} == {"biomedclip", "rad-dino"}


@pytest.mark.parametrize(
    ("dtype", "kept", "note"),
    [(np.float16, "float16", ""), (np.float32, "float32", ""), (np.float64, "float32", "rounded to float32")],
)
def test_numbers_keep_their_precision_where_parquet_has_it(root, cache, dtype, kept, note):
    table = vectors(dtype=dtype)
    dump(cache, "breastmnist_CLIP_224_val.pkl", table[:, None], official()[:, None])
    done = only(run(root, cache))
    assert version_of(root, "clip-vit-b32").manifest.dtype == kept
    assert done.proof.endswith(note)
    found = Store(root).blocks("breastmnist", "val", ["clip-vit-b32"]).features["clip-vit-b32"]
    assert np.array_equal(found, table.astype(kept).astype(np.float32))


@pytest.mark.parametrize("shape", [(30, 14), (30, 1, 14)])
def test_labels_of_several_findings_are_kept(root, cache, shape):
    labels = FAKES["chestmnist"].labels("val")
    dump(cache, "chestmnist_CLIP_224_val.pkl", vectors(), labels.reshape(shape).astype(np.int64))
    done = only(run(root, cache))
    assert done.order == "official"
    assert "distinct label sets" in done.proof
    assert np.array_equal(Store(root).blocks("chestmnist", "val", ["clip-vit-b32"]).labels, labels)
    assert not only(run(root, cache)).changed


@pytest.mark.parametrize("labels", [list(official().tolist()), tuple(official().astype(float).tolist())])
def test_labels_may_be_lists(root, cache, labels):
    dump(cache, "breastmnist_CLIP_224_val.pkl", vectors(), labels)
    assert only(run(root, cache)).order == "official"


def test_a_large_split_is_cut_into_shards(root, cache, monkeypatch):
    monkeypatch.setattr(split_import, "SHARD_ROWS", 8)
    dump(cache, "breastmnist_CLIP_224_val.pkl", vectors(), official())
    run(root, cache)
    version = version_of(root, "clip-vit-b32")
    shards = version.manifest.entry("breastmnist", "val").shards
    assert [(s.file, s.rows) for s in shards] == [
        ("val-00000-of-00004.parquet", 8), ("val-00001-of-00004.parquet", 8),
        ("val-00002-of-00004.parquet", 8), ("val-00003-of-00004.parquet", 6),
    ]  # fmt: skip
    blocks = Store(root).blocks("breastmnist", "val", ["clip-vit-b32"])
    assert np.array_equal(blocks.features["clip-vit-b32"], vectors())
    assert verify(root, datasets=datasets).findings == ()


def test_imagenet_has_facts_of_its_own(root, cache):
    labels = np.random.default_rng(0).integers(0, 1000, 30)
    dump(cache, "imagenet_UNI_224_train.pkl", vectors(dim=1024), labels)
    dump(cache, "imagenet_UNI_224_test.pkl", vectors(dim=1024), [f"ILSVRC2012_test_{n:08d}.JPEG" for n in range(30)])
    refused, done = run(root, cache)
    assert refused.file == "imagenet_UNI_224_test.pkl"
    assert "labels are texts such as 'ILSVRC2012_test_00000000.JPEG', so it has nothing to evaluate" in refused.reason
    assert (done.dataset, done.order) == ("biofuse-imagenet", "unknown")
    assert "shuffled the training images" in done.proof
    entry = version_of(root, "uni").manifest.datasets["biofuse-imagenet"]
    assert (entry.task, entry.n_classes, entry.label_names[-1], entry.source_md5) == (
        "multi-class", 1000, "999", "unknown",
    )  # fmt: skip
    assert "non-commercial" in entry.licence


# What is known of the order


def test_an_order_that_is_not_the_official_one_joins_only_its_own_import(root, cache, make_version):
    order = np.random.default_rng(1).permutation(30)
    dump(cache, "breastmnist_CLIP_224_val.pkl", vectors(seed=1)[order], official()[order])
    dump(cache, "breastmnist_UNI_224_val.pkl", vectors(dim=1024, seed=2)[order], official()[order])
    dump(cache, "breastmnist_CONCH_224_val.pkl", vectors(seed=3), official())
    dump(cache, "breastmnist_Hibou-B_224_val.pkl", vectors(dim=768, seed=4)[order[::-1]], official()[order[::-1]])
    orders = {done.file.split("_")[1]: done for done in run(root, cache)}
    assert [orders[m].order for m in ("CLIP", "UNI", "CONCH", "Hibou-B")] == [
        "unknown",
        "unknown",
        "official",
        "unknown",
    ]
    assert "the same labels in another order" in orders["CLIP"].proof
    make_version(root, "extracted", rows=30, dataset="breastmnist")
    blocks = Store(root).blocks
    both = blocks("breastmnist", "val", ["clip-vit-b32", "uni"])
    assert np.array_equal(both.features["uni"], vectors(dim=1024, seed=2)[order])
    assert np.array_equal(both.labels, official()[order])
    blocks("breastmnist", "val", ["conch", "extracted"])
    for pair in (["clip-vit-b32", "extracted"], ["extracted", "clip-vit-b32"], ["uni", "conch"]):
        with pytest.raises(
            FuseboardError, match=r"row order of (clip-vit-b32|uni) is unknown \(imported from 10\.5281"
        ):
            blocks("breastmnist", "val", pair)
    with pytest.raises(FuseboardError, match=r"id \d+ has label \d in clip-vit-b32 but \d in hibou-b"):
        blocks("breastmnist", "val", ["clip-vit-b32", "hibou-b"])


def test_two_imports_of_unknown_order_never_meet(root, cache, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    order = np.random.default_rng(1).permutation(30)
    dump(cache, "breastmnist_CLIP_224_val.pkl", vectors()[order], official()[order])
    dump(other, "breastmnist_UNI_224_val.pkl", vectors(dim=1024)[order], official()[order])
    run(root, cache)
    run(root, other, source="a second extraction")
    with pytest.raises(FuseboardError, match="cannot be matched") as caught:
        Store(root).blocks("breastmnist", "val", ["clip-vit-b32", "uni"])
    assert "\n" not in str(caught.value)
    run(root, other)
    held = [v for v in Store(root).versions if v.manifest.backbone == "uni"]
    (uni,) = [v for v in held if v.manifest.identity["source"] == biofuse_cache.ZENODO]
    Store(root).blocks("breastmnist", "val", ["clip-vit-b32", uni.spec])


def test_official_labels_that_come_later_prove_the_order(root, cache):
    dump(cache, "breastmnist_CLIP_224_val.pkl", vectors(), official())
    absent = lambda name: Fake(at_hand=False)  # noqa: E731
    done = only(run(root, cache, datasets=absent))
    assert done.order == "unknown"
    assert "the official labels of breastmnist were not on this machine, so nothing was compared" in done.proof
    assert "import again" in done.proof
    shards = state(root / "embeddings")
    done = only(run(root, cache))
    assert (done.order, done.changed) == ("official", True)
    folder = version_of(root, "clip-vit-b32").folder
    assert manifest.read(folder).entry("breastmnist", "val").numbering == "official"
    assert "row order **official**" in (folder / "README.md").read_text()
    assert len(history.read(folder)) == 2
    assert {p: t for p, t in state(root / "embeddings").items() if p.suffix == ".parquet"} == {
        p: t for p, t in shards.items() if p.suffix == ".parquet"
    }
    before = state(root)
    done = only(run(root, cache, datasets=absent))
    assert (done.order, done.changed) == ("official", False), "what was proven once stays proven"
    assert state(root) == before


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (official(29), "29 rows, the official split has 30"),
        (np.roll(official(), 1), "the same labels in another order, 30 of 30 rows differ, row 0 first"),
        (np.where(np.arange(30) == 7, 2, official()), "class 1 has 9 rows, 10 are official (2 such differ)"),
    ],
)
def test_the_proof_says_how_the_labels_differ(root, cache, labels, reason):
    dump(cache, "breastmnist_CLIP_224_val.pkl", vectors(len(labels)), labels)
    done = only(run(root, cache))
    assert done.order == "unknown"
    assert done.proof.startswith(f"the label sequence is not the official one: {reason}; class means")


def test_the_proof_says_how_label_sets_differ(root, cache):
    labels = FAKES["chestmnist"].labels("val").copy()
    labels[3, 5] ^= 1
    dump(cache, "chestmnist_CLIP_224_val.pkl", vectors(), labels)
    assert "the label set 0" in only(run(root, cache)).proof


@given(st.lists(st.integers(0, 3), min_size=1, max_size=25))
def test_the_probability_of_a_sequence_is_the_inverse_multinomial(labels):
    counts = [labels.count(value) for value in set(labels)]
    exact = math.factorial(len(labels)) // math.prod(map(math.factorial, counts))
    kinds, chance = row_order.arrangements(np.array(labels))
    assert kinds == len(counts)
    assert math.isclose(math.log10(float(chance)), -math.log10(exact), abs_tol=0.51)
    if exact < 1000:
        assert math.isclose(float(chance), 1 / exact, rel_tol=0.05)


def test_the_real_breastmnist_proves_its_order(root, cache, monkeypatch):
    folder = Path(os.environ.get("MEDMNIST_ROOT") or SHARED / "medmnist")
    if not (folder / "breastmnist_64.npz").is_file():
        pytest.skip("breastmnist_64.npz is not on this machine: point MEDMNIST_ROOT at a folder that has it")
    torch = pytest.importorskip("torch", reason="torch is not installed: real tensors cannot be pickled")
    registry = pytest.importorskip("fuseboard.harness.datasets.registry", reason="the harness's extra is not installed")
    monkeypatch.setenv("MEDMNIST_ROOT", str(folder))
    labels = {split: registry.get("breastmnist-64").labels(split) for split in SPLITS}
    for split in SPLITS:
        held = torch.tensor(vectors(len(labels[split]))), torch.tensor(labels[split].astype(np.int64))
        dump(cache, f"breastmnist_BioMedCLIP_64_{split}.pkl", *held)
    shuffled = torch.randperm(78)
    dump(cache, "breastmnist_UNI_64_val.pkl", torch.tensor(vectors(78, 1024))[shuffled], held[1][:78][shuffled])
    done = {(d.file.split("_")[1], d.split): d for d in run(root, cache, datasets=registry.get)}
    assert [done["BioMedCLIP", split].order for split in SPLITS] == ["official"] * 3
    assert (
        "(78 rows, 2 classes); a random order would show it with probability 1e-19" in done["BioMedCLIP", "val"].proof
    )
    assert done["UNI", "val"].order == "unknown"
    assert verify(root, "biomedclip", registry.get).findings == ()


# A second import


def test_a_second_import_writes_nothing(root, cache):
    for name, seed in (("CLIP", 0), ("CONCH", 1)):
        for split in SPLITS:
            dump(cache, f"breastmnist_{name}_224_{split}.pkl", vectors(seed=seed), official())
    first = run(root, cache)
    before = state(root)
    second = run(root, cache)
    assert state(root) == before
    assert [d.changed for d in first] == [True] * 6
    assert [d.changed for d in second] == [False] * 6
    assert [d.proof for d in first] == [d.proof for d in second]


def test_other_vectors_under_the_same_name_are_refused(root, cache):
    dump(cache, "breastmnist_CLIP_224_val.pkl", vectors(), official())
    run(root, cache)
    before = state(root)
    for other, labels in (
        (vectors(seed=1), official()),
        (vectors(), np.roll(official(), 1)),
        (vectors(29), official(29)),
    ):
        dump(cache, "breastmnist_CLIP_224_val.pkl", other, labels)
        reason = only(run(root, cache)).reason
        assert "holds other vectors of breastmnist val from 10.5281/zenodo.16732578; name another --source" in reason
    assert state(root) == before
    assert only(run(root, cache, source="mine")).changed
    assert len(Store(root, "clip-vit-b32").versions) == 2


def test_the_same_vectors_in_another_file_are_the_same(root, cache):
    dump(cache, "breastmnist_CLIP_224_val.pkl", vectors(), official())
    run(root, cache)
    before = state(root)
    dump(cache, "breastmnist_CLIP_224_val_v1.pkl", vectors().astype(np.float64), official().tolist(), protocol=2)
    assert [d.changed for d in run(root, cache)] == [False, False]
    assert state(root) == before


def test_a_version_has_one_type_of_numbers(root, cache):
    dump(cache, "breastmnist_CLIP_224_test.pkl", vectors(), official())
    dump(cache, "breastmnist_CLIP_224_val.pkl", vectors(dtype=np.float16), official())
    _, refused = run(root, cache)
    assert "holds 512 x float32, not 512 x float16; name another --source" in refused.reason


def test_a_damaged_shard_is_made_again(root, cache):
    dump(cache, "breastmnist_CLIP_224_val.pkl", vectors(), official())
    run(root, cache)
    (path,) = root.rglob("*.parquet")
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    assert only(run(root, cache)).changed
    assert path.read_bytes() == whole
    path.unlink()
    dump(cache, "breastmnist_CLIP_224_val.pkl", vectors(), official().tolist())
    assert "not the file that it was imported from" in only(run(root, cache)).reason


def test_an_import_that_was_killed_lists_no_half_and_goes_on(root, cache, monkeypatch):
    monkeypatch.setattr(split_import, "SHARD_ROWS", 8)
    dump(cache, "breastmnist_CLIP_224_val.pkl", vectors(), official())
    real, written = split_import.shards.write, []

    def dies(path, *arguments):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(path)
        return real(path, *arguments)

    monkeypatch.setattr(split_import.shards, "write", dies)
    with pytest.raises(KeyboardInterrupt):
        run(root, cache)
    assert Store(root).versions == []
    monkeypatch.setattr(split_import.shards, "write", real)
    stray = written[0].parent / "val-00000-of-00009.parquet"
    stray.write_bytes(b"of another killed import")
    before = state(root)
    assert len(before) == 3
    run(root, cache)
    assert [path.stat().st_mtime_ns for path in written] == [before[path] for path in written]
    assert not stray.exists()
    found = Store(root).blocks("breastmnist", "val", ["clip-vit-b32"]).features["clip-vit-b32"]
    assert np.array_equal(found, vectors())


def test_shards_that_another_file_left_are_not_believed(root, cache, monkeypatch):
    dump(cache, "breastmnist_CLIP_224_val.pkl", vectors(seed=9), official())
    with monkeypatch.context() as patched:
        patched.setattr(manifest.Manifest, "write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            run(root, cache)
    assert list(root.rglob("*.parquet"))
    dump(cache, "breastmnist_CLIP_224_val.pkl", vectors(), official())
    run(root, cache)
    found = Store(root).blocks("breastmnist", "val", ["clip-vit-b32"]).features["clip-vit-b32"]
    assert np.array_equal(found, vectors())


# What is refused


def with_cell(value):
    table = vectors()
    table[17, 3] = value
    return table


BAD = {
    "breastmnist_CLIP_224_train.pkl": (vectors(dim=768), official(), "768 numbers per image, CLIP has 512"),
    "breastmnist_Virchow_224_val.pkl": (vectors(), official(), "unknown model 'Virchow' in the BioFuse cache"),
    "catmnist_CLIP_224_val.pkl": (vectors(), official(), "unknown dataset 'catmnist'"),
    "breastmnist_CLIP_96_val.pkl": (vectors(), official(), "unknown dataset 'breastmnist-96'"),
    "breastmnist_CLIP_val.pkl": (vectors(), official(), "is not named DATASET_MODEL_SIZE_SPLIT.pkl"),
    "embeddings.pkl": (vectors(), official(), "is not named DATASET_MODEL_SIZE_SPLIT.pkl"),
    "breastmnist_CLIP_224_dev.pkl": (vectors(), official(), "is not named DATASET_MODEL_SIZE_SPLIT.pkl"),
    "breastmnist_CLIP_224_val_v2.pkl": (vectors(), official(), "is not named DATASET_MODEL_SIZE_SPLIT.pkl"),
    "breastmnist_BioMedCLIP_224_train.pkl": (with_cell(np.nan), official(), "row 17 holds NaN or infinity"),
    "breastmnist_BioMedCLIP_224_val.pkl": (with_cell(-np.inf), official(), "row 17 holds NaN or infinity"),
    "breastmnist_BioMedCLIP_224_test.pkl": (
        with_cell(0).astype(np.float64) * 1e300, official(), "row 0 holds NaN or infinity",
    ),
    "breastmnist_CONCH_224_train.pkl": (vectors(), official(29), "30 vectors but 29 labels"),
    "breastmnist_CONCH_224_val.pkl": (vectors(), official() + 1, "row 2 has label [3]; labels are 0 to 2"),
    "breastmnist_CONCH_224_test.pkl": (vectors(), official() - 1, "row 0 has label [-1]; labels are 0 to 2"),
    "breastmnist_PubMedCLIP_224_train.pkl": (vectors(), official() + 0.5, "row 0 has label [0.5]"),
    "breastmnist_PubMedCLIP_224_val.pkl": (vectors(), np.zeros((30, 3), int), "shape (30, 3), not one per row"),
    "breastmnist_PubMedCLIP_224_test.pkl": (vectors().astype(int), official(), "are int64 of shape (30, 512)"),
    "breastmnist_PubMedCLIP_28_test.pkl": (vectors().ravel(), official(), "of shape (15360,), not floats of N x 512"),
    "breastmnist_PubMedCLIP_28_val.pkl": (
        vectors(), ["a_0.png"] * 30, "its labels are texts such as 'a_0.png', so it has nothing to evaluate",
    ),
    "chestmnist_CLIP_224_val.pkl": (vectors(), official(), "labels of shape (30,), not N x 14"),
    "chestmnist_CLIP_224_test.pkl": (vectors(), np.full((30, 14), 2), "labels are 0 to 1"),
    "breastmnist_UNI_224_val.pkl": ([[0.0]], [0], "holds no array where the embeddings should be"),
}  # fmt: skip


def test_a_bad_file_hides_no_other_and_leaves_nothing(root, cache):
    for name, (embeddings, labels, _) in BAD.items():
        dump(cache, name, embeddings, labels)
    (cache / "breastmnist_UNI2_224_val.pkl").write_bytes(b"\x80\x02cos\nsystem\n(X\x04\x00\x00\x00true\x85R.")
    (cache / "breastmnist_UNI2_224_test.pkl").write_bytes(b"")
    (cache / "folder_CLIP_224_val.pkl").mkdir()
    (cache / "breastmnist_Hibou-B_224_test.pkl").symlink_to(cache / "embeddings.pkl")
    (cache / "evil\n\x1b[2J.pkl").write_bytes(b"")
    dump(cache, "breastmnist_Hibou-B_224_val.pkl", vectors(dim=768), official())
    done = run(root, cache)
    good = [d for d in done if isinstance(d, Imported)]
    refused = {d.file: d.reason for d in done if isinstance(d, Refused)}
    assert [d.file for d in good] == ["breastmnist_Hibou-B_224_val.pkl"]
    assert len(refused) == len(BAD) + 5
    for name, (_, _, reason) in BAD.items():
        assert reason in refused[name]
    assert "refuses os.system" in refused["breastmnist_UNI2_224_val.pkl"]
    assert "is empty" in refused["breastmnist_UNI2_224_test.pkl"]
    assert "is a link or a folder" in refused["folder_CLIP_224_val.pkl"]
    assert "is a link or a folder" in refused["breastmnist_Hibou-B_224_test.pkl"]
    assert all(reason.startswith(name) and reason.isprintable() for name, reason in refused.items())
    assert [v.manifest.backbone for v in Store(root).versions] == ["hibou-b"]
    assert len(list(root.rglob("*.parquet"))) == 1


def test_a_file_that_may_not_be_read_is_refused(root, cache, monkeypatch):
    dump(cache, "breastmnist_CLIP_224_val.pkl", vectors(), official())
    real = Path.open

    def denied(path, *arguments, **options):
        if path.suffix == ".pkl":
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", denied)
    assert "cannot be read (Permission denied)" in only(run(root, cache)).reason


def test_a_full_disk_ends_the_import(root, cache, monkeypatch):
    dump(cache, "breastmnist_CLIP_224_val.pkl", vectors(), official())
    dump(cache, "breastmnist_UNI_224_val.pkl", vectors(dim=1024), official())

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(split_import.shards.pq, "write_table", full)
    with pytest.raises(FuseboardError, match="no space left on the disk"):
        run(root, cache)
    assert Store(root).versions == []


def test_images_of_another_source_are_not_mixed(root, cache):
    dump(cache, "breastmnist_CLIP_224_val.pkl", vectors(), official())
    run(root, cache)
    dump(cache, "breastmnist_CLIP_224_test.pkl", vectors(), official())
    refused = [d for d in run(root, cache, datasets=lambda _: Fake(source_md5="1" * 32)) if isinstance(d, Refused)]
    assert all("holds breastmnist of other images" in d.reason for d in refused)
    assert len(refused) == 2


def test_what_cannot_be_an_import_is_said_at_once(root, cache, tmp_path):
    with pytest.raises(UsageError, match="no such folder"):
        import_cache(root, tmp_path / "nowhere", datasets)
    with pytest.raises(FuseboardError, match=r"there is no file DATASET_MODEL_SIZE_SPLIT\.pkl"):
        import_cache(root, cache, datasets)
    dump(cache, "breastmnist_CLIP_224_val.pkl", vectors(), official())
    for source in ("", "a\nb", "\x1b[2J", "a" * 201):
        with pytest.raises(UsageError, match="1 to 200 printable characters"):
            import_cache(root, cache, datasets, source)


def test_a_package_that_is_missing_is_the_callers_to_mend(root, cache):
    dump(cache, "breastmnist_CLIP_224_val.pkl", vectors(), official())

    def lacking(name):
        raise ModuleNotFoundError("No module named 'medmnist'", name="medmnist")

    with pytest.raises(ModuleNotFoundError):
        run(root, cache, datasets=lacking)


# What the models are


def test_the_models_are_those_of_the_paper():
    known = models()
    assert [m.name for m in known.values()] == [
        "CLIP", "BioMedCLIP", "PubMedCLIP", "CONCH", "UNI", "UNI2", "Prov-GigaPath", "Hibou-B", "rad-dino", "CheXagent",
    ]  # fmt: skip
    assert sum(m.dim for m in known.values() if m.name != "CLIP") == 8576
    assert all(is_name(m.backbone) for m in known.values())
    assert known["prov-gigapath"].backbone == "dinov2-giant"
    assert {m.backbone for m in known.values() if m.about.overlap} == {"rad-dino", "chexagent"}
    for model in known.values():
        closed = (
            "NC" in model.about.licence or model.about.licence == "not stated" or "unverified" in model.about.licence
        )
        assert model.about.redistribution == ("predictions" if closed else "embeddings")
    assert "10.5281/zenodo.16732578" in MODELS.read_text()


def test_the_models_agree_with_the_reference():
    path = SHARED / "reference" / "backbones.csv"
    if not path.is_file():
        pytest.skip("backbones.csv is not on this machine")
    rows = {row["hub_id"]: row for row in csv.DictReader(path.read_text().splitlines())}
    known = models()
    for model in known.values():
        row = rows.get(model.about.source.split(",")[0]) or rows["timm/vit_giant_patch14_dinov2.lvd142m"]
        assert int(row["dim"]) == model.dim
        if row["params_M"] and model.name != "Prov-GigaPath":
            assert math.isclose(model.about.parameters, float(row["params_M"]) * 1e6, rel_tol=0.005)
        assert ("ChestMNIST" in row["contamination_note"]) == ("chestmnist" in model.about.overlap)


@pytest.mark.parametrize("model", models().values(), ids=lambda model: model.name)
def test_the_models_agree_with_the_cards(model):
    path = Path(__file__).parents[4] / "harness" / "backbones" / "cards" / f"{model.backbone}.toml"
    if not path.is_file():
        pytest.skip(f"there is no card of {model.backbone}")
    card = tomllib.loads(path.read_text())
    about = model.about.model_dump(mode="json")
    facts = ("licence", "redistribution", "parameters", "pretraining", "overlap")
    assert {fact: about[fact] for fact in facts} == {fact: card[fact] for fact in facts}
    assert (model.dim, about["paper"]) == (card["dim"], card.get("paper"))


def test_every_model_can_be_imported(root, cache):
    for model in models().values():
        dump(cache, f"breastmnist_{model.name}_224_val.pkl", vectors(6, model.dim), official(6))
    assert all(isinstance(done, Imported) for done in run(root, cache, datasets=lambda _: Fake(rows=6)))
    names = [model.backbone for model in models().values()]
    assert set(Store(root).blocks("breastmnist", "val", names).features) == set(names)
    for version in Store(root).versions:
        assert json.loads((version.folder / manifest.FILE).read_text())["about"]["source"].endswith(
            biofuse_cache.ZENODO
        )
