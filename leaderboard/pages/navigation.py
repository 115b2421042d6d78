"""The navigation leads from every page to the answers, and from each of them to the boards behind it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fuseboard.leaderboard.boards.groups import is_measured
from fuseboard.leaderboard.context.context import SiteContext


def _always(site: SiteContext) -> bool:
    return True


def _searched(site: SiteContext) -> bool:
    return bool(site.snapshot.boards)


@dataclass(frozen=True)
class Entry:
    """It is a page that others lead to."""

    path: str
    text: str
    filled: Callable[[SiteContext], bool] = _always
    """Whether it has anything to show: an empty board is in no menu."""


@dataclass(frozen=True)
class Group:
    """It is an entry of the menu, whose other pages stand in a second line where one of them is open."""

    entry: Entry
    others: tuple[Entry, ...] = ()
    folder: str | None = None
    """Pages in this folder belong to it too."""

    def holds(self, path: str) -> bool:
        """Tell whether a page belongs to the group."""
        own = {self.entry.path, *(one.path for one in self.others)}
        return path in own or (self.folder is not None and path.startswith(self.folder))


MENU = (
    Group(Entry("choose.html", "Choose", lambda site: bool(site.answers.choices))),
    Group(
        Entry("datasets.html", "Datasets", lambda site: bool(site.datasets)),
        (
            Entry("boards/timeline.html", "Timeline", _searched),
            Entry("boards/demo.html", "Demo sets", lambda site: bool(site.apart_singles)),
        ),
        "datasets/",
    ),
    Group(
        Entry("backbones.html", "Backbones", lambda site: bool(site.backbones)),
        (
            Entry("boards/singles.html", "Ranked alone", _searched),
            Entry("boards/transfer.html", "Natural images", lambda site: bool(site.transfers)),
            Entry("submissions.html", "Submissions"),
        ),
        "backbones/",
    ),
    Group(
        Entry("boards/fusion.html", "Fusion", _searched),
        (
            Entry("boards/contribution.html", "Contribution", _searched),
            Entry("boards/classifiers.html", "Classifiers", _searched),
            Entry("boards/few-labels.html", "Few labels", lambda site: bool(site.answers.few_labels)),
        ),
    ),
    Group(
        Entry("boards/robustness.html", "Robustness", lambda site: bool(site.corruption_boards)),
        (Entry("boards/groups.html", "Groups and sites", lambda site: is_measured(site.snapshot)),),
        "robustness/",
    ),
    Group(
        Entry("boards/efficiency.html", "Cost", lambda site: bool(site.extractions or site.snapshot.profiles)),
        (
            Entry("runtime.html", "Runtime and memory", lambda site: bool(site.extractions)),
            Entry("boards/sizes.html", "Smaller embeddings", lambda site: bool(site.snapshot.sizes)),
        ),
    ),
    Group(
        Entry("explorer.html", "Explore", _searched),
        (
            Entry("compare.html", "Compare", _searched),
            Entry("sql.html", "SQL"),
            Entry("reported.html", "Reported elsewhere"),
        ),
        "explorer/",
    ),
    Group(
        Entry("method.html", "Method"),
        (
            Entry("quality.html", "Known issues"),
            Entry("coverage.html", "What is missing"),
            Entry("changes.html", "Changes"),
            Entry("releases.html", "Releases"),
        ),
    ),
)
"""In the order of the header."""


@dataclass(frozen=True)
class Menu:
    """It is what one page shows of the navigation."""

    groups: Sequence[Group]
    open: Group | None
    """The group that the page belongs to."""
    beside: Sequence[Entry]
    """The pages of that group, the first one included; empty where there is no other."""


def menu(site: SiteContext, path: str) -> Menu:
    """Return the navigation of a page: groups whose first page has nothing to show are led to by their next one.

    Args:
        site: that the page is of.
        path: of the page.
    """
    shown = [one for group in MENU if (one := _filled(site, group))]
    own = next((group for group in shown if group.holds(path)), None)
    beside = (own.entry, *own.others) if own and own.others else ()
    return Menu(shown, own, beside)


def every_path() -> frozenset[str]:
    """Return the paths of all entries, shown or not."""
    return frozenset(one.path for group in MENU for one in (group.entry, *group.others))


def _filled(site: SiteContext, group: Group) -> Group | None:
    found = [one for one in (group.entry, *group.others) if one.filled(site)]
    return Group(found[0], tuple(found[1:]), group.folder) if found else None
