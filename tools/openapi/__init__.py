"""The contract as OpenAPI 3.1, for those who speak JSON: made from descriptors alone."""
