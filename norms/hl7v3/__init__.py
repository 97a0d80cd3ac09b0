"""HL7 v3 and custom messages of the DMP about patients and authorisations."""
