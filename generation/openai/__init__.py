"""`/v1`: OpenAI's Videos API, so that its clients change an address and a key and go on.

Its own words for things are kept in here; everything it does goes through `generation.services`,
under the same rules as the app.
"""
