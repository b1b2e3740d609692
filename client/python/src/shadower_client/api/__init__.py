"""The contract in Python: a module for each area, made by tools/client."""
