"""Lists are read page by page along a cursor."""

from rest_framework.pagination import CursorPagination


class Cursor(CursorPagination):
    """Pages along the set's own order: ``next`` and ``previous`` are whole addresses."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
