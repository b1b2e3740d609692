"""Between the contract's common messages and the warehouse's values, for every service."""
