"""The proof: estimates from randomised logs, and simulated worlds. Ranking imports none of it."""
