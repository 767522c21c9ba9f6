"""From what was sent to entries: of outputs, and of images."""
