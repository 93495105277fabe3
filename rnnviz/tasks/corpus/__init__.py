"""Speech that nobody had to record: see README.md beside this file."""
