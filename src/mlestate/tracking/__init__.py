"""MLflow's semantics: experiments, runs, metrics, logged models, registered models."""
