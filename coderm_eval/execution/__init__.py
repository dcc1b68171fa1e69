"""Stage 3: programs and tests in, verdicts out. Knows nothing of models or benchmarks.

A program and a test never share a process. The test runs in one, where the names that it does not define itself are
stand-ins that ask; the program runs in another and answers. What passes between the two is text that encodes plain data
(`wire.encoding`). The worker between them keeps both sides' words, so that no call is made twice.

    cached              reads what the store holds, has the rest run, and stores it
    executor            makes the executor from the settings
      backends.local      groups tests by problem; programs and tests that are the same run once (static_analysis)
        backends.pool       hands jobs to workers, and takes in their answers
          backends.process    one worker: a process that speaks JSON lines, replaced when it dies or is silent

          sandbox.worker      what that process runs: it starts two sandboxes (sandbox.isolation) and watches them
            sandbox.program_server   in the first: one forked process for each program answers calls
            sandbox.test_runner      in the second: puts the calls of tests to programs (program_answers), remembers
                                     what tests did on the answers (call_tree), and gives the verdicts
              sandbox.test_server      a forked process in which the tests of a problem run

Both kinds of forked process run under limits (`sandbox.confinement`, `sandbox.watchdog`).
"""
