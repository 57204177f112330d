"""The search index: narrow rows, clustered by workspace, in the same transaction as what they show.

The same tables are in a region's metadata (assets and jobs) and in its tracking database (runs and
experiments); the same SQL fills and asks both, over a `Session` of either.
"""
