"""Programs run from Python."""

from mtc.session.runner import Runner
from mtc.session.session import Event, Memory, Session
from mtc.session.signature import Signature

__all__ = ["Event", "Memory", "Runner", "Session", "Signature"]
