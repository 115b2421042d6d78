"""`{session}`: commands that run while the documentation is built, with what they print; `{session-file}`: a file.

Each line is run by bash in a folder and with a store of the page's own, so that a page goes on where its last session
ended, and prints the same whatever was built before. A page that `session_pages_with_embeddings` names begins with the
embeddings of BreastMNIST-28, which take longest to make and are made once. A command that exits with another code than
`:exit:` says (0 unless told) is a warning, which ends the build. Progress bars are left out, and the folders of the
machine that builds the page are shown as a reader has them.
"""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

LOGGER = logging.getLogger(__name__)
LIMIT_S = 300
WIDTH = 96
BAR = "━━"


@cache
def embedded() -> Path:
    """The store that notebooks use, once the embeddings lie there that tutorials begin with."""
    command = ["fuseboard", "extract", "hog", "pixels", "efficientnet-lite0", "-d", "breastmnist-28"]
    subprocess.run(command, check=True, capture_output=True)
    return Path(os.environ["FUSEBOARD_STORE"])


class InFolder(SphinxDirective):
    """What happens in a folder of the page's own."""

    has_content = True

    def folder(self) -> Path:
        """The page's folder; emptied when the page is read anew."""
        folder = Path(self.env.srcdir) / "_build" / "sessions" / self.env.docname
        if not self.env.current_document.get("session_folder", False):
            for old in (folder, self.store()):
                shutil.rmtree(old, ignore_errors=True)
            folder.mkdir(parents=True)
            if self.env.docname in self.config.session_pages_with_embeddings:
                shutil.copytree(embedded() / "embeddings", self.store() / "embeddings")
            self.env.current_document["session_folder"] = True
        return folder

    def store(self) -> Path:
        """The page's store, beside its folder."""
        folder = Path(self.env.srcdir) / "_build" / "sessions" / self.env.docname
        return folder.with_name(f"{folder.name}.store")


class SessionFile(InFolder):
    """A file that the page's commands use: written as it is shown."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Writes the file and returns the block that shows it, with its name above."""
        name, text = self.arguments[0], "\n".join(self.content)
        path = self.folder() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
        language = {"py": "python"}.get(path.suffix[1:], path.suffix[1:])
        caption = nodes.caption("", "", nodes.literal("", name))
        block = nodes.literal_block("", text, language=language)
        return [nodes.container("", caption, block, literal_block=True, classes=["literal-block-wrapper"])]


class Session(InFolder):
    """Commands, one a line; a line that ends in a backslash goes on in the next."""

    option_spec = {  # noqa: RUF012
        "exit": directives.nonnegative_int,
    }

    def run(self) -> list[nodes.Node]:
        """Runs the commands and returns the block that shows them."""
        folder = self.folder()
        shown = []
        for command in "\n".join(self.content).replace("\\\n", "\\\0").splitlines():
            command = command.replace("\0", "\n").strip()
            if command:
                shown.append("$ " + command + "\n" + self._output(command, folder))
        block = nodes.literal_block("", "\n".join(shown).strip("\n"), language="console", classes=["session"])
        return [block]

    def _output(self, command: str, folder: Path) -> str:
        ran = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=folder,
            env={**os.environ, "FUSEBOARD_STORE": str(self.store()), "COLUMNS": str(WIDTH), "TERM": "dumb"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=LIMIT_S,
            check=False,
        )
        if ran.returncode != self.options.get("exit", 0):
            LOGGER.warning(
                "`%s` exited with %s:\n%s", command, ran.returncode, ran.stdout[-2000:], location=self.get_location()
            )
        output = ran.stdout.replace(str(self.store()), "~/.cache/fuseboard").replace(str(folder), "~/work")
        lines = [line.rstrip() for line in output.splitlines()]
        told = "\n".join(line for line in lines if BAR not in line).strip("\n")
        return re.sub(r"\n{3,}", "\n\n", told) + "\n"


def setup(app: Sphinx) -> dict[str, bool]:
    """Makes the directives known."""
    app.add_config_value("session_pages_with_embeddings", [], "env")
    app.add_directive("session", Session)
    app.add_directive("session-file", SessionFile)
    return {"parallel_read_safe": False}
