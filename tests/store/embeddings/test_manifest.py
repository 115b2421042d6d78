import json

import pytest

from fuseboard.store.embeddings import manifest, versions
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files.damage import DamagedFileWarning
from fuseboard.store.store import Store

SHA = "a" * 64


def test_it_reads_back_what_was_written(make_version, root):
    version = make_version(root)
    assert manifest.read(version.folder) == version.manifest


def spoil(*path):
    """A change of one value of the manifest, at a path of keys."""

    def change(data, value):
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = value

    return change


FILE = spoil("datasets", "digits", "splits", "val", "shards", 0, "file")
HOSTILE = [
    *(
        (FILE, name)
        for name in ("../x.parquet", "/etc/passwd", "a/b", "a\\b", "..", ".hidden", "", "a\nb", "a\n", "a\0", "x" * 300)
    ),
    *(
        (FILE, name)
        for name in ("C:x", "~root", "é.parquet", "%2e%2e", "val-00001-of-00002.parquet", "VAL-00001-of-00002.PARQUET")
    ),
    *((spoil("backbone"), name) for name in ("../beta", "/abs", "Alpha", "", "a/b", ".", "x" * 101, "alpha\n")),
    *((spoil("fingerprint"), text) for text in ("0" * 32, "../" + "0" * 29, "A" * 32, "")),
    (spoil("identity", "dim"), 5),
    (spoil("datasets", "digits", "splits", "val", "rows"), 21),
    (spoil("datasets", "digits", "splits", "val", "shards", 0, "rows"), 0),
    (spoil("datasets", "digits", "splits", "val", "shards", 0, "bytes"), -1),
    (spoil("datasets", "digits", "splits", "val", "shards", 0, "bytes"), 1.5),
    (spoil("datasets", "digits", "splits", "val", "shards", 0, "sha256"), "no"),
    (spoil("datasets", "digits", "splits", "extra"), {"rows": 1, "shards": []}),
    (spoil("dim"), 0),
    (spoil("dtype"), "object"),
    (spoil("schema_version"), 2),
    (spoil("about", "redistribution"), "everything"),
    (spoil("unheard_of"), 1),
]


@pytest.mark.parametrize(("change", "value"), HOSTILE)
def test_a_hostile_manifest_is_refused_in_one_line(make_version, root, change, value):
    version = make_version(root)
    path = version.folder / manifest.FILE
    data = json.loads(path.read_text())
    change(data, value)
    path.write_text(json.dumps(data))
    with pytest.raises(FuseboardError, match=r"manifest\.json: ") as caught:
        manifest.read(version.folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["manifest.json", "card.toml", "readme.md", "..", "a/b", "/abs"])
def test_a_dataset_cannot_be_called_like_a_file_or_a_path(make_version, root, name):
    version = make_version(root)
    path = version.folder / manifest.FILE
    data = json.loads(path.read_text())
    data["datasets"][name] = data["datasets"].pop("digits")
    path.write_text(json.dumps(data))
    with pytest.raises(FuseboardError, match=r"manifest\.json: "):
        manifest.read(version.folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "<html>", "\xff"])
def test_what_is_not_a_manifest_is_named(make_version, root, text):
    version = make_version(root)
    (version.folder / manifest.FILE).write_text(text, encoding="latin1")
    with pytest.raises(FuseboardError, match=r"manifest\.json: .*; restore the file"):
        manifest.read(version.folder)


def test_a_manifest_in_another_folder_is_refused(make_version, root):
    version = make_version(root)
    version.folder.rename(version.folder.parent / ("0" * 32))
    with pytest.warns(DamagedFileWarning, match=r"move it to its own folder"):
        assert Store(root).versions == []


def test_a_broken_manifest_does_not_hide_the_others(make_version, root):
    make_version(root)
    broken = make_version(root, "beta").folder
    (broken / manifest.FILE).write_text("{")
    found, wrong = versions.survey(root)
    assert [v.manifest.backbone for v in found] == ["alpha"]
    assert list(wrong) == [broken]
    with pytest.warns(DamagedFileWarning, match=r"beta"):
        assert Store(root).versions == found


def test_a_version_is_found_by_name_and_fingerprint(make_version, root):
    one = make_version(root)
    assert Store(root).version("alpha").spec == one.spec
    two = make_version(root, identity={"crop": 1}, dataset="breastmnist")
    with pytest.raises(FuseboardError, match=rf"2 versions .*{one.spec}"):
        Store(root).version("alpha")
    assert Store(root).version("alpha", "breastmnist").spec == two.spec
    assert Store(root, lambda: {"alpha": one.manifest.fingerprint}).version("alpha").spec == one.spec
    assert Store(root).version(two.spec[:15]).spec == two.spec
    with pytest.raises(UsageError, match=r"unknown backbone 'alhpa'.*did you mean alpha"):
        Store(root).version("alhpa")
    with pytest.raises(UsageError, match=r"unknown version 'alpha@zz'"):
        Store(root).version("alpha@zz")


def test_a_missing_dataset_or_split_is_named(make_version, root):
    manifest_ = make_version(root, splits=("val",)).manifest
    with pytest.raises(FuseboardError, match=r"no embeddings of breastmnist; it has digits"):
        manifest_.entry("breastmnist", "val")
    with pytest.raises(FuseboardError, match=r"no test split of digits, only val"):
        manifest_.entry("digits", "test")
