"""A fleet's night in which the daemon, the code server and the runs are killed at random, and started again."""
