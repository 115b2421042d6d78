"""What `.ci/run` leaves out because something else of it stands for it."""

import re
import shlex
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def installed(block: str) -> set[str]:
    """Requirements of a command of the README, with those of the extras that it names and that these name in turn."""
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    (command,) = re.findall(rf"```bash {block}\n(.*?)\n```", text, re.DOTALL)
    words = shlex.split(command.split(" && ")[0])
    assert words[:3] == ["pip", "install", "-e"]
    (wanted,) = words[3:]
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {*project["dependencies"], *of_extras(wanted, project["optional-dependencies"])}


def of_extras(wanted: str, extras: dict[str, list[str]]) -> set[str]:
    named = re.fullmatch(r"(?:\.|fuseboard)\[([\w,]+)\]", wanted)
    return (
        {wanted}
        if named is None
        else {r for extra in named[1].split(",") for one in extras[extra] for r in of_extras(one, extras)}
    )


def test_what_the_tests_install_has_all_that_the_main_job_installs() -> None:
    """So in one environment the second installation only adds, and says of the first what a fresh one would say."""
    main_job, tests = installed("main-job"), installed("tests")
    assert any(one.startswith("torch>") for one in main_job)
    assert main_job < tests
