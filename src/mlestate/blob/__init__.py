"""Object storage as Azure Blob Storage means it: names and blocks in rows, bodies by content."""
