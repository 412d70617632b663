"""What sample invoices sell, in fourteen languages, and where: currency, VAT and accounts of each market.

Read next: samples.py.
"""

from typing import NamedTuple


class Market(NamedTuple):
    """A country as an invoice sees it; `share` is its part of all samples, in percent.

    `company` makes a firm of a family name where Faker would mix two alphabets; so do `street` and `towns`.
    `account` has a # for each digit behind the check digits of an IBAN, where invoices are in euro.
    """

    locale: str
    share: int
    currency: str
    rates: tuple[str, str, str]  # usual, reduced, none
    account: str = ""
    company: str = ""
    street: str = ""
    towns: tuple[str, ...] = ()

    @property
    def country(self) -> str:
        """Give the ISO code of the country."""
        return self.locale[3:]

    @property
    def language(self) -> str:
        """Give the ISO code of the language."""
        return self.locale[:2]


# Nearly all that these write, the core fonts can draw.
WESTERN = (
    "de_DE",
    "en_GB",
    "fr_FR",
    "en_US",
    "es_ES",
    "it_IT",
    "nl_NL",
    "sv_SE",
)  # core fonts can write these

MARKETS = (
    Market("de_DE", 22, "EUR", ("19", "7", "0"), "##################"),
    Market("en_GB", 18, "GBP", ("20", "5", "0")),
    Market("fr_FR", 12, "EUR", ("20", "5.5", "0"), "#######################"),
    Market("en_US", 11, "USD", ("8.25", "8.25", "0")),
    Market("es_ES", 7, "EUR", ("21", "10", "0"), "####################"),
    Market("it_IT", 5, "EUR", ("22", "10", "0"), "X######################"),
    Market("nl_NL", 5, "EUR", ("21", "9", "0"), "ABNA##########"),
    Market("sv_SE", 4, "SEK", ("25", "12", "0")),
    Market("pl_PL", 4, "PLN", ("23", "8", "0")),
    Market("el_GR", 4, "EUR", ("24", "13", "0"), "#######################"),
    Market("ru_RU", 2, "RUB", ("20", "10", "0")),
    Market("uk_UA", 2, "UAH", ("20", "7", "0"), company="ТОВ «{}»"),
    Market(
        *("bg_BG", 1, "EUR", ("20", "9", "0"), "UNCR##############", "{} ООД", "ул. {} {}"),
        ("1000 София", "4000 Пловдив", "9000 Варна", "8000 Бургас", "7000 Русе"),
    ),
    Market(
        *("ar_SA", 2, "SAR", ("15", "15", "0"), "", "شركة {} للتجارة", "شارع {} {}"),
        ("الرياض 12211", "جدة 23442", "الدمام 32241", "المدينة المنورة 42311"),
    ),
    Market("he_IL", 1, "ILS", ("18", "18", "0"), company="{} בע״מ"),
)

UNITS = ("box", "kg", "h", "pcs", "pcs", "pcs", "mo", "bag")  # of GOODS, one each
UNIT_WORDS = {
    "de": {"box": "Pkg", "pcs": "Stk", "h": "Std", "mo": "Mon", "bag": "Btl"},
    "fr": {"box": "boîte", "pcs": "pce", "mo": "mois", "bag": "sac"},
    "es": {"box": "caja", "pcs": "ud", "mo": "mes", "bag": "bolsa"},
    "it": {"box": "conf", "pcs": "pz", "mo": "mese", "bag": "sacc"},
    "nl": {"box": "doos", "pcs": "st", "h": "uur", "mo": "mnd", "bag": "zak"},
    "sv": {"box": "pkt", "pcs": "st", "h": "tim", "mo": "mån", "bag": "påse"},
    "pl": {"box": "opak", "pcs": "szt", "h": "godz", "mo": "mies", "bag": "torba"},
    "el": {"box": "πακ", "pcs": "τεμ", "h": "ώρα", "mo": "μήνας", "bag": "σακ"},
    "ru": {"box": "пач", "kg": "кг", "pcs": "шт", "h": "ч", "mo": "мес", "bag": "уп"},
    "uk": {"box": "пач", "kg": "кг", "pcs": "шт", "h": "год", "mo": "міс", "bag": "уп"},
    "bg": {"box": "пак", "kg": "кг", "pcs": "бр", "h": "ч", "mo": "мес", "bag": "плик"},
    "ar": {"box": "علبة", "kg": "كغ", "pcs": "قطعة", "h": "ساعة", "mo": "شهر", "bag": "كيس"},
    "he": {"box": "חב׳", "kg": "ק״ג", "pcs": "יח׳", "h": "שעה", "mo": "חודש", "bag": "שקית"},
}
PRICES = (  # of GOODS, lowest and highest, in cents
    *((420, 690), (1450, 2890), (9500, 14500), (3890, 7420)),
    *((890, 1990), (1200, 2400), (3900, 8900), (745, 1320)),
)
REDUCED = 1  # of GOODS, at the reduced rate
UNTAXED = 4  # of GOODS, now and then without VAT

