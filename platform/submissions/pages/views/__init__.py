"""The pages of the participants' side."""
