"""Door: one module per step of the schema's history."""
