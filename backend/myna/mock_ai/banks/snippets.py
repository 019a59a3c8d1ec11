"""Small programs that run, one or two a language. Plain data: NAME is replaced by an identifier made of the message."""

SNIPPETS: dict[str, tuple[str, ...]] = {
    "python": (
        '''from collections import Counter


def most_common_NAME(lines: list[str]) -> str:
    """The line that was heard most often; the first of them on a draw."""
    return Counter(lines).most_common(1)[0][0]


print(most_common_NAME(["hello", "good night", "hello"]))
''',
        """import asyncio


async def retry_NAME(work, attempts=3, pause_s=0.2):
    for attempt in range(1, attempts + 1):
        try:
            return await work()
        except ConnectionError:
            if attempt == attempts:
                raise
            await asyncio.sleep(pause_s * 2**attempt)
""",
    ),
    "typescript": (
        """type Part = { index: number; text: string };

export function joinNAME(parts: readonly Part[]): string {
  return [...parts]
    .sort((a, b) => a.index - b.index)
    .map((part) => part.text)
    .join("");
}

console.log(joinNAME([{ index: 1, text: "night" }, { index: 0, text: "good " }]));
""",
    ),
    "javascript": (
        """function* echoNAME(text, times) {
  for (let n = 1; n <= times; n += 1) {
    yield `${n}: ${text}`;
  }
}

for (const line of echoNAME("good morning", 3)) {
  console.log(line);
}
""",
    ),
    "go": (
        """package main

import "fmt"

func countNAME(words []string) map[string]int {
	seen := make(map[string]int)
	for _, word := range words {
		seen[word]++
	}
	return seen
}

func main() {
	fmt.Println(countNAME([]string{"wire", "bird", "wire"}))
}
""",
    ),
    "rust": (
        """fn longest_NAME<'a>(words: &[&'a str]) -> Option<&'a str> {
    words.iter().copied().max_by_key(|word| word.chars().count())
}

fn main() {
    match longest_NAME(&["wire", "starling", "tide"]) {
        Some(word) => println!("{word}"),
        None => println!("nothing was said"),
    }
}
""",
    ),
    "java": (
        """import java.util.List;

public class NAMEChorus {
    public static void main(String[] args) {
        List<String> voices = List.of("harbour", "kitchen", "station");
        for (String voice : voices) {
            System.out.println(voice + ": heard");
        }
    }
}
""",
    ),
    "c": (
        """#include <stdio.h>

static unsigned long hash_NAME(const char *text) {
    unsigned long hash = 5381;
    for (; *text != '\\0'; text++) {
        hash = hash * 33 + (unsigned char)*text;
    }
    return hash;
}

int main(void) {
    printf("%lu\\n", hash_NAME("myna"));
    return 0;
}
""",
    ),
    "sql": (
        """CREATE TABLE NAME_heard (
    id   uuid PRIMARY KEY,
    said text NOT NULL,
    at   timestamptz NOT NULL DEFAULT now()
);

-- What was said most in the last hour
SELECT said, count(*) AS times
FROM NAME_heard
WHERE at > now() - interval '1 hour'
GROUP BY said
ORDER BY times DESC
LIMIT 5;
""",
    ),
    "bash": (
        """#!/usr/bin/env bash
set -euo pipefail

repeat_NAME() {
  local times=$1 text=$2
  for ((n = 1; n <= times; n++)); do
    printf '%d %s\\n' "$n" "$text"
  done
}

repeat_NAME 3 "good morning"
""",
    ),
    "html": (
        """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>NAME</title>
  </head>
  <body>
    <h1>NAME</h1>
    <p>A bird sat here and said your words back.</p>
  </body>
</html>
""",
    ),
    "css": (
        """.NAME {
  display: grid;
  gap: 0.75rem;
  padding: 1rem;
  border-radius: 0.5rem;
}

@media (prefers-reduced-motion: no-preference) {
  .NAME {
    transition: opacity 150ms ease-out;
  }
}
""",
    ),
    "json": (
        """{
  "subject": "NAME",
  "voices": ["harbour", "kitchen", "station"],
  "heard": { "times": 3, "by": "a myna" },
  "stored": true
}
""",
    ),
}

# Names people type that aren't the language's own.
ALIASES = {"py": "python", "ts": "typescript", "js": "javascript", "golang": "go", "rs": "rust", "sh": "bash", "shell": "bash"}

# How a sentence spells them, where that isn't with one capital.
NAMES = {
    "typescript": "TypeScript",
    "javascript": "JavaScript",
    "sql": "SQL",
    "html": "HTML",
    "css": "CSS",
    "json": "JSON",
}
