"""What passes between processes: lines of text that encode plain data."""
