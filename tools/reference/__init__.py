"""References that are made, never written: of the contract, and of the command line."""
