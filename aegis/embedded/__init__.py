"""The one-command stack: PostgreSQL, Redis, web, worker and beat from one folder of data."""
