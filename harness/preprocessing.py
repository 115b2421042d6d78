"""Preprocessing: from a source image to the pixels that a backbone sees."""

import math
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

Interpolation = Literal["nearest", "bilinear", "bicubic"]
Channel = Annotated[float, Field(allow_inf_nan=False)]


class Preprocessing(BaseModel):
    """The transform that the authors of a backbone used, resolved to numbers. It belongs to the weights."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int = Field(ge=1, description="edge of the square input, in pixels")
    resize: Literal["shortest", "stretch"] = Field(description="keep the aspect and crop the centre, or squash")
    crop: float = Field(gt=0, le=1, description="centre crop as a fraction of the resized edge")
    interpolation: Interpolation
    mode: Literal["RGB", "L"]
    mean: tuple[Channel, ...]
    std: tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...]

    @model_validator(mode="after")
    def _one_value_per_channel(self) -> Self:
        channels = len(self.mode)
        if (len(self.mean), len(self.std)) != (channels, channels):
            raise ValueError(f"mode {self.mode} wants {channels} values in `mean` and in `std`")
        return self

    def pixels(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Resizes and crops one image.

        Args:
            image: (H, W) or (H, W, 3).

        Returns:
            (size, size, channels), not yet normalised: the mean and std are applied where the model runs, on a
            quarter of the bytes.
        """
        from PIL import Image
        from torchvision.transforms import InterpolationMode
        from torchvision.transforms.v2 import functional

        picture = Image.fromarray(image).convert(self.mode)
        mode = InterpolationMode(self.interpolation)
        # timm's rule: the edge before the crop is rounded down.
        edge = math.floor(self.size / self.crop)
        if self.resize == "shortest":
            picture = functional.resize(picture, [edge], interpolation=mode)
        else:
            picture = functional.resize(picture, [edge, edge], interpolation=mode)
        picture = functional.center_crop(picture, [self.size, self.size])
        return np.asarray(picture).reshape(self.size, self.size, -1)
