"""Carrying a plan out: the lease, the schedule, the record, and the watch that repeats it."""
