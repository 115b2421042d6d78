"""Cost measures are the costs that efficiency is judged by."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """It is something of which less is better, or more."""

    title: str
    unit: str
    """Empty for a count."""
    more: bool
    """Whether more is better."""
    digits: int
    """Decimals on the page."""


COSTS = {
    "peak_vram_mb": Cost("Peak VRAM", "MB", False, 0),
    "peak_rss_mb": Cost("Peak RSS", "MB", False, 0),
    "images_per_s": Cost("Images/s", "", True, 1),
    "hours": Cost("Hours", "", False, 4),
    "dim": Cost("Embedding dim", "", False, 0),
    "parameters": Cost("Parameters", "", False, 0),
}
OWN = ("dim", "parameters")
"""Costs that a backbone has wherever it runs."""
