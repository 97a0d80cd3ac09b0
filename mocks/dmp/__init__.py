"""The DMP, emulated: documents, patients, rights, contextual web access."""
