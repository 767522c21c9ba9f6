"""The pages of the participants' side, one module a thing."""
