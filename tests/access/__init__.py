"""Who may see what: two people, two workspaces, and every address."""