GOODS = {
    "en": (
        "Copy paper A4, 80 g, 500 sheets",
        "Espresso beans “Quai Nº 7”, dark roast, whole bean",
        "Consulting: review of the order pipeline, on site",
        "Oak board, planed, 2,000 × 180 × 26 mm, including cutting to size and delivery to the kerb",
        "Express delivery within the city",
        "Stoneware cup, hand-glazed, 250 ml",
        "Hosting, monthly fee, 4 cores, 16 GB",
        "Hex bolt M8 × 40, stainless, bag of 100",
    ),
    "de": (
        "Kopierpapier A4, 80 g, 500 Blatt",
        "Espressobohnen „Kai Nr. 7“, dunkle Röstung, ganze Bohne",
        "Beratung: Prüfung der Auftragsabwicklung, vor Ort",
        "Eichenbrett, gehobelt, 2.000 × 180 × 26 mm, mit Zuschnitt und Lieferung frei Bordsteinkante",
        "Expresslieferung im Stadtgebiet",
        "Steingutbecher, handglasiert, 250 ml",
        "Hosting, Monatsgebühr, 4 Kerne, 16 GB",
        "Sechskantschraube M8 × 40, Edelstahl, 100 Stück",
    ),
    "fr": (
        "Papier A4, 80 g, 500 feuilles",
        "Café espresso « Quai nº 7 », torréfaction foncée, en grains",
        "Conseil : examen de la chaîne de commandes, sur site",
        "Planche de chêne rabotée, 2 000 × 180 × 26 mm, découpe et livraison au bord du trottoir comprises",
        "Livraison express en ville",
        "Tasse en grès, émaillée à la main, 250 ml",
        "Hébergement, abonnement mensuel, 4 cœurs, 16 Go",
        "Vis à tête hexagonale M8 × 40, inox, sachet de 100",
    ),
    "es": (
        "Papel A4, 80 g, 500 hojas",
        "Café en grano «Muelle n.º 7», tueste oscuro",
        "Consultoría: revisión del proceso de pedidos, en sus oficinas",
        "Tabla de roble cepillada, 2000 × 180 × 26 mm, con corte a medida y entrega a pie de calle",
        "Entrega urgente en la ciudad",
        "Taza de gres, esmaltada a mano, 250 ml",
        "Alojamiento web, cuota mensual, 4 núcleos, 16 GB",
        "Tornillo hexagonal M8 × 40, inoxidable, bolsa de 100",
    ),
    "it": (
        "Carta A4, 80 g, 500 fogli",
        "Caffè in grani «Molo n. 7», tostatura scura",
        "Consulenza: revisione del flusso degli ordini, in sede",
        "Tavola di rovere piallata, 2.000 × 180 × 26 mm, con taglio su misura e consegna a bordo strada",
        "Consegna espressa in città",
        "Tazza in gres, smaltata a mano, 250 ml",
        "Hosting, canone mensile, 4 core, 16 GB",
        "Vite esagonale M8 × 40, inox, sacchetto da 100",
    ),
    "nl": (
        "Kopieerpapier A4, 80 g, 500 vel",
        "Espressobonen ‘Kade 7’, donker gebrand",
        "Advies: doorlichting van de orderverwerking, op locatie",
        "Eiken plank, geschaafd, 2.000 × 180 × 26 mm, op maat gezaagd en bezorgd tot aan de stoep",
        "Koeriersdienst binnen de stad",
        "Beker van steengoed, met de hand geglazuurd, 250 ml",
        "Hosting, maandtarief, 4 kernen, 16 GB",
        "Zeskantbout M8 × 40, rvs, zak van 100",
    ),
    "sv": (
        "Kopieringspapper A4, 80 g, 500 ark",
        "Espressobönor ”Kaj 7”, mörkrostade",
        "Rådgivning: genomgång av orderflödet, på plats",
        "Ekbräda, hyvlad, 2 000 × 180 × 26 mm, kapad efter mått och levererad till tomtgränsen",
        "Expressleverans i staden",
        "Stengodsmugg, handglaserad, 250 ml",
        "Webbhotell, månadsavgift, 4 kärnor, 16 GB",
        "Sexkantsskruv M8 × 40, rostfri, påse om 100",
    ),
    "pl": (
        "Papier A4, 80 g, 500 arkuszy",
        "Kawa ziarnista „Nabrzeże 7”, ciemno palona",
        "Doradztwo: przegląd obsługi zamówień, na miejscu",
        "Deska dębowa, strugana, 2000 × 180 × 26 mm, z docięciem na wymiar i dostawą pod dom",
        "Dostawa ekspresowa w mieście",
        "Kubek kamionkowy, ręcznie szkliwiony, 250 ml",
        "Hosting, opłata miesięczna, 4 rdzenie, 16 GB",
        "Śruba sześciokątna M8 × 40, nierdzewna, 100 sztuk",
    ),
    "el": (
        "Χαρτί Α4, 80 g, 500 φύλλα",
        "Καφές εσπρέσο «Αποβάθρα 7», σκούρο καβούρδισμα, σε κόκκους",
        "Συμβουλές: έλεγχος της ροής παραγγελιών, στον χώρο σας",
        "Σανίδα δρυός, πλανισμένη, 2.000 × 180 × 26 mm, με κοπή στα μέτρα σας και παράδοση στο πεζοδρόμιο",
        "Άμεση παράδοση εντός πόλης",
        "Κούπα από πηλό, χειροποίητη, 250 ml",
        "Φιλοξενία ιστοτόπου, μηνιαία χρέωση, 4 πυρήνες",
        "Εξάγωνη βίδα M8 × 40, ανοξείδωτη, 100 τεμάχια",
    ),
    "ru": (
        "Бумага А4, 80 г, 500 листов",
        "Кофе в зёрнах «Причал № 7», тёмная обжарка",
        "Консультация: проверка обработки заказов, на месте",
        "Доска дубовая, строганая, 2000 × 180 × 26 мм, с распилом по размеру и доставкой до подъезда",
        "Срочная доставка по городу",
        "Чашка керамическая, ручная глазурь, 250 мл",
        "Хостинг, абонентская плата, 4 ядра, 16 ГБ",
        "Болт шестигранный М8 × 40, нержавеющий, 100 шт.",
    ),
    "uk": (
        "Папір А4, 80 г, 500 аркушів",
        "Кава в зернах «Причал № 7», темне обсмаження",
        "Консультація: перевірка обробки замовлень, на місці",
        "Дошка дубова, стругана, 2000 × 180 × 26 мм, з розпилом за розміром і доставкою до під’їзду",
        "Термінова доставка містом",
        "Чашка керамічна, ручна глазур, 250 мл",
        "Хостинг, щомісячна плата, 4 ядра, 16 ГБ",
        "Болт шестигранний М8 × 40, нержавний, 100 шт.",
    ),
    "bg": (
        "Хартия А4, 80 г, 500 листа",
        "Кафе на зърна „Кей № 7“, тъмно изпечено",
        "Консултация: преглед на поръчките, на място",
        "Дъбова дъска, рендосана, 2000 × 180 × 26 мм, с разкрояване по размер и доставка до адрес",
        "Експресна доставка в града",
        "Керамична чаша, ръчна глазура, 250 мл",
        "Хостинг, месечна такса, 4 ядра, 16 GB",
        "Шестостенен болт М8 × 40, неръждаем, 100 броя",
    ),
    "ar": (
        "ورق A4، 80 غرام، 500 ورقة",
        "حبوب قهوة إسبريسو، تحميص داكن",
        "استشارة: مراجعة سير الطلبات في الموقع",
        "لوح بلوط مصقول، مع القص حسب المقاس والتوصيل",
        "توصيل سريع داخل المدينة",
        "كوب خزفي، 250 مل",
        "استضافة، رسم شهري، 4 أنوية",
        "برغي سداسي M8، كيس من 100 قطعة",
    ),
    "he": (
        "נייר A4, 80 גרם, 500 דפים",
        "פולי אספרסו, קלייה כהה",
        "ייעוץ: סקירת תהליך ההזמנות, באתר הלקוח",
        "קרש אלון מהוקצע, כולל חיתוך לפי מידה ומשלוח",
        "משלוח מהיר בעיר",
        "ספל קרמיקה, 250 מ״ל",
        "אחסון אתרים, תשלום חודשי, 4 ליבות",
        "בורג משושה M8, שקית של 100",
    ),
}
THANKS = {
    "en": "Thank you for your order.",
    "de": "Vielen Dank für Ihren Auftrag.",
    "fr": "Nous vous remercions de votre commande.",
    "es": "Gracias por su pedido.",
    "it": "Grazie per il vostro ordine.",
    "nl": "Hartelijk dank voor uw bestelling.",
    "sv": "Tack för er beställning.",
    "pl": "Dziękujemy za zamówienie.",
    "el": "Ευχαριστούμε για την παραγγελία σας.",
    "ru": "Благодарим за заказ.",
    "uk": "Дякуємо за замовлення.",
    "bg": "Благодарим за поръчката.",
    "ar": "شكراً لطلبكم.",
    "he": "תודה על הזמנתכם.",
}
