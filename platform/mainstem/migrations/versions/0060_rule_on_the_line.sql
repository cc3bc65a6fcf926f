-- Each line keeps the rule of its plan by which it was sold (docs/decisions/57). Until now a rule was
-- named for the kind of product that it is for.

ALTER TABLE order_line ADD COLUMN rule text CHECK (rule <> '');
UPDATE order_line SET rule = kind;
ALTER TABLE order_line ALTER COLUMN rule SET NOT NULL;
