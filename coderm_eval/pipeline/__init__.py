"""The six stages as one list: sample, write tests, execute, select, grade, report.

`run.py` is the list; `stages.py` puts the stages together, each from its own section of the settings; `loop.py` is the
part that decides, and reaches nothing that grades.
"""
