"""Search over everything of an estate: what is asked, what is found, and the language between.

Pure: how it is kept and found in SQL is in `store.search`.
"""
