"""Runs of agents and calls of tools, recorded as they happen."""
