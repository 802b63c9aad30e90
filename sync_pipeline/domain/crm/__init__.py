"""What we ask of Virtuous and how its documents are read, one module per kind of record. Pure: nothing is sent here.

Paths, bodies and shapes are those of reference/virtuous_crm_api.md, sections 3 to 5.
"""
