"""`python -m mlestate` is `mlestate`."""

from .cli.main import main

main()
