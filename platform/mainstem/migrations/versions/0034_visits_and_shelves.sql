-- A service that does not say how long it takes cannot be booked. Those that were made before it was
-- asked keep the two hours that the desk has suggested for every visit.
UPDATE product SET visit_minutes = 120 WHERE kind = 'service' AND visit_minutes = 0;
