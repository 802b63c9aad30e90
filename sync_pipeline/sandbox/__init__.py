"""A local Virtuous CRM+ and VOMO on one loopback port, with faults on demand and books of its own.

    app          which path is answered by whom
    gate         what every API request passes: token, quota, faults, books
    virtuous     the Virtuous endpoints        contact_rules, contact_store, contact_shape
    vomo         the VOMO endpoints            vomo_store, seed
    control      the /sandbox endpoints        world is the same in process
    server       runs it all

State lives in memory and dies with the process. Nothing here knows the pipeline it is used to test.
"""
