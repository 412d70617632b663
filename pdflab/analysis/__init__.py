"""What a run shows: columns of sends and events in, figures out."""
