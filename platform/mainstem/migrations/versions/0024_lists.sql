-- What lists are turned by, and what is found by a word.

-- ---------------------------------------------------------------------------- lists

-- A list is read in the order of an index and cut by its key, however long its history.
CREATE INDEX orders_placed ON orders (placed_at, home_id, id);
CREATE INDEX orders_home_placed ON orders (home_id, placed_at, id);
CREATE INDEX orders_currency_placed ON orders (currency, placed_at, home_id, id);
-- Pending and placed orders are few and have theirs; closed ones are nearly all of a grown history.
CREATE INDEX orders_state_placed ON orders (state, placed_at, home_id, id)
  WHERE state IN ('canceled', 'expired');
CREATE INDEX orders_money_back ON orders (payment_status, placed_at, home_id, id)
  WHERE payment_status IN ('partially_refunded', 'refunded', 'disputed');
DROP INDEX orders_recent, orders_credited_elsewhere;

CREATE INDEX lead_state ON lead (state, created_at, home_id, id);
CREATE INDEX lead_home_created ON lead (home_id, created_at, id);
DROP INDEX lead_open;

DROP INDEX payout_period;
CREATE INDEX payout_period ON payout (period, home_id, id);
CREATE INDEX payout_not_paid ON payout (state, period, home_id, id) WHERE state <> 'paid';
CREATE INDEX affiliate_name ON affiliate (name, id);
CREATE INDEX fact_waiting_in_trouble ON fact_waiting (state, next_at, id) WHERE state = 'dead' OR attempts > 0;

-- ---------------------------------------------------------------------------- search

-- A text as it is looked for: lower case, without marks, so that Asa finds Åsa.
CREATE FUNCTION folded(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN lower(translate(said,
    'àáâãäåāăąæçćĉčďđèéêëēĕėęěðĝğģĥìíîïĩīĭįıĵķĺļľłñńņňòóôõöøōőœŕřśŝşšßţťŧùúûüũūŭůűųŵýÿŷźżžþÀÁÂÃÄÅĀĂĄÆÇĆĈČĎĐÈÉÊËĒĔĖĘĚÐĜĞĢĤÌÍÎÏĨĪĬĮİĴĶĹĻĽŁÑŃŅŇÒÓÔÕÖØŌŐŒŔŘŚŜŞŠŢŤŦÙÚÛÜŨŪŬŮŰŲŴÝŸŶŹŻŽÞ',
    'aaaaaaaaaaccccddeeeeeeeeedggghiiiiiiiiijkllllnnnnooooooooorrssssstttuuuuuuuuuuwyyyzzztaaaaaaaaaaccccddeeeeeeeeedggghiiiiiiiiijkllllnnnnooooooooorrsssstttuuuuuuuuuuwyyyzzzt'));

-- What a client, an affiliate or a thing is found by: every word of the name, the number, what
-- another system calls it, the e-mail, and the end of the phone number, which is the same however
-- the rest was written. The number and the e-mail come as they are kept.
CREATE FUNCTION found_by(name text, phone text, number text, external_id text, email text) RETURNS tsvector
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN array_to_tsvector(array_remove(array_remove(
    string_to_array(translate(folded(left(name, 200)), ' -,.()/''"', '         '), ' ')
      || ARRAY[lower(replace(number, '-', '')), folded(external_id), folded(email),
               nullif('+' || right(regexp_replace(phone, '[^0-9]', '', 'g'), 7), '+')], NULL), ''));

CREATE INDEX orders_found ON orders
  USING gin (found_by(client->>'name', client->>'phone', number, external_id, client_key))
  WITH (gin_pending_list_limit = 256);
CREATE INDEX lead_found ON lead
  USING gin (found_by(client->>'name', client->>'phone', number, external_id, client_key));
CREATE INDEX affiliate_found ON affiliate USING gin (found_by(name, phone_key, NULL, slug, email_key));
CREATE INDEX product_found ON product_text USING gin (found_by(name, NULL, NULL, NULL, NULL));
CREATE INDEX variant_found ON variant (upper(sku) text_pattern_ops);
CREATE INDEX payout_number ON payout (number);
CREATE INDEX payment_reference ON payment (reference) WHERE reference IS NOT NULL;
CREATE INDEX parcel_tracked ON parcel (upper(translate(tracking, ' -', '')));
DROP INDEX parcel_tracking;
