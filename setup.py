"""What `pyproject.toml` cannot say: that the three folders beside `fuseboard/` are packages of it.

The links in `fuseboard/` say the same to what is started in a checkout without being installed. Git for Windows makes
text files of them unless it was told otherwise, and a source distribution has none, so nothing here goes through them.
"""

from setuptools import find_packages, setup

FOLDERS = ("store", "harness", "leaderboard")

setup(
    package_dir={f"fuseboard.{folder}": folder for folder in FOLDERS},
    packages=[
        "fuseboard",
        *(f"fuseboard.{name}" for name in find_packages(include=[one for f in FOLDERS for one in (f, f"{f}.*")])),
    ],
)
