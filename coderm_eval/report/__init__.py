"""What a run says afterwards: scores with intervals, the table, the files of a run directory."""
