"""The guided demonstration: three nonprofits, three nights, and a comparison with the sandbox's own books.

    demonstration   the whole of it, in order
    place           where it happens: port, home, fleet, environment, log file
    nights          what happens in each night        trouble   what goes wrong on purpose
    people          what everybody should look like in Virtuous
    comparison      Virtuous as it is                 reports   what the run reports claim

It judges the pipeline from outside: the nights run as `sync-pipeline run` does, the rest is told by the sandbox.
"""
