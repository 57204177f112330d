"""The OpenAPI document of all addresses, made from the catalog and the table of addresses."""
