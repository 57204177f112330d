"""A forward proxy on the loopback: Azure's names lead to an estate, all others where they lead.

It is for the programs of one `mlestate run`. What goes to the estate goes as it came, under the
program's own credentials: there are none here.
"""
