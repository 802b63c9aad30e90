"""Binding: what waited for an id of Virtuous becomes a request as soon as the id is there; one module per kind."""
