"""Who joins: what a nickname may be, how often a code may be wrong, and how fast one phone may press."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdflab.classroom.students import LONGEST_NAME, NotAllowed, Rate, Students, TooMany, clean_name, new_code


def room(limit: int = 3) -> Students:
    return Students("ABCDE", limit=limit)


@pytest.mark.parametrize(
    "name",
    [
        "Ada",
        "Łukasz",
        "Zoë",
        "李雷",
        "محمد",
        "मोहिनी",
        "हिन्दी",
        "ไก่ย่าง",
        "မြန်မာ",
        "நிலா",
        "Ødegård",
        "O'Neill",
    ],
)
def test_a_name_of_any_script_stays_as_it_is(name: str) -> None:
    """Marks that belong to a script's spelling are no decoration."""
    assert clean_name(name, 1) == unicodedata.normalize("NFC", name)


def test_the_vowel_signs_of_a_script_stay() -> None:
    """Arabic with its vowels, Hebrew with its points."""
    assert clean_name("مُحَمَّد", 1) == unicodedata.normalize("NFC", "مُحَمَّد")
    assert clean_name("שָׁלוֹם", 1) == unicodedata.normalize("NFC", "שָׁלוֹם")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Ada\x00\x1b[31m", "Ada [31m"),
        ("Ada\nLovelace\r\n", "Ada Lovelace"),
        ("Ada\u2028Love\u2029lace", "Ada Love lace"),
        ("\u202eadA\u2066x\u200f", "adAx"),
        ("Z" + "\u0351\u0300\u0489" * 50 + "algo", "Zalgo"),
        ("A" + "\u064e" * 40, "A" + "\u064e" * 5),
        ("\u064e" * 40 + "A", "A"),
        ("Ada \U0001f600", "Ada \U0001f600"),
        ("A" * 10_000, "A" * LONGEST_NAME),
        ("<b>Ada</b>", "<b>Ada</b>"),
        ("Ada\ud800", "Ada"),
        ("Ada\ue000", "Ada"),
    ],
)
def test_what_prints_badly_is_taken_out_of_a_name(typed: str, shown: str) -> None:
    """Controls, line separators, turned text, towers of marks, lone surrogates; HTML is letters."""
    assert clean_name(typed, 1) == shown


@pytest.mark.parametrize("typed", ["", "  ", "\u200b\u200d", "\u3164", "\u2800", "\ufe0f" * 9, "\u0301"])
def test_who_types_nothing_visible_gets_a_name(typed: str) -> None:
    """A dot without a name on the projector would be nobody's."""
    assert clean_name(typed, 1) == "Blue Crane"


@given(st.text(st.characters(), max_size=60))
def test_every_name_is_one_short_line(typed: str) -> None:
    """Whatever is typed: it can be printed, encoded and drawn."""
    name = clean_name(typed, 7)

    assert 1 <= len(name) <= LONGEST_NAME
    assert name.splitlines() == [name.strip()]
    assert not [c for c in name if c != " " and unicodedata.category(c)[0] in "ZC"]
    assert name.encode()


def test_a_code_has_letters_that_nobody_mixes_up() -> None:
    """It is read from the back row."""
    codes = {new_code() for _ in range(200)}

    assert {len(code) for code in codes} == {6}
    assert not set("".join(codes)) & set("ILO01")
    assert len(codes) > 190


def test_the_code_may_be_typed_in_small_letters() -> None:
    """Phones capitalise as they like."""
    assert room().join(" abcde ", "Ada", now=0.0).name == "Ada"


def test_after_twenty_wrong_codes_all_wait_a_second() -> None:
    """A program that tries codes finds none in a day; a class that mistypes is not locked out."""
    students = room()
    for _ in range(20):
        with pytest.raises(NotAllowed, match="not the code"):
            students.join("\ud800wrong", "", now=0.5)

    with pytest.raises(TooMany, match="in a second"):
        students.join("ABCDE", "", now=1.0)
    assert students.join("ABCDE", "", now=1.6)


def test_a_new_code_forgets_the_phones_that_are_not_connected() -> None:
    """A crowd that has only joined leaves room for the class; whoever has the page open stays."""
    students = room(limit=2)
    here, gone = (students.join("ABCDE", "", now=0.0) for _ in range(2))
    here.streams = 1

    students.renew()

    assert students.all() == (here,)
    assert students.find(gone.cookie) is None
    assert students.join(students.code, "", now=0.0).number == 3
    with pytest.raises(NotAllowed, match="not the code"):
        students.join("ABCDE", "", now=0.0)


def test_a_full_room_says_what_to_do() -> None:
    """Its phones stay in."""
    students = room(limit=2)
    first, second = (students.join("ABCDE", "", now=0.0) for _ in range(2))

    with pytest.raises(NotAllowed, match=r"full: 2 phones .* Share one"):
        students.join("ABCDE", "", now=0.0)
    assert (students.find(first.cookie), students.all()) == (first, (first, second))


def test_a_cookie_is_the_only_proof() -> None:
    """None is no cookie, and no two are equal."""
    students = room()
    one, other = (students.join("ABCDE", "Ada", now=0.0) for _ in range(2))

    assert one.cookie != other.cookie
    assert len(one.cookie) > 20
    assert students.find(None) is students.find("") is students.find("x") is None


def test_a_phone_presses_twice_a_second() -> None:
    """The third press in a second is refused, and not counted."""
    student = room().join("ABCDE", "", now=0.0)
    for now in (10.0, 10.5):
        student.allow_press(now, outstanding=0)

    with pytest.raises(TooMany, match="Two presses a second"):
        student.allow_press(10.9, outstanding=0)
    student.allow_press(11.0, outstanding=0)


def test_a_phone_waits_for_five_answers() -> None:
    """One more is refused, whatever the time."""
    student = room().join("ABCDE", "", now=0.0)
    student.allow_press(10.0, outstanding=4)

    with pytest.raises(TooMany, match="5 requests that are not answered"):
        student.allow_press(100.0, outstanding=5)


def test_a_rate_forgets_what_is_older() -> None:
    """It is a window that moves, not one that is emptied at once."""
    rate = Rate(2, 1.0)
    rate.note(0.0)
    rate.note(0.9)

    assert [rate.is_full(now) for now in (0.95, 1.0)] == [True, False]
    rate.note(1.0)
    assert [rate.is_full(now) for now in (1.5, 2.0)] == [True, False]
