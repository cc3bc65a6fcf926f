"""Central fulfillment: where the parent keeps, ships and performs what affiliates sell."""
