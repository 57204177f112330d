"""HTTP in and out. The only room that knows status numbers."""
