"""What a search finds: words, queries, matches and snippets, with one meaning for every implementation of the store.

A word is a run of letters and digits, folded: case and accents gone. Scripts written without spaces (Chinese, Japanese, Thai …)
have no such runs, so there each pair of neighbours is a lexeme. A database index narrows down by lexemes; `Query.matches` decides.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from string import ascii_lowercase, digits
from typing import NamedTuple

from msgspec.structs import replace

from myna.protocol.views import ConversationView, MessageView, SearchHit

WORD_LIMIT = 64  # characters of a word that count; a longer one is hardly typed again
TEXT_LIMIT = 100_000  # characters of a text that are searched: even if all pairs differ they fit Postgres' 1 MB of lexemes
WORDS_LIMIT = 16  # words of a query that count
QUERY_LIMIT = 2_000  # characters of a query that are looked at
BEFORE, SNIPPET = 60, 200  # characters of a snippet before the first match, and in all
TITLE_HITS = 5  # titles on the first page of a search
MARK, UNMARK = "<mark>", "</mark>"

# Scripts without spaces: Thai to Lao, Myanmar, Khmer, kana, Han, and Han beyond the first plane.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"


def _ranges(codes: list[int]) -> str:
    """Code points as the inside of a regular expression's class."""
    together = groupby(enumerate(codes), lambda pair: pair[1] - pair[0])
    runs = [[code for _, code in run] for _, run in together]
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in runs)


# Python's \w leaves out combining marks, which would cut Hindi or decomposed French words into pieces. There are none among Han and
# Hangul, nor among surrogates and private characters: looking through those too would make each start 10 ms longer.
_MAY_BE_MARKS = chain(range(0x300, 0x3400), range(0xA000, 0xAC00), range(0xF900, 0x10000))
_MARKS = _ranges([code for code in _MAY_BE_MARKS if unicodedata.category(chr(code))[0] == "M"])
_ACCENTS = re.compile(f"[{_MARKS}]+")
_RUN = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_UNSPACED_LETTER = re.compile(f"[{_UNSPACED}]")
_WRITTEN_WORD = re.compile(f"[^\\W_](?:[^\\W_]|[{_MARKS}])*")
# What each byte of an ASCII text is folded to: letters and digits stay, in small letters, and all else is a blank.
_FOLDED_ASCII = bytes(byte if chr(byte) in ascii_lowercase + digits else 32 for byte in bytes(range(256)).lower())
_FOLDED_WORD = re.compile(r"[^\W_]+")
# All that most English texts hold beyond ASCII. None of it is in a word, and without it folding takes a third of the time.
_TYPOGRAPHY = re.compile("[“”‘’–—…]")
_TERM = re.compile(r'(?<!\S)(-?)(?:"([^"]*)"?|(\S+))')
_MARK_TAG = re.compile(f"{MARK}|{UNMARK}")


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold())


def _unspaced(run: str) -> bool:
    return _UNSPACED_LETTER.match(run) is not None


def words_of(text: str) -> list[str]:
    """The folded words of a text in order, each in one kind of script."""
    text = text[:TEXT_LIMIT]
    if text.isascii() or (text := _TYPOGRAPHY.sub(" ", text)).isascii():
        words = text.encode().translate(_FOLDED_ASCII).decode().split()
        return words if len(max(words, key=len, default="")) <= WORD_LIMIT else [word[:WORD_LIMIT] for word in words]
    folded = _fold(text)[:TEXT_LIMIT]
    found = _FOLDED_WORD.findall(folded)
    if _UNSPACED_LETTER.search(folded):
        found = [run for word in found for run in _RUN.findall(word)]
    return [run if len(run) <= WORD_LIMIT or _unspaced(run) else run[:WORD_LIMIT] for run in found]


def lexemes(text: str) -> set[str]:
    """What an index holds of a text: its words, and of unspaced runs each pair and the last letter."""
    found = set(words_of(text))
    if not text.isascii() and not (joined := "".join(found)).isascii() and _UNSPACED_LETTER.search(joined):
        for run in [run for run in found if _unspaced(run)]:
            found.discard(run)
            found.update(run[at : at + 2] for at in range(len(run)))
    return found


def lexeme_of(owner: str) -> str:
    """The lexeme that all rows of an owner have. No word holds an @."""
    return "@" + owner


class Phrase(NamedTuple):
    """Words that stand next to each other; `prefix`: the last of them may go on."""

    words: tuple[str, ...]
    prefix: bool = False

    @property
    def needle(self) -> str:
        """The phrase as it stands in a text's words joined by spaces; an unspaced run may begin and end anywhere."""
        start = "" if _unspaced(self.words[0]) else " "
        end = "" if self.prefix or _unspaced(self.words[-1]) else " "
        return start + " ".join(self.words) + end

    @property
    def plain(self) -> bool:
        """Whether the lexemes alone decide."""
        return len(self.words) == 1 and (not _unspaced(self.words[0]) or len(self.words[0]) <= 2)

    def as_tsquery(self) -> str:
        """The phrase's lexemes, all of them; no character in them needs escaping."""
        parts: list[str] = []
        for at, word in enumerate(self.words, 1):
            if _unspaced(word):
                pairs = [word[at : at + 2] for at in range(len(word) - 1)]
                parts += [f"'{pair}'" for pair in pairs] or [f"'{word}':*"]
            else:
                parts.append(f"'{word}':*" if self.prefix and at == len(self.words) else f"'{word}'")
        return "(" + " & ".join(parts) + ")"


