-- Whoever takes part, or asks for a service, is known by every spelling of their mailbox.

-- As mainstem.kit.contact.mailbox_of: without a sub-address, and without what the provider does not read.
CREATE FUNCTION mailbox_of(key text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  WITH part AS (SELECT left(key, -length(tail) - 1) AS local, CASE tail
                         WHEN 'googlemail.com' THEN 'gmail.com'
                         WHEN 'protonmail.com' THEN 'proton.me'
                         WHEN 'pm.me' THEN 'proton.me' ELSE tail END AS domain
                  FROM (SELECT substring(key FROM '[^@]*$') AS tail) AS split),
       bare AS (SELECT local, domain, translate(
                         left(local, 1) || split_part(substr(local, 2), '+', 1),
                         CASE domain WHEN 'gmail.com' THEN '.' WHEN 'proton.me' THEN '.-_' ELSE '' END,
                         '') AS mailbox
                  FROM part)
  SELECT CASE WHEN local = '' THEN key ELSE coalesce(nullif(mailbox, ''), local) || '@' || domain END FROM bare
$$;

ALTER TABLE person ADD COLUMN mailbox text NOT NULL GENERATED ALWAYS AS (mailbox_of(email_key)) STORED;
ALTER TABLE affiliate ADD COLUMN mailbox text NOT NULL GENERATED ALWAYS AS (mailbox_of(email_key)) STORED;
ALTER TABLE lead ADD COLUMN mailbox text NOT NULL GENERATED ALWAYS AS (mailbox_of(client_key)) STORED;
CREATE INDEX lead_mailbox ON lead (mailbox);
DROP INDEX lead_client;
CREATE INDEX person_mailbox ON person (mailbox);
CREATE INDEX affiliate_mailbox ON affiliate (mailbox);     -- each capture asks whether the client takes part
DROP INDEX affiliate_email;

-- So is whoever has asked for a service. Of spellings that are one mailbox now, one goes on; the rest run out.
UPDATE lead_claim c SET contact_key = new.contact_key
  FROM (SELECT DISTINCT ON (product_id, new_key) product_id, contact_key AS old_key, storefront_id, new_key AS contact_key
          FROM lead_claim, mailbox_of(substr(contact_key, 7)) AS mailbox, concat('email:', mailbox) AS new_key
         WHERE contact_key LIKE 'email:%' AND new_key <> contact_key
         ORDER BY product_id, new_key, protected_at, until) AS new
 WHERE c.product_id = new.product_id AND c.contact_key = new.old_key AND c.storefront_id = new.storefront_id
   AND NOT EXISTS (SELECT 1 FROM lead_claim o WHERE o.product_id = new.product_id AND o.contact_key = new.contact_key);
