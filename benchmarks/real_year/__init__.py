"""A real year of 155,848 baskets, played down the whole road: prepared, scheduled, played, checked."""
