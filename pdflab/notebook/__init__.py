"""The widgets and pictures of a notebook, such as the control room."""
