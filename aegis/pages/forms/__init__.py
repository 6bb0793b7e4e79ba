"""What people fill in: parsing and messages, no rules."""
