"""Sentences for the shorter kinds of answer. Plain data: `{a}`, `{b}` are topics, other names are explained beside them."""

# Greetings by how they begin, answered in kind; the value is what the myna learned to say back.
GREETINGS: dict[str, str] = {
    "good morning": "Good morning",
    "good evening": "Good evening",
    "good afternoon": "Good afternoon",
    "hello": "Hello",
    "hi": "Hello",
    "hey": "Hey",
    "howdy": "Howdy",
    "guten tag": "Guten Tag",
    "guten morgen": "Guten Morgen",
    "hallo": "Hallo",
    "servus": "Servus",
    "bonjour": "Bonjour",
    "salut": "Salut",
    "hola": "Hola",
    "buenos días": "Buenos días",
    "olá": "Olá",
    "ciao": "Ciao",
    "buongiorno": "Buongiorno",
    "hej": "Hej",
    "cześć": "Cześć",
    "ahoj": "Ahoj",
    "merhaba": "Merhaba",
    "привет": "Привет",
    "здравствуйте": "Здравствуйте",
    "привіт": "Привіт",
    "γεια": "Γεια σου",
    "नमस्ते": "नमस्ते",
    "مرحبا": "مرحبا",
    "שלום": "שלום",
    "你好": "你好",
    "こんにちは": "こんにちは",
    "안녕": "안녕하세요",
}

