"""Stage 3: programs and tests in, verdicts out. Knows nothing of models or benchmarks.

A program and a test never share a process. The test runs in one, where the names that it does not define itself are
stand-ins that ask; the program runs in another and answers. What passes between the two is text that encodes plain data
(`wire.encoding`). The controller between them keeps both sides' words, so that no call is made twice.

    cached              reads what the store holds, has the rest run, and stores it
    executor            makes the executor from the settings
      backends.shared     lets many threads use one executor, as a server has them
      backends.local      groups tests by problem; programs and tests that are the same run once (static_analysis)
        backends.pool       hands jobs to workers, and takes in their answers
          backends.process    one worker: a process that speaks JSON lines, replaced when it dies or is silent

          sandbox.worker      what that process runs: two sandboxes (sandbox.isolation) and a controller in neither
            sandbox.program_server   in the first: one forked process for each program answers calls
            sandbox.test_server      in the second: a forked process for tests that can share it, one for each other
            sandbox.test_runner      the controller: puts the calls of tests to programs (program_answers), remembers
                                     what tests did on the answers (call_tree), and gives the verdicts

Both kinds of forked process run under limits (`sandbox.confinement`, `sandbox.watchdog`). Generated tests share a
process only if `harmless_tests` proves that nothing of one can reach another.
"""
