"""Colours of plots: those who see fewer colours can tell them apart, from one another and from the ground."""

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from fuseboard import leaderboard

STATIC = Path(leaderboard.__file__).parent / "static"
TOGETHER = (("plot-chosen", "plot-oracle", "plot-all", "plot-single"), ("extraction", "search", "tuning"))
"""Colours that stand in one drawing."""
SEEN = {
    # Machado, Oliveira & Fernandes (IEEE TVCG 15, 6, 2009), severity 1, on linear RGB.
    "all colours": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
TOLD_APART = 0.05
"""Distance in OKLab; about 0.02 is the least that is noticed side by side."""
TO_LMS = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
          [0.0883024619, 0.2817188376, 0.6299787005]]  # fmt: skip
TO_LAB = [[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099],
          [0.0259040371, 0.7827717662, -0.808675766]]  # fmt: skip


def colours(scheme):
    """Variable -> colour in a scheme."""
    found = {}
    for name in ("base", "plots"):
        light, _, dark = (STATIC / f"{name}.css").read_text().partition("prefers-color-scheme: dark")
        for part in (light,) if scheme == "light" else (light, dark):
            found |= dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part))
    return found


def seen(colour, matrix):
    """A colour in OKLab (Ottosson 2020) as somebody sees it."""
    srgb = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return np.array(TO_LAB) @ np.cbrt(np.array(TO_LMS) @ np.clip(np.array(matrix) @ linear, 0, 1))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("eyes", SEEN)
@pytest.mark.parametrize("names", TOGETHER)
def test_marks_can_be_told_apart(names, scheme, eyes):
    found = {name: seen(colours(scheme)[name], SEEN[eyes]) for name in (*names, "raised")}
    distances = {pair: np.linalg.norm(found[pair[0]] - found[pair[1]]) for pair in combinations(found, 2)}
    assert min(distances.values()) > TOLD_APART, min(distances, key=distances.get)
