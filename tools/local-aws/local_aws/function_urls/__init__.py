"""Function URLs whose responses stream."""
