"""The benchmarks of `pdflab bench`, one file each."""
