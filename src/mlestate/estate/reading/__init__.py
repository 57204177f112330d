"""From the texts of an estate file to a spec: where everything stands, and every fault."""
