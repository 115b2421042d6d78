"""Metrics: what is measured of a row's predictions, each declared once.

A field here is a column of every result row: its title and description are what pages say of it, its bounds are what a
stored value must keep to, and one that has a default may be missing in files that were written before it was kept.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

Fraction = Annotated[float | None, Field(ge=0, le=1)]
"""A share; what could not be measured is None with a reason, never NaN or 0."""


TOP5 = "share of images whose class is among the five most probable; null but for transfer"


class Metrics(BaseModel):
    """The metrics of one set of predictions, in the order of the columns."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    auc: Annotated[Fraction, Field(title="AUC", description="area under the ROC curve, 0 to 1; null with a reason")]
    acc: Annotated[Fraction, Field(title="ACC", description="accuracy, 0 to 1; null with a reason")]
    log_loss: Annotated[float | None, Field(ge=0, title="log loss", description="in nats; null in old rows")] = None
    top5: Annotated[Fraction, Field(title="top-5", description=TOP5)] = None


FIELDS = Metrics.model_fields
LATER = {name for name, field in FIELDS.items() if not field.is_required()}
"""Metrics that files of before they were added may lack."""


def most(field: FieldInfo) -> float:
    """The largest value that a metric can have."""
    return next((limit for each in field.metadata if (limit := getattr(each, "le", None)) is not None), float("inf"))
