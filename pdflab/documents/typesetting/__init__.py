"""Text, fonts, pages and tables, for every kind of document."""
