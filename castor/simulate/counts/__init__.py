"""What is counted in each replication, put together."""
