import services  # noqa: F401 - a process of these loads in the same way
