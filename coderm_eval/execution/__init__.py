"""Programs and tests in, verdicts out: knows nothing of models or benchmarks.

A program and a test never share a process. The test runs in one (`tester`) and asks; the program runs in
another (`candidate`) and answers; what passes between them is text that stands for plain data (`plain`), and
the `worker` in the middle remembers what was asked and answered, so that no question is put twice.

    engine -> pool -> process -> worker -> candidate   one forked process for each program
                                        -> tester      one for the tests of a problem

`engine.Executor` is the whole interface.
"""
