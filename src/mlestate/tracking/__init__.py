"""What MLflow means: experiments, runs, metrics, logged models, the model registry.

Commands take the store's transaction and plain values, and raise `core.errors`. SQL is the store's,
HTTP and its status codes are the API's. The model registry and the artifacts are other rooms':
`ports` says what is needed of them.
"""
