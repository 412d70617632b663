"""Charts: a Run and an Axes in, the Axes out."""
