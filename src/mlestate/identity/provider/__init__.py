"""Logins by a provider of OpenID Connect, of which this estate is a client; decision 0026."""
