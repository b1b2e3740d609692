"""What answers calls.

A process of ours (`python -m services.ingest`) looks for no garbage while it loads: all of that
stays, and to look through it again and again would be a fifth of the time in which it starts.
`services.runtime.process` lets it look.
"""

import gc
import sys

# So it is while an interpreter is on its way to the module that it is to run, and no later.
if sys.argv[:1] == ["-m"]:
    gc.disable()
