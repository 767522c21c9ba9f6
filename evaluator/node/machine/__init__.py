"""The machine of a node: what it offers, whether it is fit, and the images that it keeps."""

from __future__ import annotations

from evaluator.node.machine.ledger import Ledger
from evaluator.node.machine.offer import IMAGE_STORE

__all__ = ["IMAGE_STORE", "Ledger"]
