-- What a shop is called, as the eye sees it: see mainstem.kit.lookalike.
ALTER TABLE storefront ADD COLUMN skeletons text[] NOT NULL DEFAULT '{}';
CREATE INDEX storefront_skeletons ON storefront USING gin (skeletons);
-- What an applicant said stays as it was; what it looks like is ours.
ALTER TABLE application DISABLE TRIGGER application_stays;
