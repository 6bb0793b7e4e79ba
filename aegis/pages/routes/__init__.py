"""The addresses of the pages, a list for each subject."""
