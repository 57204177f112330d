"""The Azure Blob Storage protocol: parse, authorize, answer. What blobs mean is in `blob`."""
