"""Which globals a pickle may name, and which no waiver covers."""
