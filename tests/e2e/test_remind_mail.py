"""The mails of goal remind: made by GMime, read back by Python's email package."""

import re

import pytest

from letters import Ledger, Outbound, calendar_of, html_of, item, letter, text_of

# What somebody might call a goal, a person or a note.
EVIL = [
    "a\r\nBcc: thief@evil.example\r\n\r\nbody",
    "a\nBcc: thief@evil.example",
    "a\rBcc: thief@evil.example",
    "a\u2028Bcc: thief@evil.example\u0085x",
    "=?utf-8?q?a=0aBcc:_thief=40evil.example?=",
    "x" * 3000,
    "ö" * 3000,
    "\u202egnp.exe \u2066x",
    "\x1b]0;owned\x07 \x00".replace("\x00", ""),
    "<script>alert(1)</script> & \"x\"",
    "\", <thief@evil.example>",
    "👩‍👩‍👧 familjen, हिन्दी, 漢字",
    "הגדלת השימוש בנתוני בריאות",
    "",
    " ",
]
HEADERS = {"From", "To", "Subject", "Message-ID", "Date", "Auto-Submitted", "Precedence",
           "X-Auto-Response-Suppress", "Content-Language", "MIME-Version", "Content-Type",
           "Reply-To", "Message-Id"}


EVENT = {"UID", "DTSTAMP", "SEQUENCE", "DTSTART;VALUE=DATE", "SUMMARY", "DESCRIPTION", "CATEGORIES",
         "STATUS", "TRANSP"}


@pytest.fixture
def outbound(build, tmp_path):
    return Outbound(build, tmp_path)


def sent(outbound, *letters):
    """The mails of these letters, all of which must have gone."""
    result = outbound.remind(Ledger(*letters))
    assert (result.code, result.stdout, result.stderr) == (0, "", "")
    return outbound.mails()


def test_mail_has_the_headers_that_it_should(outbound):
    mail, = sent(outbound, letter(replyTo="in+abc@goald.example"))
    assert set(mail.keys()) <= HEADERS and len(mail.keys()) == len(set(mail.keys()))
    assert mail["From"] == "goald@goald.example"
    assert mail["To"] == "Åsa Öberg <p1@agency.example>"
    assert mail["Reply-To"] == "in+abc@goald.example"
    assert mail["Message-ID"] == f"<{1:032x}@goald.example>"
    assert mail["Date"].datetime
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Precedence"] == "bulk"
    assert mail["Content-Language"] == "sv"
    assert "In-Reply-To" not in mail and "List-Unsubscribe" not in mail


def test_mail_is_text_and_the_same_as_html(outbound):
    mail, = sent(outbound, letter())
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar"]
    for content in text_of(mail), html_of(mail):
        assert "Ökat nyttjande av hälsodata" in content
        assert "2026-11-15" in content
        assert "goal update ls:2.2" in content
    assert max(len(line) for line in text_of(mail).splitlines()) <= 80


def test_from_may_have_a_name(outbound):
    mail, = sent(outbound, letter(**{"from": "Påminnelser <goald@goald.example>"}))
    assert mail["From"] == "Påminnelser <goald@goald.example>"


@pytest.mark.parametrize("evil", EVIL)
def test_nothing_gets_out_of_its_field(outbound, evil):
    plain = {name: evil for name in ("title", "strategyTitle", "message", "by", "via", "viaName",
                                     "code", "group", "state", "lastUpdate", "kind", "date", "strategy")}
    mail, = sent(outbound, letter(name=evil, language=evil,
                                  items=[item(**plain), item(rule="nudge", **plain)]))
    assert set(mail.keys()) <= HEADERS and len(mail.keys()) == len(set(mail.keys()))
    assert mail["To"].addresses[0].addr_spec == "p1@agency.example"
    assert len(mail["To"].addresses) == 1
    for content in mail["Subject"], text_of(mail), html_of(mail):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", content)
    assert "<script>" not in html_of(mail)
    for event in calendar_of(mail) or []:
        assert set(event) <= EVENT
    assert not re.search("^Bcc", text_of(mail).replace("\n    ", ""), re.MULTILINE)


