"""The Python client of an estate: what the CLI and `apply` use, and users import."""
