"""Navigation: which pages every page leads to."""

BOARDS = (
    ("index.html", "Overview"),
    ("reported.html", "Reported"),
)
"""(path, text) in the header."""

ABOUT = (
    ("submissions.html", "Submissions"),
    ("runtime.html", "Runtime and memory"),
    ("reported.html", "Reported elsewhere"),
)
"""The same in the footer."""
