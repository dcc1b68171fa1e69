"""What is between untrusted programs and the host, from the strongest part to what every Unix has.

    namespaces   programs see no file, process or network but an interpreter and an empty folder in memory
    landlock     where namespaces are refused: they read the interpreter and write one folder
    seccomp      they start, signal and inspect no process, and open no socket
    rlimits      their memory, file size and open files are limited (`sandbox.confinement`)

`levels` finds out what the host allows. A fork server enters it once, at its start; each child then takes on the filter
and the limits, which takes about 50 microseconds.
"""
