"""Past editions of the terminology task, imported from the files as published."""