@pytest.mark.parametrize("title", ["👩‍👩‍👧 familjen", "הגדלת השימוש", "Ökat „nyttjande”", "漢字"])
def test_titles_and_names_come_through_as_they_are(outbound, title):
    mail, = sent(outbound, letter(name=title, items=[item(title=title)]))
    assert mail["To"].addresses[0].display_name == title
    assert title in text_of(mail) and title in html_of(mail)


@pytest.mark.parametrize("field", ["address", "from", "messageId", "replyTo"])
@pytest.mark.parametrize("evil", [
    "a@b.example\nBcc: c@d.example", "a@b.example, c@d.example", "a b@c.example", "", "a", "@",
    "a@b@c.example", "<a@b.example>", "\"a b\"@c.example", "-oQ/tmp@c.example", "a..b@c.example",
    "a@b.example>", "åsa@c.example", "a@c..example", "x" * 300 + "@c.example"])
def test_what_is_no_address_is_not_sent_to(outbound, field, evil):
    if (field, evil) == ("from", "<a@b.example>"):
        pytest.skip("a name and an address, the name empty")
    ledger = Ledger(letter(1, **{field: evil}), letter(2))
    result = outbound.remind(ledger)
    assert result.code == 1
    assert result.stderr.startswith("goal: person:p1: not sent: ")
    assert ledger.outcomes() == [(f"{1:032x}", "failed"), (f"{2:032x}", "sent")]
    assert "no address" in ledger.settled[0]["reason"]


@pytest.mark.parametrize("language, subject, heading, hello, example", [
    ("sv", "2.2 är 12 dagar försenad, och 1 sak till", "Försenat", "Hej Åsa Öberg!",
     "2.2 60 % enligt plan"),
    ("sv-FI", "2.2 är 12 dagar försenad, och 1 sak till", "Försenat", "Hej Åsa Öberg!",
     "2.2 60 % enligt plan"),
    ("nb", "2.2 er 12 dager forsinket, og 1 sak til", "Forsinket", "Hei Åsa Öberg!",
     "2.2 60 % i rute"),
    ("no", "2.2 er 12 dager forsinket, og 1 sak til", "Forsinket", "Hei Åsa Öberg!",
     "2.2 60 % i rute"),
    ("en", "2.2 is 12 days overdue, and 1 thing more", "Overdue", "Hello Åsa Öberg,",
     "2.2 60 % on track"),
    ("fi", "2.2 is 12 days overdue, and 1 thing more", "Overdue", "Hello Åsa Öberg,",
     "2.2 60 % on track"),
])
def test_mail_is_in_the_language_of_who_reads_it(outbound, language, subject, heading, hello,
                                                 example):
    items = [item(), item(code="4.4", days=7, date="2026-12-04")]
    mail, = sent(outbound, letter(language=language, items=items, replyTo="in+a@goald.example"))
    assert mail["Subject"] == subject
    lines = text_of(mail).splitlines()
    assert lines[0] == hello
    assert heading in lines
    assert f"    {example}" in lines


def test_languages_of_one_run_do_not_mix(outbound):
    mails = sent(outbound, *[letter(n, language=language)
                             for n, language in enumerate(["sv", "nb", "en", "sv", "en"])])
    assert [mail["Subject"] for mail in mails] == [
        "2.2 är 12 dagar försenad", "2.2 er 12 dager forsinket", "2.2 is 12 days overdue",
        "2.2 är 12 dagar försenad", "2.2 is 12 days overdue"]


