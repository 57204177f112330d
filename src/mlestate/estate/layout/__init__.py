"""What a spec comes to: who has which workspaces, where, called what, and for whom."""
