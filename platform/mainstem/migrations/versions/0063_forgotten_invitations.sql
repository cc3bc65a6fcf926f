-- Whom an invitation was to is forgotten some time after it ran out. That somebody was asked, by whom
-- and under which sponsor, stays.

ALTER TABLE programme_invitation
  ADD COLUMN forgotten_at timestamptz,
  DROP CONSTRAINT programme_invitation_email_check,
  DROP CONSTRAINT programme_invitation_name_check,
  ADD CONSTRAINT programme_invitation_names CHECK (
    CASE WHEN forgotten_at IS NULL THEN email LIKE '%_@_%' AND name <> '' ELSE email = '' AND name = '' END),
  ADD CONSTRAINT programme_invitation_forgotten CHECK (forgotten_at > expires_at);
CREATE INDEX programme_invitation_expired ON programme_invitation (expires_at, id) WHERE forgotten_at IS NULL;
GRANT UPDATE (email, name, forgotten_at) ON programme_invitation TO mainstem_company;
