"""The words of the notice in each language, and of the label in all of them.

They are the law's, not ours: nobody translates or improves them. What the notice says is Annex I of
the regulation in that language; what the label says below its number is Annex II.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """The notice in one language, in the order in which it is read."""

    title: tuple[str, ...]
    """One line each, in capitals."""
    promise: tuple[str, str]
    """What is promised, and the rest of that sentence."""
    claims: str
    """What may be claimed, before its two examples."""
    examples: tuple[str, str]
    liable: str
    """What the seller must offer, before the two ways."""
    remedies: tuple[str, str]
    periods: str
    scan: str
    shown_url: str
    """The address as people read it, below its QR code."""
    url: str
    """The same as a program follows it."""
    doing: tuple[str, str]
    """What to do, and when: a heading in two sizes."""
    steps: tuple[str, str]
    commercial: str


NOTICES = {
    "en": Notice(
        title=("LEGAL", "GUARANTEE"),
        promise=(
            "Minimum two-year legal guarantee protection",
            "for goods sold in the European Union.",
        ),
        claims="Consumers can claim their rights under the legal guarantee of conformity, "
        "for example if goods:",
        examples=("do not match the description;", "do not function as intended."),
        liable="Sellers are liable for any lack of conformity which existed when the goods were "
        "delivered, and which becomes apparent within the legal guarantee period. Sellers in such "
        "a situation are required to offer:",
        remedies=(
            "free repair or free replacement;",
            "in some cases, a price reduction or full reimbursement.",
        ),
        periods="Some countries have a longer legal guarantee period. For second-hand goods, a "
        "shorter period may apply, but not less than one year.",
        scan="For more information on your rights in a specific country, scan the QR code below or "
        "ask the seller.",
        shown_url="europa.eu/youreurope/guarantees",
        url="https://europa.eu/youreurope/guarantees",
        doing=("What to do", "if you receive non-conforming goods:"),
        steps=(
            "Contact the seller as soon as possible to report the issue;",
            "Provide proof of purchase, such as a receipt, invoice, or bank statement.",
        ),
        commercial="Sellers and producers may also offer commercial guarantees, which apply "
        "independently from the legal guarantee. For example, you may see this GARAN label "
        "representing a commercial guarantee of durability offered by the producer at no "
        "additional cost and covering the entire good.",
    ),
    "sv": Notice(
        title=("REKLAMATIONS-", "RÄTT"),
        promise=("Du har minst två års reklamationsrätt", "för en vara du köpt i EU."),
        claims="Som konsument har du rätt att reklamera en vara om den till exempel",
        examples=("inte motsvarar beskrivningen", "inte fungerar som avsett."),
        liable="Säljaren är ansvarig för brister som fanns när varan levererades och som upptäcks "
        "inom den period som reklamationsrätten gäller. Säljaren måste i så fall erbjuda",
        remedies=(
            "gratis reparation eller gratis byte av varan",
            "i vissa fall prisavdrag eller alla pengarna tillbaka.",
        ),
        periods="I vissa länder kan reklamationsrätten vara längre än två år. För begagnade varor "
        "kan den vara kortare, men aldrig kortare än ett år.",
        scan="För mer information om dina rättigheter i ett visst land kan du skanna qr-koden "
        "nedan eller fråga säljaren.",
        shown_url="europa.eu/youreurope/reklamationsrätt",
        url="https://europa.eu/youreurope/reklamationsr%C3%A4tt",
        doing=("Vad du ska göra", "om en vara är bristfällig"),
        steps=(
            "Kontakta säljaren så snart som möjligt och rapportera problemet.",
            "Visa upp bevis på köpet, till exempel kvitto, faktura eller kontoutdrag.",
        ),
        commercial="Säljarna och tillverkarna kan ibland erbjuda kommersiella garantier som gäller "
        "oberoende av reklamationsrätten. Du kan till exempel se den här GARAN-märkningen för "
        "hållbarhetsgarantier som tillverkaren erbjuder utan kostnad och som omfattar hela varan.",
    ),
}


def notice_of(locale: str) -> Notice:
    """The notice in a reader's language."""
    return NOTICES.get(locale[:2], NOTICES["en"])


LABEL_URL = "https://europa.eu/youreurope/commercial-guarantee-durability/index.htm"

YEARS_OF_GUARANTEE = {
    "BG": "Гаранция от производителя в години",
    "CS": "Záruka výrobce v letech",
    "DA": "Producentgarantiens varighed i år",
    "DE": "Herstellergarantie in Jahren",
    "EL": "Εγγύηση παραγωγού σε έτη",
    "EN": "Producer guarantee in years",
    "ES": "Garantía del productor en años",
    "ET": "Tootja garantii aastates",
    "FI": "Tuottajan takuu vuosina",
    "FR": "Garantie du producteur en années",
    "GA": "Ráthaíocht an táirgeora de réir blianta",
    "HR": "Jamstvo proizvođača u godinama",
    "HU": "Gyártói jótállás években",
    "IT": "Garanzia del produttore in anni",
    "LT": "Gamintojo garantija metais",
    "LV": "Ražotāja garantija gados",
    "MT": "Garanzija tal-produttur fi snin",
    "NL": "Producentengarantie in jaren",
    "PL": "Gwarancja producenta w latach",
    "PT": "Garantia do produtor em anos",
    "RO": "Garanția producătorului în ani",
    "SK": "Záruka výrobcu v rokoch",
    "SL": "Garancija proizvajalca v letih",
    "SV": "Tillverkarens garanti i antal år",
}
