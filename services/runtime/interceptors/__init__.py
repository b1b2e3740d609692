"""The chain that every call passes, in its order from the outside in."""

from services.runtime.call import Interceptor
from services.runtime.identity import TokenVerifier
from services.runtime.interceptors.audit import Audit
from services.runtime.interceptors.authentication import Authentication
from services.runtime.interceptors.authorisation import Authorisation
from services.runtime.interceptors.capacity import Capacity
from services.runtime.interceptors.deadline import Deadline
from services.runtime.interceptors.errors import Errors
from services.runtime.interceptors.measuring import STREAM, UNARY, Measuring
from services.runtime.interceptors.spans import call_spans
from services.runtime.interceptors.telemetry import Telemetry
from services.runtime.interceptors.validation import Validation
from services.runtime.logs import open_call_log
from services.runtime.settings import Settings
from services.runtime.telemetry.instruments import instruments
from services.runtime.validator import MessageValidator


def standard_chain(
    settings: Settings, verifier: TokenVerifier, validator: MessageValidator, audit: Audit
) -> list[Interceptor]:
    limits = {UNARY: settings.max_concurrent_calls, STREAM: settings.max_streams}
    return [
        Measuring(instruments(), limits),
        Telemetry(open_call_log(settings.log_level), call_spans()),
        Errors(),
        Capacity(settings.max_concurrent_calls, settings.max_streams),
        audit,
        Authentication(verifier),
        Authorisation(verifier),
        Validation(validator),
        Deadline(settings.deadline_seconds),
    ]
