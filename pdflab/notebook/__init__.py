"""What a notebook shows: charts, and the control room with its buttons. It draws and decides nothing."""
