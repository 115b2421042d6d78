"""The module: projections to a common width, self-attention over backbones, mean, LayerNorm.

The layers are those of the released code (`biofuse/models/biofuse_model.py`, method `self_attention`): no residual
connection and no dropout. Its eight heads are a parameter here.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from fuseboard.store.errors import UsageError

BATCH_ROWS = 1_024
"""Rows fused at a time."""

_DRAWING = Lock()
"""The generator is one for all threads."""


class AttentionFusion(nn.Module):
    """Self-attention over the blocks (N, D_k) of several backbones, which gives (N, width).

    Args:
        dims: width of each backbone, in the order of the blocks.
        width: common to all tokens, and of the output.
        heads: of the attention; they divide the width.
    """

    def __init__(self, dims: Sequence[int], width: int, heads: int) -> None:
        super().__init__()
        if width % heads:
            raise UsageError(f"{heads} heads do not divide a width of {width}; take a width that is a multiple of it")
        self.projections = nn.ModuleList(nn.Linear(dim, width) for dim in dims)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.norm = nn.LayerNorm(width)
        for number, dim in enumerate(dims):
            self.register_buffer(f"mean_{number}", torch.zeros(dim))
            self.register_buffer(f"scale_{number}", torch.ones(dim))

    def standardise(self, blocks: Sequence[NDArray[np.float32]]) -> None:
        """Has every input column centred and scaled by the statistics of these rows; a constant column is centred."""
        from sklearn.preprocessing import StandardScaler

        for number, block in enumerate(blocks):
            scaler = StandardScaler().fit(block)
            self.get_buffer(f"mean_{number}").copy_(torch.from_numpy(scaler.mean_))
            self.get_buffer(f"scale_{number}").copy_(torch.from_numpy(scaler.scale_))

    def forward(self, blocks: Sequence[Tensor]) -> Tensor:
        """Returns (N, width) of blocks (N, D_k)."""
        tokens = torch.stack(
            [
                project((block - self.get_buffer(f"mean_{k}")) / self.get_buffer(f"scale_{k}"))
                for k, (project, block) in enumerate(zip(self.projections, blocks, strict=True))
            ],
            dim=1,
        )
        with sdpa_kernel(SDPBackend.MATH):  # the fast kernels' gradients on a GPU differ from run to run
            attended, _ = self.attention(tokens, tokens, tokens, need_weights=False)
        fused: Tensor = self.norm(attended.mean(dim=1))
        return fused

    @torch.inference_mode()
    def encode(self, blocks: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Returns (N, width) of blocks (N, D_k) that need not fit the device as a whole."""
        self.eval()
        device = self.norm.weight.device
        parts = [
            self([torch.from_numpy(block[start : start + BATCH_ROWS]).to(device) for block in blocks]).cpu().numpy()
            for start in range(0, len(blocks[0]), BATCH_ROWS)
        ]
        return np.concatenate(parts)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draws from torch's generator of the CPU begin at the seed, so they are alike anywhere, and leave it as it was."""
    with _DRAWING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def draw(dims: Sequence[int], width: int, heads: int, seed: int) -> AttentionFusion:
    """Returns a module with torch's own random initialisation, drawn anew from the seed."""
    with seeded(seed):
        return AttentionFusion(dims, width, heads)
