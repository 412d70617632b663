"""The analysis of a run: columns of sends and events in, figures out."""