@pytest.mark.parametrize("fields, subject, says", [
    ({"days": -1}, "2.2 är 1 dag försenad", "för 1 dag sedan"),
    ({"days": 0}, "2.2 ska vara klar i dag", "ska vara klar i dag, 2026-11-15"),
    ({"days": 1}, "2.2 ska vara klar i morgon", "ska vara klar i morgon, 2026-11-15"),
    ({"days": 30}, "2.2 ska vara klar om 30 dagar", "ska vara klar 2026-11-15, om 30 dagar"),
    ({"rule": "checkin"}, "Hur går det med 2.2?", "väntats sedan 2026-11-15"),
    ({"rule": "review", "days": 14}, "2.2 ska ses över", "senast 2026-11-15"),
    ({"rule": "review"}, "2.2 ska ses över", "skulle ha gjorts 2026-11-15"),
    ({"rule": "escalation", "why": "escalation"}, "2.2 är försenad och ingen har svarat",
     "näst i tur, då de ansvariga inte har hörts av"),
    ({"rule": "term", "item": "assignment"}, "Ett uppdrag upphör: 2.2", "uppdraget upphör 2026-11-15"),
    ({"rule": "term", "item": "membership", "code": None, "group": "halsodata", "title": "Hälsodata"},
     "Ett uppdrag upphör: Hälsodata", "medlemskapet upphör 2026-11-15"),
    ({"rule": "term", "item": "group", "code": None, "group": "halsodata", "title": "Hälsodata"},
     "Ett uppdrag upphör: Hälsodata", "gruppens mandat upphör 2026-11-15"),
    ({"rule": "nudge", "by": "Maria Chef", "message": "Hur går det?\nVi behöver veta."},
     "En uppdatering om 2.2 efterfrågas", "Maria Chef"),
    ({"rule": "due", "code": "", "title": "Hela strategin"},
     "Hela strategin är 12 dagar försenad", "goal update ls: --percent"),
    ({"why": "unreached"}, "2.2 är 12 dagar försenad", "ingen ansvarig kan nås"),
    ({"why": "aim", "via": "halsodata", "viaName": "Hälsodata"}, "2.2 är 12 dagar försenad",
     "arbetar mot målet (Hälsodata)"),
    ({"rule": "something new"}, "2.2 är 12 dagar försenad", "skulle vara klar"),
])
def test_mail_says_what_when_and_why(outbound, fields, subject, says):
    mail, = sent(outbound, letter(items=[item(**fields)]))
    assert mail["Subject"] == subject
    assert says in " ".join(text_of(mail).split())
    assert says in html_of(mail)


def test_where_it_stands_is_told_as_far_as_it_is_known(outbound):
    mails = sent(outbound, letter(1),
                 letter(2, items=[item(percent=None, state="unknown", lastUpdate=None)]))
    assert "Läge        40 %, i riskzonen, senast uppdaterad 2026-05-12" in text_of(mails[0])
    assert "Läge" not in text_of(mails[1])


def test_things_of_a_kind_stand_together_the_most_urgent_first(outbound):
    mail, = sent(outbound, letter(items=[
        item(rule="nudge", code="1"), item(code="2"), item(rule="checkin", code="3"),
        item(code="4"), item(rule="nudge", code="5"), item(code="6", days=3)]))
    found = re.findall(r"^(En uppdatering efterfrågas|Försenat|Ska snart vara klart|Hur går det\?|"
                       r"\d)(?:$|  )", text_of(mail), re.MULTILINE)
    assert found == ["En uppdatering efterfrågas", "1", "5", "Försenat", "2", "4",
                     "Hur går det?", "3", "Ska snart vara klart", "6"]
    assert mail["Subject"] == "En uppdatering om 1 efterfrågas, och 5 saker till"


def test_what_is_overdue_is_told_once_though_its_owner_is_next_in_turn(outbound):
    escalation = {"rule": "escalation", "why": "escalation"}
    one, two, three = sent(
        outbound, letter(1, items=[item(), item(**escalation)]),
        letter(2, items=[item(), item(code="3", **escalation)]),
        letter(3, items=[item(rule="checkin"), item(**escalation)]))
    assert one["Subject"] == "2.2 är 12 dagar försenad"
    assert text_of(one).count("\n2.2  ") == 1 and "1 sak i " in text_of(one)
    assert two["Subject"] == "2.2 är 12 dagar försenad, och 1 sak till"
    assert text_of(three).count("\n2.2  ") == 2


