"""What the pages of staff have in common, in the console and at the desks."""
