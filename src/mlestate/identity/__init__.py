"""From credentials to a caller: secrets, tokens, sessions, the local certificate authority."""
