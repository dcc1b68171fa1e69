"""What stands between untrusted programs and the host, from the strongest to what every Unix has.

    namespaces   no file, process or network but an interpreter and an empty folder in memory (`namespaces`)
    landlock     in the host's namespaces: reads the interpreter, writes its scratch folder (`landlock`)
    seccomp      starts, signals and inspects no process, opens no socket (`seccomp`)
    rlimits      CPU, memory, file size, open files (`confinement`)

A fork server enters the first that the host grants once, at its start; each of its children then takes on the
filter and the limits, which cost it about 50 microseconds.
"""
