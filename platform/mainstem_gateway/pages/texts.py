"""The words of the pages that clients and affiliates see, in English and Swedish."""

from typing import TypedDict

Texts = dict[str, str]


class CardTexts(TypedDict):
    """A test card as a person chooses it."""

    name: str
    says: str


TEXTS: dict[str, Texts] = {
    "en": {
        "test_mode": "TEST MODE",
        "test_mode_says": "No real money moves.",
        "pay_to": "Pay {shop}",
        "summary": "Your order",
        "each": "{price} each",
        "total": "Total",
        "email": "Email",
        "email_says": "Your receipt goes here. In test mode no mail is sent.",
        "how": "How should this payment go?",
        "how_says": "Test cards have names instead of numbers. Never enter a real card here.",
        "cards": "Cards",
        "bank": "From a bank account",
        "later_cards": "Paid now, trouble later",
        "pay": "Pay {amount}",
        "book": "Book for {amount}",
        "donate": "Donate {amount}",
        "cancel": "Back to {shop}",
        "declined": "The payment did not go through",
        "generic_decline": "Your bank declined the card without saying why.",
        "insufficient_funds": "There is not enough money on the account.",
        "payment_intent_authentication_failure": "The payment was not approved at your bank.",
        "payment_method_provider_decline": "Your bank did not pay.",
        "try_again": "You have not been charged. Choose another card and try again.",
        "waiting": "This payment waits for your bank's approval.",
        "go_on": "Continue to your bank",
        "expired": "This checkout has expired",
        "expired_says": "You have not been charged. Go back to the shop to start again.",
        "complete": "This order is paid",
        "processing": "Your bank has been asked to pay",
        "complete_says": "There is nothing more to do here.",
        "to_shop": "Continue to {shop}",
        "no_email": "Enter an email address, such as name@example.com.",
        "no_card": "Choose how the payment should go.",
        "bank_title": "Approve the payment",
        "bank_says": "Your bank asks you to approve {amount} to {shop}. This page stands in for "
        "the bank's own 3\N{NON-BREAKING HYPHEN}D Secure step.",
        "approve": "Approve",
        "refuse": "Refuse",
        "nothing": "There is nothing here",
        "nothing_says": "The address may be mistyped, or the link may be from another store.",
        "setup_title": "Set up payouts",
        "setup_says": "Here Stripe would ask {name} for identity and bank details. In test mode "
        "you choose what comes of it.",
        "setup_active": "Complete everything",
        "setup_active_says": "Identity is confirmed, a bank is added, money can be paid out.",
        "setup_document": "A document is missing",
        "setup_document_says": "A proof of identity is asked for. Payouts wait until it is there.",
        "setup_restricted": "Be restricted",
        "setup_restricted_says": "The account is under review and can receive nothing for now.",
        "setup_go": "Continue",
        "setup_choose": "What should come of it?",
        "done": "Done",
        "done_says": "You can close this page.",
    },
    "sv": {
        "test_mode": "TEST MODE",
        "test_mode_says": "Testläge: inga riktiga pengar.",
        "pay_to": "Betala till {shop}",
        "summary": "Din order",
        "each": "{price} styck",
        "total": "Summa",
        "email": "E-post",
        "email_says": "Hit går kvittot. I testläge skickas ingen e-post.",
        "how": "Hur ska betalningen gå?",
        "how_says": "Testkorten har namn, inte nummer. Skriv aldrig in ett riktigt kort här.",
        "cards": "Kort",
        "bank": "Från bankkonto",
        "later_cards": "Betalt nu, problem senare",
        "pay": "Betala {amount}",
        "book": "Boka för {amount}",
        "donate": "Ge {amount}",
        "cancel": "Tillbaka till {shop}",
        "declined": "Betalningen gick inte igenom",
        "generic_decline": "Banken nekade kortet utan att säga varför.",
        "insufficient_funds": "Det finns inte tillräckligt med pengar på kontot.",
        "payment_intent_authentication_failure": "Betalningen godkändes inte hos banken.",
        "payment_method_provider_decline": "Din bank betalade inte.",
        "try_again": "Inget har dragits. Välj ett annat kort och försök igen.",
        "waiting": "Betalningen väntar på att din bank godkänner den.",
        "go_on": "Fortsätt till banken",
        "expired": "Betalningen har gått ut",
        "expired_says": "Inget har dragits. Gå tillbaka till butiken och börja om.",
        "complete": "Ordern är betald",
        "processing": "Banken har fått begäran om betalning",
        "complete_says": "Du behöver inte göra något mer här.",
        "to_shop": "Fortsätt till {shop}",
        "no_email": "Fyll i en e-postadress, till exempel namn@example.com.",
        "no_card": "Välj hur betalningen ska gå.",
        "bank_title": "Godkänn betalningen",
        "bank_says": "Din bank ber dig godkänna {amount} till {shop}. Den här sidan står i "
        "stället för bankens eget 3\N{NON-BREAKING HYPHEN}D Secure-steg.",
        "approve": "Godkänn",
        "refuse": "Neka",
        "nothing": "Här finns ingenting",
        "nothing_says": "Adressen kan vara felskriven, eller länken komma från en annan lagring.",
        "setup_title": "Ordna utbetalningar",
        "setup_says": "Här skulle Stripe fråga {name} om identitet och bankkonto. I testläge "
        "väljer du hur det går.",
        "setup_active": "Slutför allt",
        "setup_active_says": "Identiteten är bekräftad, bankkontot finns, pengar kan betalas ut.",
        "setup_document": "Ett intyg saknas",
        "setup_document_says": "En id-handling begärs. Utbetalningar väntar tills den finns.",
        "setup_restricted": "Bli begränsad",
        "setup_restricted_says": "Kontot granskas och kan inte ta emot något just nu.",
        "setup_go": "Fortsätt",
        "setup_choose": "Hur ska det gå?",
        "done": "Klart",
        "done_says": "Du kan stänga sidan.",
    },
}

