"""`verify`: checks a finished run, and runs some of it again."""
