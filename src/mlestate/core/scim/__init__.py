"""SCIM 2.0 (RFC 7643, RFC 7644) as far as it is words and documents: filters, paths, patches."""
