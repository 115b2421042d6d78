"""How attention is trained: a part of its rows' digests, which are read without PyTorch."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Plan:
    """How long and how fast the module is trained, which is part of the rows' key."""

    epochs: int = 100
    patience: int = 10
    """Epochs without a lower validation loss after which training ends."""
    batch_rows: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2

    @property
    def setting(self) -> dict[str, Any]:
        """As it enters the key."""
        return {**asdict(self), "optimiser": "AdamW", "inputs": "standardised"}
