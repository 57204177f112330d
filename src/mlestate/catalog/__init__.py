"""The nouns: every resource type as typed data and pure checks. What happens to them is in `providers`."""
