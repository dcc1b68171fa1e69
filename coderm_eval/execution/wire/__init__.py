"""What passes between processes: lines of text that stand for plain data."""
