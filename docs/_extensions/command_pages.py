"""The pages of the commands, written from the command line's own help: `commands/` holds nothing that is kept.

Every command has a page, and every group one that lists its commands. Sphinx' `option` directive puts each option into
the index. Where a help text names a page of the documentation it becomes a link.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from fuseboard import cli

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PAGE = re.compile(r"docs/([\w-]+)\.md")
VARIABLE = re.compile(r"\$([A-Z][A-Z_]+)")
SPELLINGS = re.compile(r"^(?:-{1,2}[\w-]+(?:, | / )?)+")


def setup(app: "Sphinx") -> dict[str, bool]:
    """Has the pages written before Sphinx looks for pages."""
    app.connect("builder-inited", lambda built: write(Path(built.srcdir) / "commands"))
    return {"parallel_read_safe": True}


def write(folder: Path) -> None:
    """Writes the pages into a folder, touching only those that changed, and removes those of commands that are gone."""
    folder.mkdir(exist_ok=True)
    made = pages()
    for path in folder.glob("*.md"):
        if path.stem not in made:
            path.unlink()
    for name, text in made.items():
        path = folder / f"{name}.md"
        if not path.is_file() or path.read_text() != text:
            path.write_text(text)


def pages() -> dict[str, str]:
    """Name of a page, such as `store-pull` -> its Markdown; `index` is the whole command line."""
    return dict(_walk(typer.main.get_command(cli.app), ["fuseboard"], None))


def _walk(command: Any, words: list[str], parent: Any) -> Any:
    context = command.context_class(command, info_name=words[-1], parent=parent)
    name = "-".join(words[1:]) or "index"
    children = {word: child for word, child in getattr(command, "commands", {}).items() if not child.hidden}
    title = " ".join(words) if parent else "Commands"
    text = [f"# {title}", _text(command.help), *_usage(command, context, words)]
    text += [*_contents(children, words)] if children else []
    text += _parameters(command, context, words)
    yield name, "\n\n".join(part for part in text if part) + "\n"
    for word, child in children.items():
        yield from _walk(child, [*words, word], context)


def _usage(command: Any, context: Any, words: list[str]) -> list[str]:
    return [f"```text\n{' '.join([*words, *command.collect_usage_pieces(context)])}\n```"]


def _parameters(command: Any, context: Any, words: list[str]) -> list[str]:
    """The arguments and options, as the help shows them."""
    made = [f"```{{program}} {' '.join(words)}\n```"]
    for title, kind in (("Arguments", "argument"), ("Options", "option")):
        shown = [
            p for p in command.get_params(context) if p.param_type_name == kind and not getattr(p, "hidden", False)
        ]
        records = [(p, p.get_help_record(context)) for p in shown if p.name != "help"]
        if records:
            made.append(f"## {title}")
        made += [f"````{{option}} {_signature(p, record)}\n{_text(record[1])}\n````" for p, record in records if record]
    return made


def _signature(parameter: Any, record: tuple[str, str]) -> str:
    """`-d, --dataset <str>`: as Sphinx wants it, the value once for each spelling and no star for what is required."""
    if parameter.param_type_name == "argument":
        return str(record[0]).strip("{}[]")
    value = "" if parameter.is_flag else SPELLINGS.sub("", record[0]).strip()
    spellings = [*parameter.opts, *parameter.secondary_opts]
    return ", ".join(f"{spelling} {value}".strip() for spelling in spellings)


def _contents(children: dict[str, Any], words: list[str]) -> list[str]:
    prefix = "".join(f"{word}-" for word in words[1:])
    rows = [
        f"[`{' '.join([*words, word])}`]({prefix}{word}.md)\n: {_first(child.help)}" for word, child in children.items()
    ]
    entries = "\n".join(f"{' '.join([*words, word])[10:]} <{prefix}{word}>" for word in children)
    return ["\n\n".join(rows), f"```{{toctree}}\n:hidden:\n\n{entries}\n```"]


def _first(text: str | None) -> str:
    return _text(text).split("\n\n")[0]


def _text(help_text: str | None) -> str:
    """Help as Markdown: a page or environment variable that it names is a link, what looks like a tag is text."""
    linked = PAGE.sub(r"[\1](../\1.md)", (help_text or "").strip())
    linked = VARIABLE.sub(r"{envvar}`$\1 <\1>`", linked)
    return re.sub(r"<(\w+)>", r"\\<\1>", linked)
