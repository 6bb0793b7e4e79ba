"""The database: its two roles and what each may do."""
