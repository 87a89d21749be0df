"""What a file says of where it comes from: signed manifests (C2PA), made and read.

This is the only door to c2pa.
"""