@dataclass(frozen=True, slots=True)
class Query:
    """What to find: every one of `wanted`, none of `unwanted`."""

    wanted: tuple[Phrase, ...]
    unwanted: tuple[Phrase, ...]

    @property
    def exact(self) -> bool:
        """Whether `as_tsquery` finds just what `matches`."""
        return all(phrase.plain for phrase in (*self.wanted, *self.unwanted))

    def as_tsquery(self, owner: str) -> str:
        """The query over `lexemes` and the owner's own one.

        It finds all that `matches`, and a little more where the order of words decides.
        """
        wanted = [phrase.as_tsquery() for phrase in self.wanted]
        unwanted = ["!" + phrase.as_tsquery() for phrase in self.unwanted if phrase.plain]
        return " & ".join([f"'{lexeme_of(owner)}'", *wanted, *unwanted])

    def matches(self, text: str) -> bool:
        """Whether a text is what this query looks for."""
        haystack = f" {' '.join(words_of(text))} "
        return all(phrase.needle in haystack for phrase in self.wanted) and not any(phrase.needle in haystack for phrase in self.unwanted)


def parse(query: str) -> Query | None:
    """A query as people write it: words (the last also as a prefix), "a phrase", -without. None: nothing to look for."""
    query = query[:QUERY_LIMIT].rstrip()
    wanted: list[Phrase] = []
    unwanted: list[Phrase] = []
    left = WORDS_LIMIT
    for term in _TERM.finditer(query):
        minus, quoted, bare = term.groups()
        words = tuple(words_of(quoted if bare is None else bare))[:left]
        if not words:
            continue
        left -= len(words)
        typing = bare is not None and not minus and term.end() == len(query)
        (unwanted if minus else wanted).append(Phrase(words, typing))
        if not left:
            break
    return Query(tuple(wanted), tuple(unwanted)) if wanted else None


def _matches(text: str, query: Query) -> Iterator[tuple[int, int]]:
    """Where the wanted words stand in a text as it is written, from left to right."""
    whole = {word for phrase in query.wanted for word in phrase.words}
    prefixes = tuple(phrase.words[-1] for phrase in query.wanted if phrase.prefix)
    unspaced = re.compile("|".join(sorted(filter(_unspaced, whole), key=len, reverse=True)))
    for word in _WRITTEN_WORD.finditer(text):
        for piece in _RUN.finditer(word[0]):
            start = word.start() + piece.start()
            folded = _fold(piece[0])
            if _unspaced(folded):
                yield from ((start + match.start(), start + match.end()) for match in unspaced.finditer(piece[0]) if match[0])
            elif folded[:WORD_LIMIT] in whole or (prefixes and folded.startswith(prefixes)):
                yield start, start + len(piece[0])


def snippet(text: str, query: Query) -> str:
    """The text around its first match, on one line, as it is written (not escaped), with <mark> and </mark> around every match.

    Tags of that name in the text itself are left out, so every mark is ours.
    """
    text = unicodedata.normalize("NFC", _MARK_TAG.sub("", " ".join(text[:TEXT_LIMIT].split())))
    begin, end, at, parts = 0, SNIPPET, 0, [""]
    for start, stop in _matches(text, query):
        if len(parts) == 1:
            begin = at = max(0, text.rfind(" ", 0, start - BEFORE) + 1 if start > BEFORE else 0, start - 2 * BEFORE)
            end = max(begin + SNIPPET, stop)
        if stop > end:
            break
        if start >= at:
            parts += [text[at:start], MARK, text[start:stop], UNMARK]
            at = stop
    parts += [text[at:end]]
    return ("…" if begin else "") + "".join(parts) + ("…" if end < len(text) else "")


def title_hit_of(conversation: ConversationView, query: Query, last: MessageView) -> SearchHit:
    """A conversation whose title a query matches, and in which this was said last, as an item of the results."""
    return replace(hit_of(last, query, conversation.title), snippet=snippet(conversation.title, query), in_title=True)


def titles_alone(titles: Sequence[SearchHit], conversations: Collection[str]) -> list[SearchHit]:
    """The titles found whose conversations are none of these, which have a hit of their own on the page."""
    return [hit for hit in titles if hit.conversation_id not in conversations]


def hit_of(message: MessageView, query: Query, title: str) -> SearchHit:
    """A message that a query matches, in the conversation with this title, as an item of the results."""
    return SearchHit(
        conversation_id=message.conversation_id,
        title=title,
        message_id=message.message_id or message.id,
        id=message.id,
        role=message.role,
        snippet=snippet(message.text, query),
        created_at=message.created_at,
    )
