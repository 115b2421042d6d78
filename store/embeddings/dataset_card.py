"""The README of a version, which the Hugging Face Hub shows as its dataset card."""

import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from fuseboard.store.arrays import is_multi_label
from fuseboard.store.embeddings import derived, licence, loading_snippets, private, shards, transform_file
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.files import atomic
from fuseboard.store.files.hashing import fingerprint

FILE = "README.md"


def write(folder: Path, manifest: Manifest) -> None:
    """Writes the README of a version; call it whenever its manifest changes."""
    atomic.write_text(folder / FILE, render(manifest, licence.holds_image(folder, manifest)))


def is_stale(folder: Path, manifest: Manifest) -> bool:
    """Whether the README of a version is not what would be written of it now; an earlier release may have written it.

    What those before the hash of the content wrote makes `load_dataset` answer with another store's rows.
    """
    text = render(manifest, licence.holds_image(folder, manifest)).encode()
    return (folder / FILE).is_file() and (folder / FILE).read_bytes() != text


def render(manifest: Manifest, holds_image: bool, place: str = "ORG/NAME") -> str:
    """Returns the whole card: for the Hub with the front matter that makes `load_dataset` work, then text for people.

    Titles, licences and sources come from whoever wrote the card, so each is escaped wherever it stands.

    Args:
        manifest: of the version.
        holds_image: whether a vector shows its image.
        place: `ORG/NAME` on the Hub, or the DOI of a Zenodo record.
    """
    front = "" if place.startswith("10.") else f"---\n{_front_matter(manifest)}\n---\n\n"
    return front + _text(manifest, holds_image, place)


def _front_matter(manifest: Manifest) -> str:
    """One config per dataset with its features, in the form that `datasets` itself writes and reads.

    It is written without that library, which brings pandas and takes seconds to import for these few lines.
    """
    licences = licence.identifiers(manifest)
    known = licence.HUB_LICENCES.issuperset(licences)
    named = licences if len(licences) > 1 else licences[0]
    facts: dict[str, Any] = {
        "license": named if known else "other",
        "pretty_name": f"{_line(manifest.about.title)} embeddings",
        **({} if known else {"license_name": _licence_name(" and ".join(licences))}),
        "tags": ["embeddings", "biomedical", "fuseboard"],
        "configs": [
            {
                "config_name": name,
                "data_files": [{"split": str(split), "path": f"{name}/{split}-*.parquet"} for split in entry.splits],
            }
            for name, entry in manifest.datasets.items()
        ],
    }
    infos = [_info(manifest, name) for name in sorted(manifest.datasets)]
    if len(infos) == 1 and infos[0]["config_name"] == "default":
        del infos[0]["config_name"]
    if infos:
        facts["dataset_info"] = infos[0] if len(infos) == 1 else infos
    return str(yaml.dump(facts, sort_keys=False, allow_unicode=True)).strip()


def about_images(holds_image: bool) -> str:
    """A sentence on whether whoever has the vectors has the images."""
    if holds_image:
        return "Each vector shows its image: whoever has these vectors has a small picture of every image."
    return "The images themselves are not in here."


def _licence_name(text: str) -> str:
    """Licences that the Hub has no identifier for, in the characters that it takes."""
    return re.sub(r"[^a-z0-9.]+", "-", text).strip("-.") or "unknown"


def _info(manifest: Manifest, dataset: str) -> dict[str, Any]:
    """The columns of a dataset's shards: `dtype` of one value, `list` of many, `length` where that is fixed.

    `datasets` keeps what it has read of a folder under the front matter and the folder's name, which is the fingerprint
    in every store; without the hash of the shards it would answer with the rows of another folder.
    """
    entry = manifest.datasets[dataset]
    features: list[dict[str, Any]] = []
    for field in shards.schema(manifest.dim, manifest.dtype, is_multi_label(entry.task), entry.columns):
        if pa.types.is_fixed_size_list(field.type):
            form = {"list": _type_name(field.type.value_type), "length": field.type.list_size}
        elif pa.types.is_list(field.type):
            form = {"list": _type_name(field.type.value_type)}
        else:
            form = {"dtype": _type_name(field.type)}
        features.append({"name": field.name, **form})
    content = fingerprint({"shards": [shard.sha256 for name, _, shard in manifest.shards() if name == dataset]})
    return {"config_name": dataset, "description": f"content {content}", "features": features}


def _type_name(form: pa.DataType) -> str:
    """The name that `datasets` has for an Arrow type."""
    return {"float": "float32", "halffloat": "float16"}.get(str(form), str(form))


