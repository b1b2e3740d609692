"""Makes reports, and renders them in processes that it forks."""

import os

# gRPC's handlers of forks crash some of the children of a process whose threads are busy with it. Read when
# grpc is loaded, which this package does after this line.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
