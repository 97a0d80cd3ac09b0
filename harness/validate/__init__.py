"""Validating what the user points at: files, folders, IHE_XDM.ZIP, mails; the results as text, JSON, SARIF or JUnit.

`sources.find` lists the documents, `engine.run` judges them (in worker processes when there are many), and each module
of `harness.validate.writers` turns the results into one form.
"""
