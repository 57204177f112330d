"""Datastores: pointers to storage, and how far they open it."""

from .lifecycle import Datastores, is_own

__all__ = ["Datastores", "is_own"]
