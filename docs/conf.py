"""How the documentation is built: `invoke docs`, or `sphinx-build -W --keep-going docs docs/_build/html`.

A build asks no other host for anything. Links into the references of Python, NumPy and others come from the names that
`_extensions/outside_names.toml` lists, not from inventories that would have to be fetched; a name that is missing there
is a warning, and warnings are errors. The pages load no font, script or picture from elsewhere either.
"""

import os
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.append(str(HERE / "_extensions"))

import outside_names  # noqa: E402

import fuseboard  # noqa: E402

project = "fuseboard"
author = "The fuseboard authors"
project_copyright = "the fuseboard authors, Apache-2.0"
version = release = fuseboard.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.intersphinx",
    "myst_nb",
    "sphinx_copybutton",
    "sphinx_design",
    "command_pages",
    "rooms_picture",
    "session",
]
exclude_patterns = ["_build", "_extensions", "jupyter_execute"]
root_doc = "index"
nitpicky = True
# Types of annotations that are no part of the front door: they have docstrings of their own and no page.
nitpick_ignore_regex = [("py:.*", r"fuseboard\.(store|harness|leaderboard)\..*|[A-Z]\w*")]

# Markdown
myst_enable_extensions = ["colon_fence", "deflist", "attrs_inline"]
myst_heading_anchors = 3
myst_fence_as_directive = ["mermaid"]

# Python that runs while the documentation is built, on data that ships; an error in it ends the build. What ran before
# and did not change is taken from the cache beside the build.
WORK = HERE / "_build"
os.environ.setdefault("FUSEBOARD_STORE", str(WORK / "store"))
os.environ.update({"HF_HUB_OFFLINE": "1", "NO_COLOR": "1", "COLUMNS": "110", "PYDEVD_DISABLE_FILE_VALIDATION": "1"})
nb_execution_mode = "cache"
nb_execution_cache_path = str(WORK / "notebooks")
nb_execution_in_temp = True
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True
nb_output_stderr = "remove"  # progress bars
nb_ipywidgets_js: dict[str, dict[str, str]] = {}

session_pages_with_embeddings = [
    f"tutorials/{name}" for name in ("audit-a-dataset", "choose-a-search", "rank-your-backbone")
]

# Docstrings
default_role = "code"
toc_object_entries_show_parents = "hide"
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
intersphinx_mapping = outside_names.mapping(WORK / "outside")
python_maximum_signature_line_length = 88

# Pages
html_theme = "pydata_sphinx_theme"
html_title = "fuseboard"
html_favicon = "../leaderboard/static/icon.svg"
html_logo = "../leaderboard/static/icon.svg"
html_static_path = ["_static"]
html_css_files = ["fuseboard.css"]
html_copy_source = False
html_show_sourcelink = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {"text": "fuseboard", "alt_text": "fuseboard, start page"},
    "navbar_align": "left",
    "navbar_persistent": ["search-button"],
    "navbar_end": ["theme-switcher"],
    "header_links_before_dropdown": 8,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "show_nav_level": 1,
    "navigation_depth": 3,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"index": [], "quickstart": [], "glossary": [], "genindex": [], "search": []}
copybutton_prompt_text = r"\$ |>>> "
copybutton_prompt_is_regexp = True


def setup(app: Any) -> None:
    """Reads docstrings as they are written here.

    Attributes are described by sentences, where napoleon would take what stands before a colon for a type; and a page
    of the documentation that is named becomes a link.
    """

    def as_sentence(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
        lines[:] = [re.sub(r"docs/([\w-]+)\.md", r":doc:`/\1`", line) for line in lines]
        if what in ("attribute", "property", "data") and lines:
            lines[0] = f": {lines[0]}"

    app.connect("autodoc-process-docstring", as_sentence, priority=400)
