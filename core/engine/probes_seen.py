"""What one look has seen: small arrays by name, bytes where they will do, and facts about them."""

from typing import Any

import numpy as np

from core.records import Snapshot


class Seen:
    """Gathers arrays and facts. Every number in the facts can be written as JSON."""

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self.scales: dict[str, float] = {}
        self.facts: dict[str, Any] = {"scales": self.scales}

    def signed(self, name: str, values: np.ndarray) -> None:
        """Keep values as signed bytes: value = byte / 127 · scale."""
        finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        scale = float(np.abs(finite).max()) if finite.size else 0.0
        self.arrays[name], self.scales[name] = signed_bytes(finite / (scale or 1.0)), scale

    def unsigned(self, name: str, values: np.ndarray) -> None:
        """Keep values of 0 and above as bytes: value = byte / 255 · scale."""
        finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        scale = float(finite.max()) if finite.size else 0.0
        self.arrays[name], self.scales[name] = share_bytes(finite / (scale or 1.0)), scale

    def snapshot(self, step: int, epoch: int) -> Snapshot:
        """All of it, without arrays that hold nothing."""
        return Snapshot(step, epoch, self.facts,
                        {name: array for name, array in self.arrays.items() if array.size})


def signed_bytes(values: np.ndarray) -> np.ndarray:
    """Numbers from -1 to 1 as bytes from -127 to 127; what lies beyond is cut."""
    return (np.clip(np.nan_to_num(values), -1, 1) * 127).round().astype(np.int8)


def share_bytes(values: np.ndarray) -> np.ndarray:
    """Numbers from 0 to 1 as bytes; what lies beyond is cut."""
    return (np.clip(np.nan_to_num(values), 0, 1) * 255).round().astype(np.uint8)


def told(values: list[float]) -> list[float | None]:
    """Numbers as JSON can hold them; what is not finite is unknown."""
    return [value if np.isfinite(value) else None for value in values]
