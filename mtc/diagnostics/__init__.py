"""What can go wrong, in words: one table of codes, diagnostics that carry cause, place and remedy, and one exception.

A check that can find several faults reports them all and raises once::

    with collected() as report:
        for node in graph:
            if node.target not in table:
                report(UNSUPPORTED_OP(f"cannot import `{node.target}`", at=location(node), help="...", op=node.target))
"""

from mtc.diagnostics.codes import *  # noqa: F403  all of them
from mtc.diagnostics.diagnostic import CODES as CODES
from mtc.diagnostics.diagnostic import Code as Code
from mtc.diagnostics.diagnostic import Diagnostic as Diagnostic
from mtc.diagnostics.diagnostic import MtcError as MtcError
from mtc.diagnostics.diagnostic import Report as Report
from mtc.diagnostics.diagnostic import collected as collected
from mtc.diagnostics.writing import writing as writing
