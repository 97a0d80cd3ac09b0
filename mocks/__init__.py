"""The national services, emulated over one synthetic world."""
