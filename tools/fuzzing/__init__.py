"""Calls every RPC of the contract with inputs that were never thought of, and judges the answers.

Everything is derived from descriptors: a new RPC is called without a line being added here.
"""
