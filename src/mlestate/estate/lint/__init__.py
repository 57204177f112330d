"""Is a file that holds together also wise? One rule a function; `table` has them all.

A rule says what it finds and where; nothing here changes anything, or asks a running estate.
"""
