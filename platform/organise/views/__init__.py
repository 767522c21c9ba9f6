"""The views of the organisers' pages, a module for each page."""
