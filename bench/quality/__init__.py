"""Measures what the server finds, through its API, as a client would. Start reading at `__main__`."""
