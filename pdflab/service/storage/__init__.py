"""Where finished PDFs are kept."""
