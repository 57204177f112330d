"""Workspaces: what they stand on, what they are born with, their keys, and what ails them."""

from .lifecycle import Workspaces

__all__ = ["Workspaces"]
