"""What the tests' sandbox and its servers say to each other, besides the commands in `sandbox.test_server`."""

from __future__ import annotations

__all__ = ["ENDED", "ENDED_ALL", "LEAVING", "REQUEST"]

ENDED, ENDED_ALL, LEAVING = b"ended", b"ended all", b"leaving"
"""A server's answers to "end": a child was ended; none is left; a test has changed the server, so another follows."""

REQUEST = b"\n"
"""The controller's request for another server."""
