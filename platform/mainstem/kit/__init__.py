"""The kit: what every slice stands on, without a word of business in it."""
