"""One module per command. Top-level imports are small: `--help` loads them."""
