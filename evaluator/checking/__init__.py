"""Reading and checking uploaded hypotheses: do they fit a test set, and what is odd about them?"""
