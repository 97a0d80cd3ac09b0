"""The INS: matricule and key, identifiers, lexical profile, traits, RNIV statuses, datamatrix. Pure functions."""
