"""The main job, driven from outside: over HTTP and the socket, as phones would."""
