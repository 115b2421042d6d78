"""The workflows: linted, pinned by commit, and allowed as little as they need."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))


@pytest.mark.parametrize("command", [("actionlint",), ("zizmor", "--offline", "--no-progress")])
def test_linters_find_nothing(command: tuple[str, ...]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed; it is in the extra `test`")
    ran = subprocess.run([*command, *map(str, WORKFLOWS)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_and_nothing_is_allowed_by_default(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    used = re.findall(r"uses: (\S+)", text)
    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action) for action in used)
    assert "\npermissions: {}\n" in text


def test_the_regression_check_runs_the_main_job_of_the_readme() -> None:
    readme = (FOLDER.parent.parent / "README.md").read_text(encoding="utf-8")
    (main_job,) = re.findall(r"```bash main-job\n(.*?)\n```", readme, re.DOTALL)
    text = (FOLDER / "regression.yml").read_text(encoding="utf-8")
    for command in [*main_job.split(" && "), "invoke leaderboard check"]:
        assert f"- run: {command}\n" in text
