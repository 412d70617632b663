"""Text, fonts, pages and tables: what every kind of document is set with."""
