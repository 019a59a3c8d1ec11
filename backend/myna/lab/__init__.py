"""The laboratory: faults on purpose, bounded in time, for operators who want to see what the pipeline makes of them."""
