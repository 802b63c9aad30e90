"""How messages reach people: Slack, and a second channel when Slack does not take them."""
