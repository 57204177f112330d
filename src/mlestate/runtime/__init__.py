"""Where jobs run: environments, sandbox, supervisor, agent, and the leases that bind them."""
