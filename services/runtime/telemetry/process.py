"""What holds for every process: what it is, and what it takes of its machine."""

import platform
import resource
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from services.runtime.pem_files import Validity, validity_of
from services.runtime.process_settings import ProcessSettings
from services.runtime.telemetry.resource import release
from services.runtime.telemetry.tallies import Labels

if TYPE_CHECKING:
    from services.runtime.telemetry.instruments import Instruments

PAGE_BYTES = resource.getpagesize()
Values = Iterable[tuple[Labels, float]]


def observe_process(opened: "Instruments", settings: ProcessSettings) -> None:
    began, labels = time.monotonic(), (release(), platform.python_version())
    opened.gauge(
        "shadower.build.info",
        "",
        "1: the release of the process, and the Python that runs it",
        ("version", "python"),
        lambda: [(labels, 1)],
    )
    opened.gauge(
        "process.uptime",
        "s",
        "How long the process has run",
        (),
        lambda: [((), time.monotonic() - began)],
    )
    opened.gauge(
        "process.memory.usage", "By", "Memory of the process that is in use", (), _resident
    )
    opened.gauge(
        "process.unix.file_descriptor.count",
        "{file_descriptor}",
        "Files and connections that the process has open",
        (),
        _descriptors,
    )
    opened.total("process.cpu.time", "s", "Processor time", ("cpu.mode",), _processor)
    validity = validity_of(settings)
    if validity is not None:
        opened.gauge(
            "shadower.tls.certificate.expires",
            "s",
            "When the certificate that the process shows expires, in seconds since 1970",
            (),
            partial(_expiry, validity),
        )


def _processor() -> Values:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return [(("user",), used.ru_utime), (("system",), used.ru_stime)]


def _resident() -> Values:
    """Nothing where the system has no /proc."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return []
    return [((), pages * PAGE_BYTES)]


def _descriptors() -> Values:
    try:
        return [((), sum(1 for _ in Path("/proc/self/fd").iterdir()))]
    except OSError:
        return []


def _expiry(validity: Validity) -> Values:
    """As readiness judges it. Nothing while nothing can be read."""
    try:
        return [((), validity.until().timestamp())]
    except OSError:
        return []
