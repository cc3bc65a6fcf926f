-- A service that does not say how long it takes cannot be booked. Those that were made before it was
-- asked keep the two hours that the desk has suggested for every visit.
UPDATE product SET visit_minutes = 120 WHERE kind = 'service' AND visit_minutes = 0;

-- At so few free pieces a shelf is low; none: nobody wants to know.
ALTER TABLE stock_level ADD COLUMN low_stock_mark int CHECK (low_stock_mark >= 0);
CREATE INDEX stock_level_low ON stock_level (variant_id) WHERE low_stock_mark IS NOT NULL;

-- A shelf may be corrected without being counted, for a reason.
ALTER TABLE stock_movement DROP CONSTRAINT stock_movement_reason_check;
ALTER TABLE stock_movement ADD CONSTRAINT stock_movement_reason_check
  CHECK (reason IN ('receipt','count','shrink','return_restock','transfer','correction','damaged','lost','found'));
CREATE INDEX stock_movement_article ON stock_movement (variant_id, at DESC);