def test_strategies_are_named_where_there_are_several(outbound):
    one, two = sent(outbound, letter(1, items=[item(), item(code="3")]),
                    letter(2, items=[item(), item(strategy="eh", alias=None,
                                                strategyTitle="Vision e-hälsa")],
                           replyTo="in+a@goald.example"))
    assert "2 saker i ”En nationell strategi för life science”" in " ".join(text_of(one).split())
    assert "\n2.2  Ökat" in text_of(one)
    assert "\nls:2.2  Ökat" in text_of(two) and "\neh:2.2  Ökat" in text_of(two)
    assert "    ls:2.2 60 % enligt plan\n" in text_of(two)


def test_how_to_answer_is_said_where_one_can(outbound):
    mails = sent(outbound, letter(1), letter(2, replyTo="in+a@goald.example"),
                 letter(3, replyTo="in+a@goald.example",
                        items=[item(rule="term", code=None, group="halsodata")]),
                 letter(4, replyTo="in+a@goald.example", items=[item(), item(rule="nudge")]),
                 letter(5, replyTo="in+a@goald.example", items=[item(code=""), item()]))
    assert ["Du kan svara" in text_of(mail) for mail in mails] == [False, True, False, True, True]
    examples = [re.findall("    (.*60 % enligt plan)\n", text_of(mail)) for mail in mails]
    assert examples == [[], ["60 % enligt plan"], [], ["60 % enligt plan"],
                        ["ls 60 % enligt plan"]]


def test_dates_come_as_a_calendar_too(outbound):
    mail, other = sent(outbound, letter(1, items=[
        item(), item(rule="escalation", step=1, date="2026-11-20"),
        item(rule="checkin", uid=None, sequence=None), item(rule="nudge", uid=None, sequence=None),
        item(rule="review", uid="review-31.ls.goald", sequence=7, date="2026-12-24",
             title="Å" * 100)]), letter(2, items=[item(rule="checkin", uid=None, sequence=None)]))
    due, review = calendar_of(mail)
    assert due["UID"] == "due-31.ls.goald" and due["SEQUENCE"] == "31"
    assert due["DTSTART;VALUE=DATE"] == "20261115"
    assert due["SUMMARY"] == "Förfaller: 2.2 Ökat nyttjande av hälsodata"
    assert due["STATUS"] == "CONFIRMED"
    assert review["UID"] == "review-31.ls.goald" and review["SEQUENCE"] == "7"
    assert review["DTSTART;VALUE=DATE"] == "20261224" and "Å" * 100 in review["SUMMARY"]
    assert calendar_of(other) is None
    assert other.get_content_type() == "multipart/alternative"


@pytest.mark.parametrize("recipient", ["organisation:vinnova", "group:ls:halsodata"])
def test_a_mailbox_of_many_is_not_greeted_by_name(outbound, recipient):
    mail, = sent(outbound, letter(recipient=recipient))
    assert text_of(mail).startswith("Hej!\n")


NONSENSE = [None, 0, -2**63, 2**63 - 1, 1e300, True, "", "x\x1b[31m", [], {}, [None], [{}], {"a": 1}]


@pytest.mark.parametrize("field", [*letter(), *item()])
def test_nonsense_of_a_daemon_is_harmless(outbound, field):
    letters = [letter(n, **{field: value}) if field in letter() else
               letter(n, items=[item(**{field: value}), item()])
               for n, value in enumerate(NONSENSE)]
    result = outbound.remind(Ledger(*letters, *[{}, {"items": [{}]}]))
    assert result.code in (0, 1), result
    assert "\x1b" not in result.stderr
    outbound.mails()
