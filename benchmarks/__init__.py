"""Measurements, side by side with what a user would pick instead. Loopback only; every load stops by itself."""
