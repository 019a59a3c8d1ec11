"""The scenarios that are always there, in the same JSON that a file of one's own takes (CHAT_MOCK_SCENARIOS). Plain data."""

EXAMPLES = r"""{
  "version": 1,
  "scripts": {
    "tour": {
      "about": "follows one message through the pipeline, step by step",
      "parts": [
        {"text": "Your message has just made a trip. ", "after_s": 0.4},
        {"text": "Here it is, slowly.\n\n", "after_s": 0.6},
        {"text": "1. The **gateway** checked it and published it once. ", "after_s": 0.8},
        {"text": "The broker confirmed, and only then did you see it accepted.\n", "after_s": 0.8},
        {"text": "2. It waited in **chat_queue** until one responder took it.\n", "after_s": 0.8},
        {"text": "3. The responder asked me. ", "after_s": 0.8},
        {"text": "I am the mock, and these words are my parts.\n", "after_s": 0.8},
        {"text": "4. Each part is an event in **chat_responses**, the log.\n", "after_s": 0.8},
        {"text": "5. Every node reads the log; one of them holds your socket ", "after_s": 0.8},
        {"text": "and another may be writing this into Postgres.\n\n", "after_s": 0.8},
        {"text": "Reload the page now, ", "after_s": 1.0},
        {"text": "and you will find me ", "after_s": 1.5},
        {"text": "still in the middle ", "after_s": 1.5},
        {"text": "of this sentence.", "after_s": 1.5}
      ]
    },
    "haiku": {
      "about": "three lines and two long pauses",
      "parts": [
        {"text": "A bird on the wire", "after_s": 0.5},
        {"text": "  \nsays the last thing it was told", "after_s": 2},
        {"text": "  \nto whoever comes", "after_s": 2}
      ]
    },
    "outage": {
      "about": "speaks for a moment, then fails in a way that a second try may mend",
      "parts": [
        {"text": "So far all is well, ", "after_s": 0.3},
        {"text": "and I was about to say something useful, ", "after_s": 0.5},
        {"text": "but", "after_s": 0.5}
      ],
      "fail": {
        "code": "overloaded",
        "detail": "The script called outage ends like this on purpose. Try again, or choose another scenario.",
        "retryable": true,
        "after_s": 1
      }
    },
    "cut": {
      "about": "ends in the middle of a sentence because a limit was reached",
      "text": "There are three things to know about this, and the second of them is by far the",
      "finish_reason": "length"
    },
    "silence": {
      "about": "says nothing for twenty seconds, then one word",
      "parts": [{"text": "Patience.", "after_s": 20}]
    }
  },
  "rules": [
    {"match": {"exact": "show me around"}, "script": "tour"}
  ]
}
"""
