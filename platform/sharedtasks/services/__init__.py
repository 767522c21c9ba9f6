"""What organisers do with a shared task."""
