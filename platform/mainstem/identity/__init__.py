"""Who someone is, what she may do, and the keys and links that stand for her."""

from mainstem.identity.keys import StorefrontKey, issue_key, keys_in_force, read_key, revoke_key
from mainstem.identity.links import (
    ANSWER,
    PAY,
    client_link,
    quote_link,
    read_client_link,
    read_quote_link,
    rights_of,
)
from mainstem.identity.passwords import PasswordTooWeak
from mainstem.identity.people import (
    ROLES,
    STAFF,
    EmailTaken,
    create_person,
    grant,
    key_of,
    revoke,
    roles_of,
    set_password,
)
from mainstem.identity.secrets import hash_of
from mainstem.identity.sessions import (
    Identity,
    Session,
    SignInRefused,
    TooManyAttempts,
    end_sessions,
    forget_sign_ins,
    sign_in,
    sign_out,
    who,
)
from mainstem.identity.setup import (
    AlreadySetUp,
    SetupTokenRefused,
    has_staff,
    make_setup_token,
    set_up,
)

__all__ = [
    "ANSWER",
    "PAY",
    "ROLES",
    "STAFF",
    "AlreadySetUp",
    "EmailTaken",
    "Identity",
    "PasswordTooWeak",
    "Session",
    "SetupTokenRefused",
    "SignInRefused",
    "StorefrontKey",
    "TooManyAttempts",
    "client_link",
    "create_person",
    "end_sessions",
    "forget_sign_ins",
    "grant",
    "has_staff",
    "hash_of",
    "issue_key",
    "key_of",
    "keys_in_force",
    "make_setup_token",
    "quote_link",
    "read_client_link",
    "read_key",
    "read_quote_link",
    "revoke",
    "revoke_key",
    "rights_of",
    "roles_of",
    "set_password",
    "set_up",
    "sign_in",
    "sign_out",
    "who",
]
