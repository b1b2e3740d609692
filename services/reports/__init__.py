"""Makes reports, and renders them in processes that it forks."""

import os

# gRPC's handlers of forks crash some of the children of a process whose threads are busy with it.
# It looks here when it is loaded, which no module of this package does before this one.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
