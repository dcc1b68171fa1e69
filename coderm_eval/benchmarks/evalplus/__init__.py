"""HumanEval+ and MBPP+. Their settings are read at every start, so that nothing is imported here."""
