"""The six stages as one list: sample, write tests, execute, select, grade, report."""
