"""The ARM engine and its worker: one way for every request on a resource."""
