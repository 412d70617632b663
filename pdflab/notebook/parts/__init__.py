"""The parts of a room, each with its widgets and what they do."""
