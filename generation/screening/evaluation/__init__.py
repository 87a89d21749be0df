"""How well screening of words does, by language and by disguise, on a set that we wrote."""
