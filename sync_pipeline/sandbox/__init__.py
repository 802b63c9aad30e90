"""A local Virtuous CRM+, VOMO and giving platform on one loopback port, with faults on demand and books of its own.

    app          which path is answered by whom
    gate         what every API request passes: token, quota, faults, books
    virtuous     the Virtuous endpoints        contacts, gifts, notes, tags, volunteers, attendances answer;
                 *_rules check, *_store hold, *_shape show; queries and query_parameters are the query language
    vomo         the VOMO endpoints            vomo_store and vomo_tables hold, vomo_made_up and seed invent
    giving       the giving platform's         giving_tables, giving_made_up
    control      the /sandbox endpoints        world is the same in process; *_world, *_control: their parts
    server       runs it all

State lives in memory and dies with the process. Nothing here knows the pipeline it is used to test.
"""
