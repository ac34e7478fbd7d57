"""Programs run from Python."""

from mtc.session.session import Event, Memory, Session, Signature

__all__ = ["Event", "Memory", "Session", "Signature"]
