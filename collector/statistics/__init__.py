"""The statistics, one subject per file; README.md is the generated dictionary."""
