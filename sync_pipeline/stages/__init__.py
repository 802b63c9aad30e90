"""The stages of a run. They talk to the world through `sync_pipeline.ports` alone."""
