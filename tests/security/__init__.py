"""What a security standard asks of us, requirement by requirement, and what shows each."""
