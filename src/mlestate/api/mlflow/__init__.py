"""MLflow's REST API as raw ASGI: addresses, rights, decoding, answers. Meaning is `tracking`'s."""

from .app import MlflowApp

__all__ = ["MlflowApp"]
