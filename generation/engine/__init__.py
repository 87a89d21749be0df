"""The only door to torch and diffusers: a prompt goes in, frames and sound come out."""
