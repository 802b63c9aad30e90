"""What a failed request means: did anything leave this machine, or may it have?"""

import httpx

from sync_pipeline.domain.answer import Answer, Outcome
from sync_pipeline.domain.redaction import redact

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


def failed(error: httpx.TransportError | OSError) -> Answer:
    """UNREACHED when the request cannot have left: refused, no such host, no TLS, no connection in time.

    Everything else is NO_ANSWER: the request may have arrived, and may have had its effect.

    Raises:
        httpx.UnsupportedProtocol: the base URL is no http address; that is our mistake, not an answer.
    """
    if isinstance(error, httpx.UnsupportedProtocol):
        raise error
    kind = type(error).__name__
    if isinstance(error, _NEVER_SENT):
        reason = redact(str(error), ())
        return Answer(Outcome.UNREACHED, detail=f"not reached: {kind} ({reason})" if reason else f"not reached: {kind}")
    # The text of a later error can quote what the server sent; its kind cannot.
    return Answer(Outcome.NO_ANSWER, detail=f"no answer: {kind}")
