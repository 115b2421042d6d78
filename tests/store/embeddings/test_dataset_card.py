import re
import subprocess
import sys

import pytest
import yaml

from fuseboard.store.embeddings import dataset_card


def parts(text):
    _, front, body = text.split("---\n", 2)
    return yaml.safe_load(front), body


def test_datasets_loads_a_version_folder_by_its_readme(make_version, root, tmp_path):
    load_dataset = pytest.importorskip("datasets").load_dataset
    version = make_version(root, dtype="float16")
    version = make_version(root, dtype="float16", dataset="chestmnist", multi=14)
    dataset_card.write(version.folder, version.manifest)
    rows = load_dataset(str(version.folder), "digits", split="val", cache_dir=str(tmp_path / "cache"))
    assert (rows.num_rows, rows[5]["id"], len(rows[5]["embedding"])) == (20, 5, 4)
    assert str(rows.features["embedding"]) == "List(Value('float16'), length=4)"
    chest = load_dataset(str(version.folder), "chestmnist", split="test", cache_dir=str(tmp_path / "cache"))
    assert chest[1]["label"] == [1, 0] * 7


def test_datasets_gives_the_vectors_of_the_folder_that_it_is_asked_for(make_version, root, tmp_path):
    """Its cache knows a folder by front matter and name, and the name is the fingerprint, the same in every store."""
    load_dataset = pytest.importorskip("datasets").load_dataset

    def made(folder, value):
        version = make_version(folder, splits=("val",), vectors=[[value] * 4] * 20)
        dataset_card.write(version.folder, version.manifest)
        return version

    def loaded(version):
        rows = load_dataset(str(version.folder), "digits", split="val", cache_dir=str(tmp_path / "cache"))
        return {tuple(vector) for vector in rows["embedding"]}

    one, two = made(root, 1.0), made(tmp_path / "other" / "store", 2.0)
    assert one.folder.name == two.folder.name
    assert (loaded(one), loaded(two)) == ({(1.0,) * 4}, {(2.0,) * 4})
    again = made(root, 3.0)
    assert again.folder == one.folder
    assert (loaded(again), loaded(two)) == ({(3.0,) * 4}, {(2.0,) * 4})


def test_the_card_is_of_the_content_alone(make_version, root, tmp_path):
    one, two = (make_version(folder).manifest for folder in (root, tmp_path / "other"))
    assert dataset_card.render(one, False) == dataset_card.render(
        two.model_copy(update={"created": one.created}), False
    )


def test_the_front_matter_says_configs_features_and_licence(make_version, root):
    facts, body = parts(dataset_card.render(make_version(root, splits=("val",)).manifest, False, "org/name"))
    assert facts["license"] == ["apache-2.0", "cc-by-4.0"]
    assert facts["configs"] == [
        {"config_name": "digits", "data_files": [{"split": "val", "path": "digits/val-*.parquet"}]}
    ]
    assert [feature["name"] for feature in facts["dataset_info"]["features"]] == ["id", "label", "embedding"]
    assert 'load_dataset("org/name", "digits", split="val")' in body
    assert "hf://datasets/org/name/digits/val-*.parquet" in body


def test_a_licence_the_hub_does_not_know_is_named(make_version, root):
    facts, body = parts(dataset_card.render(make_version(root, about={"licence": "My Own / v2"}).manifest, False))
    assert (facts["license"], facts["license_name"]) == ("other", "my-own-v2-and-cc-by-4.0")
    assert "licence My Own / v2" in body


def test_foreign_text_stays_text(make_version, root):
    text = "A\n---\n# b <img src=x onerror=alert(1)> [c](javascript:d) | `e` \u202e &lt;"
    about = {"title": text, "source": text, "paper": text, "overlap": (text,), "pretraining": (text,)}
    facts, body = parts(dataset_card.render(make_version(root, about=about).manifest, False))
    assert set(facts) >= {"license", "configs", "dataset_info"}
    assert body.startswith("\n# A --- \\# b \\<img src=x onerror=alert\\(1\\)\\>")
    assert "<img" not in body.replace("\\<img", "")
    assert "](javascript" not in body
    assert "\u202e" not in body


@pytest.mark.parametrize("doi", ["10.5281/zenodo.7", "10.5072/zenodo.7"])
def test_the_lines_for_a_zenodo_record_work_where_its_files_were_downloaded(make_version, root, tmp_path, doi):
    pytest.importorskip("datasets")
    version = make_version(root, splits=("val",))
    text = dataset_card.render(version.manifest, False, doi)
    assert not text.startswith("---")
    assert f"fuseboard store pull {doi} {'--sandbox ' if '5072' in doi else ''}--dataset digits" in text
    for path in version.folder.glob("digits/*.parquet"):
        (tmp_path / f"digits~{path.name}").write_bytes(path.read_bytes())
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 3
    for code in blocks:
        done = subprocess.run(
            [sys.executable, "-c", f"{code}\nprint(len(rows))"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip() == "20", done.stderr
