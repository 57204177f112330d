"""From estate.yaml to a plan: read, compile, order, compare, apply. Pure, over a small port."""
