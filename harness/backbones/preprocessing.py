"""Preprocessing: from a source image to the pixels that a backbone sees."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from fuseboard.harness.datasets.dataset import LIMIT
from fuseboard.store.errors import FuseboardError

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

Interpolation = Literal["nearest", "bilinear", "bicubic"]
Channel = Annotated[float, Field(allow_inf_nan=False)]


class Preprocessing(BaseModel):
    """The transform that the authors of a backbone used, resolved to numbers. It belongs to the weights."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    LATER: ClassVar[tuple[str, ...]] = ("centre", "convert")
    """Keys that enter the identity only when they are used, so that versions older than them stay."""

    size: int = Field(ge=1, description="edge of the square input, in pixels")
    resize: Literal["shortest", "stretch", "longest"] = Field(
        description="keep the aspect and crop the centre, squash, or keep the aspect and fill right and bottom with 0"
    )
    crop: float = Field(gt=0, le=1, description="centre crop as a fraction of the resized edge")
    interpolation: Interpolation = Field(description="nearest, bilinear or bicubic")
    mode: Literal["RGB", "L"] = Field(description="RGB, or L for one grey channel")
    mean: tuple[Channel, ...] = Field(description="of every channel, for pixels from 0 to 1")
    std: tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...] = Field(
        description="of every channel, for pixels from 0 to 1"
    )
    centre: Literal["round", "floor"] = Field(
        "round",
        description="which pixel a crop starts at when the margin is odd: torchvision rounds, transformers cuts",
    )
    convert: Literal["before", "after"] = Field(
        "before", description="when the image becomes `mode`; after resizing, transparent pixels weigh less (open_clip)"
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        channels, faults = len(self.mode), []
        if (len(self.mean), len(self.std)) != (channels, channels):
            faults.append(f"mode {self.mode} wants {channels} values in `mean` and in `std`")
        if max(self.mean, default=0) > 1:
            faults.append("`mean` and `std` are of pixels from 0 to 1, not to 255: divide both by 255")
        if self.resize == "longest" and self.crop != 1:
            faults.append('resize = "longest" cuts nothing: say crop = 1.0')
        if faults:
            raise ValueError(" | ".join(faults))
        return self

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the pixels."""
        used = self.model_dump(mode="json")
        fields = type(self).model_fields
        return {name: value for name, value in used.items() if name not in self.LATER or value != fields[name].default}

    @property
    def words(self) -> str:
        """The transform, resolved, for people."""
        edge, by = math.floor(self.size / self.crop), self.interpolation
        first = {
            "shortest": f"shorter edge to {edge} ({by}), centre {self.size} x {self.size}",
            "stretch": f"to {edge} x {edge} ({by}), centre {self.size} x {self.size}",
            "longest": f"longer edge to {self.size} ({by}), rest of {self.size} x {self.size} filled with 0",
        }[self.resize]
        return f"{first}; {self.mode}, over 255, minus {list(self.mean)}, over {list(self.std)}"

    def pixels(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Resizes and crops one image.

        Args:
            image: (H, W), (H, W, 3), or (H, W, 4) whose alpha is dropped as PIL drops it.

        Returns:
            (size, size, channels), not yet normalised: the mean and std are applied where the model runs, on a
            quarter of the bytes.
        """
        from PIL import Image

        picture = Image.fromarray(image)
        if self.convert == "before":
            picture = picture.convert(self.mode)
        edges = self._resized(*picture.size)
        if self.resize == "shortest":
            _refuse_strip(picture.size, edges)
        picture = self._scaled(picture, edges)
        left, top = self._corner(*picture.size)
        # What lies outside of the picture comes out as 0.
        picture = picture.crop((left, top, left + self.size, top + self.size))
        return np.asarray(picture.convert(self.mode)).reshape(self.size, self.size, -1)

    def prepare(self, read: Callable[[], NDArray[np.uint8]]) -> NDArray[np.uint8]:
        """Returns the pixels of an image that is read here; an error names the file where the reader has one."""
        image = read()
        try:
            return self.pixels(image)
        except FuseboardError as error:
            path = next((one for one in getattr(read, "args", ()) if isinstance(one, Path)), None)
            raise FuseboardError(f"{path}: {error}" if path else str(error)) from error

    def _scaled(self, picture: "Picture", edges: tuple[int, int]) -> "Picture":
        from PIL import Image

        return picture.resize(edges, Image.Resampling[self.interpolation.upper()])

    def _resized(self, width: int, height: int) -> tuple[int, int]:
        """Returns the edges (width, height) to resize to, as torchvision would, whose import takes seconds."""
        # timm's rule: the edge before the crop is rounded down.
        edge = math.floor(self.size / self.crop)
        if self.resize == "shortest":
            return (edge, int(edge * height / width)) if width <= height else (int(edge * width / height), edge)
        if self.resize == "stretch":
            return edge, edge
        scale = max(width, height) / self.size
        # FLAIR's rule, floating point included: the long edge itself can come out one short, and is then filled.
        return max(1, int(width / scale)), max(1, int(height / scale))

    def _corner(self, width: int, height: int) -> tuple[int, int]:
        """Returns where the part that is kept begins: (left, top)."""
        if self.resize == "longest":
            return 0, 0
        whole = round if self.centre == "round" else math.floor
        return whole((width - self.size) / 2), whole((height - self.size) / 2)


def _refuse_strip(size: tuple[int, int], edges: tuple[int, int]) -> None:
    """Raises where the picture before the crop would fill the memory, however few pixels the image has."""
    if math.prod(edges) > LIMIT:
        (width, height), (short, long) = size, sorted(edges)
        raise FuseboardError(
            f"an image of {width:,} x {height:,} pixels is resized to {short:,} x {long:,} before its centre is "
            f"cut out, more than {LIMIT:,} pixels; crop it to what is meant"
        )
