"""The pure domain: ids, access, resource types, validation. No I/O, no clock, no framework."""
