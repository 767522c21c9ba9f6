"""Terms in texts: which occur in a source, and which words of a translation render them."""
