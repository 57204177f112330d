"""Where clients and people log in: OAuth 2.0 and OpenID Connect, at the addresses of Entra."""
