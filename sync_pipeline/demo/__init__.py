"""The guided demonstration: three nonprofits, three nights, and a comparison with the sandbox's own books.

    demonstration   the whole of it, in order
    place           where it happens: port, home, fleet, environment, log file
    nights          what happens in each night
    changes         what changes at the sources       trouble   what goes wrong on purpose
    sources         how the sources look, night by night, stream by stream (records)
    people, giving, serving                           what the records should be in Virtuous
    comparison      Virtuous as it is (evidence), kind by kind (*_compared)
    reports         what the run reports claim

It judges the pipeline from outside: the nights run as `sync-pipeline run` does, the rest is told by the sandbox.
"""