CARD_TEXTS: dict[str, dict[str, CardTexts]] = {
    "en": {
        "success": {"name": "Pays", "says": "The payment goes through at once."},
        "declined": {"name": "Declined", "says": "The bank says no, without a reason."},
        "insufficient_funds": {"name": "Insufficient funds", "says": "Not enough on the account."},
        "authentication": {
            "name": "3\N{NON-BREAKING HYPHEN}D Secure",
            "says": "The bank asks you to approve on a page of its own.",
        },
        "delayed_success": {"name": "Pays later", "says": "The bank pays in a little while."},
        "delayed_failure": {"name": "Fails later", "says": "The bank says no in a little while."},
        "dispute": {"name": "Disputed later", "says": "Paid now, then disputed as fraud."},
        "refund_pending": {
            "name": "Slow refund",
            "says": "Paid now; a refund stays pending for a while.",
        },
        "refund_fails": {
            "name": "Refund comes back",
            "says": "Paid now; a refund fails some time later.",
        },
    },
    "sv": {
        "success": {"name": "Betalar", "says": "Betalningen går igenom direkt."},
        "declined": {"name": "Nekas", "says": "Banken säger nej utan att säga varför."},
        "insufficient_funds": {"name": "Täckning saknas", "says": "Det finns för lite på kontot."},
        "authentication": {
            "name": "3\N{NON-BREAKING HYPHEN}D Secure",
            "says": "Banken ber dig godkänna på en egen sida.",
        },
        "delayed_success": {"name": "Betalar senare", "says": "Banken betalar om en stund."},
        "delayed_failure": {"name": "Nekas senare", "says": "Banken säger nej om en stund."},
        "dispute": {"name": "Bestrids senare", "says": "Betalt nu, sedan bestritt som bedrägeri."},
        "refund_pending": {
            "name": "Långsam återbetalning",
            "says": "Betalt nu; en återbetalning dröjer ett tag.",
        },
        "refund_fails": {
            "name": "Återbetalning studsar",
            "says": "Betalt nu; en återbetalning kommer tillbaka senare.",
        },
    },
}
