"""The page of choices says for every dataset and every limit which backbone to use."""

from collections.abc import Iterator

from fuseboard.leaderboard.answers.needs import LICENCES, Limits
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages.home import thumbnail
from fuseboard.leaderboard.pages.page import Page


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the page, whose sections other pages lead to."""
    yield Page(
        path="choose.html",
        template="choose.html.j2",
        title="Choose a backbone",
        description="For every dataset: the best frozen backbones, the cheapest as good, and what fusing gains.",
        context={
            "shown": [(own, thumbnail(site, dataset)) for dataset, own in site.answers.choices.items()],
            "described": described,
        },
    )


def described(limits: tuple[Limits, ...]) -> str:
    """Return in words which limits share an answer: for each licence the memory from which on it holds."""
    parts = []
    for licence, title in LICENCES.items():
        memories = [one.memory_gb for one in limits if one.licence == licence]
        if not memories:
            continue
        sizes = sorted(memory for memory in memories if memory is not None)
        if None in memories:
            parts.append(f"{title}, {f'{sizes[0]:g} GB or more' if sizes else 'no limit of memory'}")
        else:
            parts.append(f"{title}, {', '.join(f'{size:g}' for size in sizes)} GB")
    return "; ".join(parts)
