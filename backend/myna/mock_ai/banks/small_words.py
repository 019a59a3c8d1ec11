"""Words too small to be what a message is about: English, German, French, Spanish, Russian. Plain data."""

_TEXT = """
a about above after again all also am an and any are as ask at be because been before being between both but by can
compare could did difference do does doing don't down each example explain few for from function get give had has
have having he hello help her here hey hi him his how i i'd i'm if ideas in into is isn't it it's its just know let
like list make many may me mean more most much must my need no nor not now of off on once one only or other our out
over own plan please program quote reasons s same say should show script snippet so some steps such table tell than thanks
that that's the their them then there these they think this those through tips to too two three four five six seven
eight nine ten try under until up use using versus very vs want was ways we were what what's when where which while
who why will with would write yes you you're your
aber als auch auf aus bei bin bist das dass dein dem den der des die doch du ein eine einem einen einer er es für
hat ich ihr im in ist ja kann kein man mein mich mir mit nach nicht noch nur oder sich sie sind so über um und uns
vom von war warum was wenn wer wie wir wird wo zu zum zur
au aux avec ce ces cette comment dans de des du elle en est et il je la le les leur ma mais me mes moi mon ne nous
on ou où par pas pour pourquoi qu que quel qui sa se ses son sur ta te tu un une vous
al como con cual cómo del desde donde el ella en entre eres es esta este estoy hay las lo los más mi muy para pero
por porque que quien qué se ser sin sobre su sus te tiene un una unos y yo
morning evening tonight today tomorrow yesterday really quickly please could'd let's didn't doesn't can't won't
makes made work works working worked go goes going went come comes coming get gets getting got keep keeps play plays say says said
mean means feel feels turn turns stop stops start starts begin begins learning happen happens put puts use used see sees saw
good bad nice great new old best better
continue again okay ok sure yes-no else something anything nothing everything thing things stuff bit lot kind sort
почему что как где когда кто зачем какой это не на по из для или мне меня
"""
SMALL_WORDS = frozenset(_TEXT.split())

# Words that a thing follows, and how the answer says them: "my basil" comes back as "your basil".
ARTICLES = {
    "the": "the ", "a": "a ", "an": "an ", "my": "your ", "our": "your ", "this": "this ", "these": "these ", "those": "those ",
    "der": "", "die": "", "das": "", "den": "", "dem": "", "ein": "", "eine": "", "einen": "", "einem": "", "einer": "",
    "le": "", "la": "", "les": "", "un": "", "une": "", "el": "", "los": "", "las": "", "una": "",
}  # fmt: skip
# Words that a thing often follows, and words that a doing follows.
BEFORE_THINGS = frozenset(("about", "of", "for", "with", "on", "in", "at", "into", "like", "between", "and", "über", "von", "de", "sobre"))
BEFORE_DOINGS = frozenset(
    ("i", "you", "we", "they", "he", "she", "to", "don't", "doesn't", "can't", "didn't", "let's", "ich", "wir", "je", "please")
)
# What a message orders, and what may stand before it: neither is what the message is about.
_ORDERS = """
translate summarise summarize explain draft suggest recommend review fix debug rewrite rephrase improve edit check proofread describe
define discuss analyse analyze compose create make generate write build implement design brainstorm outline list name give show tell
help find look search calculate compute convert answer teach choose pick decide sort rank classify extract correct shorten expand
continue imagine invent draw sketch code program refactor optimise optimize plan prepare organise organize schedule remind learn think
"""
ORDERS = frozenset(_ORDERS.split())
_BEFORE_ORDERS = "please can could would will you me us i want need like to let's now just kindly help hey hi so and then"
BEFORE_ORDERS = frozenset(_BEFORE_ORDERS.split())
