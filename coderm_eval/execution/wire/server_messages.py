"""What the tests' sandbox and its servers say to each other, besides the commands in `sandbox.test_server`."""

from __future__ import annotations

__all__ = ["ENDED", "ENDED_ALL", "LEAVING", "NO_ROOM", "REQUEST"]

ENDED, ENDED_ALL, LEAVING, NO_ROOM = b"ended", b"ended all", b"leaving", b"no room"
"""A server's answers to "end": a child was ended; none is left; a test has changed the server, so another follows; a
test has written, and the disk is full."""

REQUEST = b"\n"
"""The controller's request for another server."""
