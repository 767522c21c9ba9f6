"""The forms of the participants' side, one module a thing."""
