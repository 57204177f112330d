"""The composition root: settings, wiring, and the processes that make an estate run."""