WELCOMES = (  # {hello}: the greeting returned
    "{hello}. I am Myna, a mock: I answer in borrowed voices, and no model is behind them. Ask me something, or type "
    "`/help` to see my tricks.",
    "{hello}. You have reached a small bird on a long wire. I repeat, rearrange and now and then compute; I don't "
    "think. What shall we talk about?",
    "{hello}. Everything you type crosses a queue to reach me, and everything I say comes back along a log. Try me with "
    "a question, a sum, or `/table`.",
    "{hello}. I know a harbour master, a cookbook and a weather bulletin by heart. Give me a subject and one of them will answer.",
)
THANKS = (
    "You are welcome. It was mostly the harbour master.",
    "Gladly. I will pass it on to the queue, which did the carrying.",
    "You are welcome. Politeness is the one thing I never have to borrow.",
    "Any time. I am wide awake whenever a responder is.",
)
GOODBYES = (
    "Goodbye. What you said is stored, so we can go on from here whenever you like.",
    "Fly well. I will be on the same wire.",
    "Until next time. Close the tab without worry: nothing that was sent gets lost.",
)
SELF = (
    "I am **Myna**, a mock AI. A real myna is a bird that repeats what it hears in a convincing voice, and that is a "
    "fair description of me.\n\nThere is no model here. I pick out the words you use, draw from a bank of sentences "
    "with a seeded die, and speak at the speed of the chosen profile. With a seed of your choice the same message always "
    "gets the same reply, part for part. Every die is seeded, chosen or not; that is how another responder can go on in the "
    "middle of a sentence when one is switched off.\n\nWhat is real is everything around me: the queue, the log, the "
    "database and this page.",
    "A mock, and glad to say so. My sentences are borrowed, my arithmetic is my own, and my replies are deterministic: "
    "seed plus message in, the same words out.\n\n- I can answer with text, lists, tables, quotes and code.\n- I follow a "
    "few typed commands; `/help` names them.\n- I can be slow, flaky or overloaded on request.\n\nSwap me for a real "
    "model and the rest of the pipeline will not notice.",
)
CLOCKLESS = (
    "I have no clock and no calendar, which is what makes me repeatable. The page writes the time beside each message, "
    "and it is better at it than I would be.",
    "I couldn't say: a reply that depended on the hour would not come out the same twice. Look at the stamp next to your message.",
)
HONEST = (
    "*I am a mock, so take this as a rehearsal of an answer on {a}.*",
    "*No model was asked; the words are borrowed, and only {a} is yours.*",
    "*Nothing here was looked up on a {weekday} or any other day. A seeded die chose the voice.*",
    "*A real model would know more about {a}. I can only show you how its words would arrive.*",
    "*The facts are from {place}, where there are none. I am a mock.*",
    "*Invented at once, like {thing} in a dream. Nobody was consulted about {a}.*",
    "*If this helped with {a}, thank {person}; I only repeat.*",
    "*A mock said this about {a}, and meant it as much as {animal} would.*",
)
LETTERS_ONLY = "*I only have English sentences, but I keep your words in the letters you wrote them in.*"
REMARKS = (
    "Your message came to me as {words} and {characters}; the longest of them was “{longest}”.",
    "I counted {words} on the way in, and “{longest}” took up the most room.",
    "Of your {words} I have kept “{longest}” for my collection, next to {thing}.",
    "“{longest}” is a good word for {weather}; the other {characters} were good company.",
    "{words} came in, and I read “{longest}” {times}.",
)
BRIDGES = (
    "Three things to keep in mind about {a}:",
    "What I would note down about {a}:",
    "In short, on {a}:",
    "From my notes on {a}, {month}:",
    "What {person} would say about {a}:",
    "For the file on {a}:",
)
STEPS_INTRO = ("A way into {a}, in {n} steps:", "How I heard somebody go about {a}:", "For {a}, in this order:")
STEPS = (
    ("Look first", "spend ten minutes with {a} before you change anything."),
    ("Write down the goal", "one sentence, with {b} in it if it belongs there."),
    ("Find the smallest piece", "the part of {a} you could finish before lunch."),
    ("Do that piece", "badly is allowed, unfinished is not."),
    ("Show it to somebody", "watch their eyebrows when they reach {b}."),
    ("Measure", "a number from before and a number from after, on the same machine."),
    ("Remove one thing", "there is always one."),
    ("Try it with bad input", "an empty one, an enormous one, and one in another alphabet."),
    ("Turn it off and on", "what was promised about {a} should still be true."),
    ("Name it well", "the name is the part everyone reads."),
    ("Write the note", "what was decided about {b}, and why, for whoever comes next."),
    ("Stop", "go for a walk; {a} will wait."),
)
IDEAS_INTRO = ("Some thoughts on {a}:", "On {a}, in no order:", "Here is what the wire hums about {a}:")
IDEAS = (
    ("The plain version", "nothing but {a}, done carefully."),
    ("The small version", "{a} for one person, on one afternoon."),
    ("The upside-down version", "begin with {b} and see how little else you need."),
    ("The borrowed version", "ask who has solved this for boats, bees or trains."),
    ("The slow version", "one careful step a week, written on the kitchen calendar."),
    ("The loud version", "announce it first, so there is no way back."),
    ("The version for winter", "{a} by lamplight, with soup."),
    ("The version with a rule", "choose one constraint for {b} and keep it to the end."),
    ("The version for two", "one of you does, the other asks why."),
    ("The museum version", "collect seven examples of {a} and put labels on them."),
    ("The version without screens", "paper, a pencil, and a table that doesn't wobble."),
    ("The version you would give away", "finish it as a present and it will get finished."),
)
VERDICTS = (
    "If I had a preference I would have borrowed it. Take {a} when you are in a hurry and {b} when you are not.",
    "The cells are invented, the comparison is only a pose. Still, {a} reads well in the left column.",
    "Nobody was ever sorry to have tried both, {b} second.",
)
TABLE_INTRO = ("Side by side, {a} and {b}:", "As a table, {a} and {b}:", "I have drawn a line between {a} and {b}:")
CRITERIA = (
    ("On a Monday morning", "needs a minute", "already humming"),
    ("In the rain", "unbothered", "goes inside"),
    ("Weight, in mynas", "11", "4½"),
    ("Learned in", "an afternoon", "a winter"),
    ("Makes a sound", "only when asked", "yes, a low one"),
    ("Travels by", "queue", "log"),
    ("Seen from far away", "a steady light", "a small flag"),
    ("When it breaks", "says so", "waits to be noticed"),
    ("Best kept", "near a window", "in a drawer"),
    ("Company", "likes a crowd", "works alone"),
    ("After ten years", "much the same", "a different colour"),
    ("Asks of you", "patience", "attention"),
)
QUOTES = (
    ("Ask {animal}: it was there at {hour}.", "{person}, on {a}"),
    ("What is done {times} is no accident.", "a bell ringer from {place}, on {a}"),
    ("I have never regretted {food}, and seldom {feeling}.", "a canteen manager, on {a}"),
    ("The {colour} one always breaks first.", "a glazier, in {year}, on {a}"),
    ("There is no {weekday} so long that it needs a plan.", "{person}, on {a}"),
    ("Carry {thing}, and people assume you know the way.", "a surveyor, on {a}"),
    ("In {weather} all directions are advice.", "a pilot from {place}, on {a}"),
    ("A promise is a message with a receipt.", "a ferryman, on {a}"),
    ("What I repeat three times is true; what I repeat once is only interesting.", "a myna, on {a}"),
    ("The queue is the kindest invention: nobody has to be first, and everybody is next.", "a ticket clerk, on {a}"),
    ("Measure it in daylight, believe it at night.", "a night watchman, on {a}"),
    ("Every wire hums. Only some of them mean it.", "a lineman, on {a}"),
    ("Leave the gate the way you would like to find it.", "a caretaker, on {a}"),
    ("One careful word outlives a loud afternoon.", "a stonecutter, on {a}"),
    ("Half of knowing is knowing where you wrote it down.", "a librarian, on {a}"),
    ("If it has to be explained on the label, repaint it.", "a sign painter, on {a}"),
    ("Nothing is late that was never promised.", "a station cat, on {a}"),
)
QUOTE_INTRO = ("Somebody said this within earshot, and it fits {a}:", "For {a}, a line I was taught:")
CODE_INTRO = ("Here is {language}, with {a} in the leading part:", "A few lines of {language} about {a}:")
PROGRAM_LEADS = ("{title}, in {language}:", "Here is {language} for it:", "{title}. This is {language}, and it runs as it stands:")
PROGRAM_ONLY = "I know this one only in {language}, not in {asked}; the idea is the same."
PROGRAM_OUTRO = (
    "Borrowed, like everything I say, but I have seen it run.",
    "Try it with an empty input before {hour}.",
    "{Person} would add a test. So would I.",
    "It does one thing; call it {times} if you must.",
    "Keep it near {thing}, and it will not be lost.",
)
CODE_OUTRO = (
    "It runs as it stands. I wrote none of it, I only changed the name.",
    "Short, but it does what it says. The name is from your message.",
    "Put it in a file of its own and give it a test before it gets friends.",
    "{Person} has used something like it since {year}.",
    "Try it with an empty input before {hour}.",
)
SUMS = (  # {sum}: what was asked, {result}
    "{sum} is **{result}**. That one I worked out myself.",
    "**{result}**. I don't borrow arithmetic: {sum} comes to exactly that.",
    "{sum} makes **{result}**, on this wire and on every other.",
)
ROUNDED_SUMS = ("{sum} is about **{result}**, rounded to six places.", "Roughly **{result}**, for {sum}.")
AT_ONCE = (
    "Heard, and said back at once: “{begin}”.",
    "“{begin}”, said the message. “Quite so”, said the myna.",
    "Straight off the wire: “{begin}”.",
    "I caught “{begin}” and let it go again.",
    "“{begin}”: noted at {hour}, beside {thing}.",
    "{Person} asked the same on a {weekday}: “{begin}”.",
    "“{begin}”, repeated {times} near {place}.",
    "“{begin}”. I have passed it on to {animal}.",
    "“{begin}”, in my best {colour} voice.",
    "There was {weather} on the line, but I made out “{begin}”.",
)
VOICE_LEADS = (
    "*In the voice of {voice}:*",
    "*{Voice}, overheard near {place}:*",
    "*{Voice}, on a {weekday}:*",
    "*As {voice} would have it:*",
    "*From {voice}, in {month}:*",
    "*{Voice}, asked at {hour}:*",
    "*{Voice}, to {person}:*",
    "*{Voice}, with {feeling}:*",
)
