"""The navigation lists the pages that every page links to."""

BOARDS = (
    ("index.html", "Overview"),
    ("boards/singles.html", "Singles"),
    ("boards/fusion.html", "Fusion"),
    ("boards/contribution.html", "Contribution"),
    ("boards/classifiers.html", "Classifiers"),
    ("boards/few-labels.html", "Few labels"),
    ("boards/robustness.html", "Robustness"),
    ("boards/transfer.html", "Transfer"),
    ("boards/efficiency.html", "Efficiency"),
    ("explorer.html", "Explorer"),
)
"""(path, text) in the header."""

ABOUT = (
    ("method.html", "Method"),
    ("quality.html", "Known issues"),
    ("reported.html", "Reported elsewhere"),
    ("submissions.html", "Submissions"),
    ("runtime.html", "Runtime and memory"),
    ("boards/timeline.html", "Timeline"),
    ("changes.html", "Changes"),
    ("sql.html", "SQL"),
)
"""The same in the footer."""
