"""The models on this machine: listing, installing from the network or from files, verifying, removing."""

from __future__ import annotations

from translation.packages.info import ModelInfo, Models, Progress, State
from translation.packages.store import ModelStore

__all__ = ["ModelInfo", "ModelStore", "Models", "Progress", "State"]
