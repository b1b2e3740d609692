"""The Python client's classes and methods, made from the contract."""
