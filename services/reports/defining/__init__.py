"""Definitions of reports, as the contract has them made and changed."""
