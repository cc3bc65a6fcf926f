"""What a company sets, a module a kind of thing."""
