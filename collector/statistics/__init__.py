"""One subject a file; README.md beside them is the generated dictionary."""
