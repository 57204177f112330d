"""The part of Kusto's query language that Azure Resource Graph's users write: text becomes a tree,
and the tree runs over rows as they come.

Pure: which rows there are, and who may read them, is said by whoever asks.
"""
