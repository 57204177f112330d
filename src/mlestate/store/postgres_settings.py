"""What a PostgreSQL server, a database or a role may say otherwise for every session, and what our
statements and what they find would then mean otherwise."""

from __future__ import annotations

ENCODING = "utf8"  # said when connecting: the driver asks things before anybody can set anything
_WORDS = {
    # Or a float that is read is not the one that was written.
    "extra_float_digits": "1",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "standard_conforming_strings": "on",
    "transform_null_equals": "off",
    "array_nulls": "on",
    # Or what the catalog shows of a table is spelled in another way.
    "quote_all_identifiers": "off",
    # What a policy takes away is an error, and not just missing.
    "row_security": "off",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
}
# What was answered is on disk; a server that waits for more than its own disk goes on to do so.
_DURABLE = (
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') = 'off'"
)
# Outside a transaction: a setting that is rolled back with one would be lost.
STATEMENTS = "; ".join([*(f"SET {name} = '{word}'" for name, word in _WORDS.items()), _DURABLE])
