"""What the scheduler is told by its environment."""

from services.runtime.settings import Settings


class SchedulerSettings(Settings):
    """One object per process, made by its `__main__`."""

    mesh: str = "127.0.0.1:8081"
    """Where the services are: the address of the edge's mesh listener, as gRPC writes it."""
