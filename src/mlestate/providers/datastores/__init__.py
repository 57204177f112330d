"""Datastores: pointers to storage, and how far they open it."""

from .lifecycle import Datastores

__all__ = ["Datastores"]
