"""What the benches share: a server, processor time, peers, photos, figures."""
