# An account with nothing in it yet.
