"""XDS.b as the DMP uses it: metadata, their ebRIM form, stored queries, retrieval, updates, the set's signature.

IHE IT Infrastructure Technical Framework, volume 2 (ITI-18, -41, -43, -57) and volume 3 §4; CI-SIS, volet Partage de
documents de santé; DMP integration guide (SEL-MP-037).
"""
