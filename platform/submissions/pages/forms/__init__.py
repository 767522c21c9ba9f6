"""The forms of the participants' side."""
