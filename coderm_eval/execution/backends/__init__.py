"""Where programs are run: on this machine."""
