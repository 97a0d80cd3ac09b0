"""Certificate profiles of the test PKI, as data. Keys are made on the user's machine, never kept here."""
