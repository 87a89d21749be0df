"""What looks the same? Hashes of pictures and clips that survive what people do to a copy, and the
exact search among all of them."""
