"""Jobs on this machine: the agent that leases them, the supervisor and sandbox that run them."""
