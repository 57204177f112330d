"""Object storage with the semantics of Azure Blob Storage: names and blocks in rows, bodies by content."""
