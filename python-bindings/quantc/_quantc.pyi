from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

class Error(RuntimeError):
    """A model cannot be loaded, or refuses its inputs."""

class Model:
    """A compiled model. Threads may share it: calls wait for each other."""

    def run(
        self,
        inputs: Mapping[str, ArrayLike] | None = None,
        entry: str = "main",
        **keywords: ArrayLike,
    ) -> dict[str, NDArray[Any]]:
        """Run an entry without state on arrays by name; returns the outputs by name.

        bf16 outputs come as the uint16 of their bits. Raises Error, naming the input,
        for one that is missing, unknown, or has another type or shape.
        """

    def state(self, capacity: int, entry: str = "decode") -> State:
        """Empty caches with room for `capacity` positions."""

    def set_num_threads(self, count: int) -> None:
        """Threads for the following runs; 0: what OpenMP decides."""

    def set_precision(self, bits: int) -> None:
        """Bits that weights of planes are read at in the following runs, of this model
        and its states: one of signature["precisions"]. Raises Error, naming those that
        there are, for another number, and for a model without such weights."""

    @property
    def precision(self) -> int:
        """The bits in use; 0 for a model without weights of planes."""

    @property
    def signature(self) -> dict[str, Any]:
        """Entries, inputs, outputs, recipe and levels."""

    @property
    def level(self) -> str:
        """The code in use: 'generic', 'v3' or 'v4'."""

    @property
    def arena_bytes(self) -> int:
        """Bytes of working memory in use."""

class State:
    """The caches of one text."""

    def run(
        self, inputs: Mapping[str, ArrayLike] | None = None, **keywords: ArrayLike
    ) -> dict[str, NDArray[np.generic]]:
        """Run the entry; the caches grow by the new positions. Raises Error, and
        changes nothing, when there is no room for them."""

    def truncate(self, length: int) -> None:
        """Forget all positions from `length` on."""

    @property
    def length(self) -> int:
        """Positions that are filled."""

    @property
    def capacity(self) -> int:
        """Positions that there is room for."""

def load(path: str, weights: str, threads: int, check: bool) -> Model:
    """See quantc.load."""
