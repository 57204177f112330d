"""The nouns: every resource type as typed data and pure checks. Verbs are in `providers`."""
