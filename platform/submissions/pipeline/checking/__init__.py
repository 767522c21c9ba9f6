"""Checks a submission's files or image, and makes its entries."""
