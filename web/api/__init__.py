"""What programs ask over HTTP, with tokens instead of a sign-in."""
