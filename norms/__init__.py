"""What the texts say: formats and rules. Pure functions: no I/O, no clock, no state."""
