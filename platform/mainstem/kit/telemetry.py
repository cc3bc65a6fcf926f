"""Logs: one line an event, as JSON for machines or text for people, with the work's id."""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog


def configure(*, json: bool = False, quiet: bool = False) -> None:
    """Send every log line to standard error in one shape; quiet leaves warnings. Never bodies,
    cookies or keys; no e-mail, and no character that a terminal would obey."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # A traceback says where; what stood in the variables is people's, and nobody's to log.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _without_what_is_not_for_a_log,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.WARNING if quiet else logging.INFO
        ),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _StandardError())),
        cache_logger_on_first_use=True,
    )


class _StandardError(io.TextIOBase):
    """Standard error as it is when a line is written: loggers outlive whoever replaced it."""

    def write(self, text: str, /) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


_EMAIL = re.compile(
    r"[^\s@\"'<>()\[\]{},;:=/?&]+(?:@|%40)[^\s@\"'<>()\[\]{},;:=/?&]+", re.IGNORECASE
)


def _without_what_is_not_for_a_log(
    _: Any, __: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    return {key: _shown(key, value) for key, value in event.items()}


def _shown(key: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    # The lines of a traceback are ours; a line break in anything else would forge another entry.
    kept = "\n\t" if key == "exception" else ""
    if not value.isprintable():
        value = "".join(
            letter if letter.isprintable() or letter in kept else ascii(letter)[1:-1]
            for letter in value
        )
    return _EMAIL.sub("(e-mail)", value) if "@" in value or "%40" in value else value


def log(name: str) -> Any:
    """A logger that names the part of the application that writes."""
    return structlog.get_logger(part=name)
