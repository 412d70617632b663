"""What a run says: its columns, its figures, and whether it may be trusted."""
