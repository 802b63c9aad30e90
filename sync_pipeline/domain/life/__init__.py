"""The life of one record: what is known of it, what that comes to in a sentence, and what happens next. Pure."""
