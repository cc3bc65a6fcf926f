-- What is forgotten when, and why, stands in docs/decisions/28.
CREATE INDEX sign_in_attempt_age ON sign_in_attempt (at);
CREATE INDEX sign_in_session_end ON sign_in_session (expires_at);
GRANT DELETE ON sign_in_session TO mainstem_company;

-- Orders that are not closed yet, oldest first. The column never changes and the state is in another
-- index already, so that what happens to an order between its payment and its end costs nothing more.
CREATE INDEX orders_open ON orders (placed_at) WHERE state = 'placed';
