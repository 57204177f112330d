"""SCIM 2.0 at `/scim/v2`: where a directory pushes its people and groups."""
