"""The steps of placing a batch of orders, as `orders.place` takes them."""
