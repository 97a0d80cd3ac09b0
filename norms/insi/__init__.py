"""The INSi teleservice (CNAM, GIE SESAM-Vitale): its messages and the rules they must keep."""
