"""Findings about plain HTTP: wrong address, wrong method, body too large or cut."""
