"""Who may do what, and why: pure reckoning over a snapshot of the world.

It says the same as the compiled rights that requests are checked with, only slower and with
reasons; a property test holds the two together.
"""
