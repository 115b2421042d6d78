"""The declaration of a dataset: what kind of images it shows, and whose they are, by which boards group and count it.

Sets that everybody knows are declared here by name; one's own declare themselves in their TOML, and a manifest carries
that. No fingerprint and no key of a row knows of it, so that it can be said later.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from fuseboard.store.embeddings.stored_name import Name

DOMAINS: Mapping[str, str] = {
    "histology": "Histology",
    "microscopy": "Microscopy",
    "dermatoscopy": "Dermatoscopy",
    "clinical-photo": "Clinical photographs",
    "endoscopy": "Endoscopy",
    "fundus": "Fundus camera",
    "oct": "OCT",
    "chest-x-ray": "Chest X-ray",
    "x-ray": "X-ray",
    "mammography": "Mammography",
    "ultrasound": "Ultrasound",
    "ct": "CT",
    "mri": "MRI",
    "nuclear": "Nuclear medicine",
    "other-medical": "Other medical images",
    "demo": "Not medical",
}
"""Word of a domain -> what boards call it. Their order is that of the boards' columns."""
DEMO = "demo"
"""The domain of what is not medical."""


@dataclass(frozen=True)
class Known:
    """What is declared of a set that everybody knows."""

    domain: str
    title: str
    """What boards call its images, finer than the domain does."""


KNOWN: Mapping[str, Known] = {
    "pathmnist": Known("histology", "Colon pathology"),
    "bloodmnist": Known("microscopy", "Blood cell microscope"),
    "tissuemnist": Known("microscopy", "Kidney cortex microscope"),
    "dermamnist": Known("dermatoscopy", "Dermatoscope"),
    "retinamnist": Known("fundus", "Fundus camera"),
    "octmnist": Known("oct", "Retinal OCT"),
    "chestmnist": Known("chest-x-ray", "Chest X-ray"),
    "pneumoniamnist": Known("chest-x-ray", "Chest X-ray"),
    "breastmnist": Known("ultrasound", "Breast ultrasound"),
    "organamnist": Known("ct", "Abdominal CT"),
    "organcmnist": Known("ct", "Abdominal CT"),
    "organsmnist": Known("ct", "Abdominal CT"),
    "digits": Known(DEMO, "Handwritten digits"),
    "imagenet": Known(DEMO, "Everyday photographs"),
}
"""Source, which is the name without its size -> what is declared of it, in the order of columns. Titles of MedMNIST are
the data modalities of its authors (Yang et al., Sci Data 10, 41, 2023, table 1)."""

_KNOWN_NAME = re.compile(r"([a-z]+)(?:-\d+)?")
_SAMPLE = re.compile(r"-(?:first|sample)[1-9]\d*$")
"""How a name ends that means some images of a dataset."""

SOURCE = "up to 100 small letters, digits, `.`, `_` and `-`: the same word for every size of the same images"


class Declaration(BaseModel):
    """What one's own dataset declares of itself; what it does not say is None."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")] | None = Field(
        default=None, description="one of `DOMAINS`; a word that a later version knows is none to an earlier one"
    )
    source: Name | None = Field(default=None, description=SOURCE)

    @property
    def said(self) -> dict[str, str]:
        """What is declared, as it is written down."""
        return {key: value for key, value in (("domain", self.domain), ("source", self.source)) if value is not None}

    def else_of(self, other: "Declaration") -> "Declaration":
        """This declaration, with what it does not say as another one says it."""
        return Declaration(domain=self.domain or other.domain, source=self.source or other.source)


NOTHING = Declaration()


def checked(domain: str) -> str:
    """Returns a domain that somebody wrote.

    Raises:
        ValueError: there is none of that name; the line names all there are.
    """
    if domain not in DOMAINS:
        raise ValueError(f"{domain!r} is no domain; it is one of {', '.join(DOMAINS)}")
    return domain


def whole(dataset: str) -> str:
    """Returns the name of the dataset that a sample is of; any other name as it is."""
    return _SAMPLE.sub("", dataset)


def known_source(dataset: str) -> str | None:
    """Returns which of the known sets a name means, at whatever size and whether or not a sample; None of others."""
    found = _KNOWN_NAME.fullmatch(whole(dataset))
    return found[1] if found is not None and found[1] in KNOWN else None
