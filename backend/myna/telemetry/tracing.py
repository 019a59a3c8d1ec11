"""Traces of a message's way by OpenTelemetry, where they are switched on: one, from the gateway to the row.

The context travels with the message as W3C's `traceparent` (https://www.w3.org/TR/trace-context/): in its line, because group commit
puts several messages into one publish, and of a message alone in the publish's headers too. Switched off, a call looks at one name.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span as Span
    from opentelemetry.trace import Tracer

WAITING = 10_000  # replies read in the log whose row is awaited: the oldest is given up

_tracer: Tracer | None = None
_to_store: OrderedDict[str, Context] = OrderedDict()  # by reply_id


def switch_on(tracer: Tracer | None) -> None:
    """Make spans with this tracer from now on; None: none any more."""
    global _tracer
    _tracer = tracer
    _to_store.clear()


def on() -> bool:
    """Whether spans are made."""
    return _tracer is not None


def join(traceparent: str | None) -> None:
    """What is begun in this task from here on belongs to the trace that a request names, if it names one."""
    if _tracer is not None and traceparent is not None:
        from opentelemetry.context import attach

        attach(_context_of(traceparent))


def begin(name: str, kind: str, traceparent: str | None = None, **attributes: Any) -> Span | None:
    """A span from now on, to be given to `end`; None where none are made.

    `kind` is a name of `SpanKind`. Its parent is the one that `traceparent` names, or what this task belongs to.
    """
    if _tracer is None:
        return None
    from opentelemetry.trace import SpanKind

    context = _context_of(traceparent) if traceparent else None
    return _tracer.start_span(name, context, SpanKind[kind], {f"myna.{key}": value for key, value in attributes.items()})


def end(span: Span | None, failed: str | None = None, **attributes: Any) -> None:
    """The span is over; `failed`: the code of what went wrong."""
    if span is None:
        return
    from opentelemetry.trace import Status, StatusCode

    span.set_attributes({f"myna.{key}": value for key, value in attributes.items()})
    if failed is not None:
        span.set_status(Status(StatusCode.ERROR, failed))
    span.end()


def event(span: Span | None, name: str) -> None:
    """Something happened within it."""
    if span is not None:
        span.add_event(name)


def traceparent_of(span: Span | None) -> str | None:
    """What names this span as a parent elsewhere."""
    if span is None:
        return None
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def await_row(reply_id: str, traceparent: str) -> None:
    """The row of this reply will belong to this trace."""
    _to_store[reply_id] = _context_of(traceparent)
    while len(_to_store) > WAITING:
        _to_store.popitem(last=False)


def stored(reply_ids: Iterable[str], began_ns: int) -> None:
    """These replies' rows are written, in a transaction that began then (ns since 1970): a span in each one's trace."""
    if _tracer is None:
        return
    from opentelemetry.trace import SpanKind

    for reply_id in reply_ids:
        context = _to_store.pop(reply_id, None)
        if context is not None:
            _tracer.start_span("store", context, SpanKind.CLIENT, {"myna.reply_id": reply_id}, start_time=began_ns).end()


def _context_of(traceparent: str) -> Context:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": traceparent})