def _text(manifest: Manifest, holds_image: bool, place: str) -> str:
    about = manifest.about
    pretraining = "; ".join(_plain(text) for text in about.pretraining) or "not stated"
    overlap = "; ".join(_plain(text) for text in about.overlap) or "none known"
    return f"""# {_plain(about.title)}: embeddings

{_what(manifest)}: {manifest.dim} numbers ({manifest.dtype}) per image,
computed once and stored as plain Parquet. `id` is the row number in the dataset's official split, `label` its class
(a list of 0 and 1 where an image has several), `embedding` the vector. {about_images(holds_image)}

- Fingerprint: `{manifest.fingerprint}`, the hash of everything below that decides the vectors
- Created: {manifest.created:%Y-%m-%d}

## Load

{loading_snippets.section(manifest, place)}

## What is here, and what it cost

| dataset | split | images | MB | images/s | device | precision | peak RSS (MB) | peak VRAM (MB) |
|---|---|---:|---:|---:|---|---|---:|---:|
{_profiles(manifest)}
{_imports(manifest)}{_derived(manifest)}
## Licence and source

- Backbone: {_plain(about.source)}; licence {_plain(about.licence)}
- Paper: {_plain(about.paper) if about.paper else "not stated"}
- Pre-training data: {pretraining}
- Known overlap with the datasets here: {overlap}
{_sources(manifest)}

## Identity

```json
{json.dumps(manifest.identity, indent=1, sort_keys=True)}
```
"""


def _profiles(manifest: Manifest) -> str:
    rows = []
    for name, entry in manifest.datasets.items():
        for split, facts in entry.splits.items():
            cost, size = facts.profile, sum(shard.bytes for shard in facts.shards) / 1e6
            costs = ["not measured"] * 5
            if cost is not None:
                device, precision = _plain(cost.device), _plain(cost.precision)
                speed, rss, vram = map(_number, (cost.images_per_s, cost.peak_rss_mb, cost.peak_vram_mb))
                costs = [speed, device, precision, rss, vram]
            rows.append(f"| {name} | {split} | {facts.rows:,} | {size:,.1f} | {' | '.join(costs)} |")
    return "\n".join(rows)


def _imports(manifest: Manifest) -> str:
    """What a reader must know of the ids before joining them with anything."""
    imported = [
        f"- `{name}` {split}: row order **{facts.imported.order}**, from {_plain(facts.imported.source)}, "
        f"file `{facts.imported.file}`: {_plain(facts.imported.proof)}"
        for name, entry in manifest.datasets.items()
        for split, facts in entry.splits.items()
        if facts.imported is not None
    ]
    if not imported:
        return ""
    return (
        "\n## Imported\n\nThese vectors were computed by others and carried no row ids. Where the order is unknown, "
        "`id` is the row's place in their file, and meets only rows of that import.\n\n" + "\n".join(imported) + "\n"
    )


def _what(manifest: Manifest) -> str:
    if private.is_metadata(manifest):
        return f"Metadata of images, the block `{manifest.backbone}`, as a table has them"
    return f"Frozen image embeddings of the backbone `{manifest.backbone}`"


def _derived(manifest: Manifest) -> str:
    """What a reader must know of vectors that were made of others: of which, how, and what codes mean."""
    own = derived.Identity.of(manifest.identity)
    if own is None:
        return ""
    meaning = {
        "int8": "Number *d* of a vector is `offset[d] + scale[d] * code[d]`.",
        "binary": "A byte holds eight numbers, the first in its highest bit: above the threshold 1, else -1.",
    }
    return (
        f"\n## Derived\n\nMade of `{_plain(own.backbone)}@{own.fingerprint}` by a transform that was fitted on "
        f"{_plain(str(own.fitted_on.get('images')))} training images of `{_plain(str(own.fitted_on.get('dataset')))}`; "
        f"`{transform_file.FILE}` holds its arrays. {meaning.get(manifest.dtype, '')}".rstrip()
        + "\n"
    )


def _sources(manifest: Manifest) -> str:
    return "\n".join(
        f"- Images of `{name}`: licence {_plain(entry.licence)}; source MD5 {_plain(entry.source_md5)}"
        + (f"; read with {entry.reading}" if entry.reading.settings else "")
        + "".join(f"; {key} {_plain(word)}" for key, word in entry.declares.said.items())
        for name, entry in manifest.datasets.items()
    )


def _number(value: float | None) -> str:
    return "not measured" if value is None else f"{value:,.0f}"


def _line(text: str) -> str:
    """Foreign text on one line, so that it cannot end the front matter or start a block."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _plain(text: str) -> str:
    """Foreign text that Markdown shows as it is: no markup, HTML or table cell begins in it."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&$])", r"\\\1", _line(text))
