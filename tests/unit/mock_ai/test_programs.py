"""The code that people ask for most: what was asked is what comes, and it runs."""

import contextlib
import io
from pathlib import Path

import pytest

from myna.mock_ai.banks.programs import programs
from tests.unit.mock_ai.replies import answer

REQUESTS = {
    "Write a function that returns the first n Fibonacci numbers": "fibonacci(10)",
    "fizzbuzz in go": 'fmt.Println("FizzBuzz")',
    "Write a python function to calculate the factorial of a number": "def factorial",
    "how do I check if a number is prime in javascript": "isPrime",
    "write code to find all primes up to 100": "sieve of Eratosthenes",
    "check if a string is a palindrome, in python": "is_palindrome",
    "Write a function that checks whether two words are anagrams": "Counter(a.lower())",
    "python function to reverse a linked list": "def reverse(head",
    "reverse a string in rust": "text.chars().rev()",
    "implement bubble sort in python": "def bubble_sort",
    "implement merge sort": "def merge_sort",
    "can you write quicksort in python?": "def quicksort",
    "sort a dictionary by value in python": "key=lambda item: item[1]",
    "how to sort an array of numbers in javascript": "toSorted",
    "write a binary search function": "bisect_left",
    "python code for a binary search tree": "class Tree",
    "implement dijkstra's algorithm in python": "heappush",
    "write a bfs function in python": "deque([start])",
    "depth first search script in python": "def visit",
    "implement a linked list in python": "class Node",
    "implement a stack in python": "class Stack",
    "write an LRU cache in python": "lru_cache",
    "solve two sum in python": "target - number",
    "write a python program for the gcd of two numbers": "def gcd",
    "convert a number to roman numerals in python": '"CM"',
    "caesar cipher in python": "maketrans",
    "write a python script that generates a random password": "secrets.choice",
    "write a number guessing game in python": "Higher.",
    "python code to roll dice": "randint(1, 6)",
    "write a simple calculator in python": "operator.add",
    "write a to-do list program in python": "class ToDo",
    "countdown timer script in python": "def countdown",
    "python code: days between two dates": ".days",
    "function to check for a leap year": "year % 400",
    "write a function that converts celsius to fahrenheit": "* 9 / 5 + 32",
    "count the vowels in a string, python": "count_vowels",
    "count words in a text with python": "most_common(3)",
    "remove duplicates from a list in python": "dict.fromkeys",
    "flatten a nested list in python": "chain.from_iterable",
    "python function for the average of a list": "mean(numbers)",
    "generate all permutations of a string in python": "permutations(",
    "multiply two matrices in python": "def multiply",
    "read a csv file in python": "csv.DictReader",
    "write a simple web server in python": "ThreadingHTTPServer",
    "fetch data from an api in javascript": "await fetch(url",
    "parse json in python": "json.loads",
    "write a regex to validate an email": "ADDRESS",
    "read a file line by line in python": "enumerate(file, 1)",
    "bash script to rename all files": "${file%.jpeg}",
    "write a python decorator": "functools.wraps",
    "retry with exponential backoff in python": "pause_s * 2",
    "python asyncio example code for parallel tasks": "asyncio.gather",
    "write a unit test in python": "def test_add",
    "write a python class for a bank account": "class Account",
    "write a debounce function in typescript": "clearTimeout",
    "create a react component with a counter": "useState",
    "how do I center a div in css": "place-items: center",
    "html code for a login form": 'type="password"',
    "write an sql query that joins two tables": "LEFT JOIN",
    "write a dockerfile for a python app": "FROM python",
    "hello world in c": "puts(",
}
ENDLESS = ("A guessing game", "A countdown")


@pytest.mark.parametrize("request_text", REQUESTS)
def test_what_was_asked_for_is_what_comes(request_text: str) -> None:
    text = answer(request_text)
    assert REQUESTS[request_text] in text
    assert text.count("```") == 2


def test_a_language_in_which_it_is_not_known_is_said() -> None:
    text = answer("quicksort in rust")
    assert "```python" in text
    assert "only in Python, not in Rust" in text


@pytest.mark.parametrize("program", [one for one in programs() if "python" in one.code], ids=lambda program: program.title)
def test_the_python_runs(program: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = program.code["python"]  # type: ignore[attr-defined]
    monkeypatch.chdir(tmp_path)
    compiled = compile(code, "program", "exec")
    if program.title not in ENDLESS:  # type: ignore[attr-defined]
        with contextlib.redirect_stdout(io.StringIO()) as said:
            exec(compiled, {"__name__": "builtins"})  # noqa: S102
        assert said.getvalue() or "__main__" in code or "rename" in code or "test_" in code


def test_every_section_is_read() -> None:
    page = (Path(__file__).parents[3] / "backend/myna/mock_ai/banks/code.md").read_text()
    assert page.count("\n## ") == len(programs()) >= 50
    assert page.count("\n```") == 2 * sum(len(program.code) for program in programs())


@pytest.mark.parametrize(
    "text", ["How do I form a band?", "What is the average rainfall in Oslo?", "I like my class.", "Should I buy a cache of tea?"]
)
def test_everyday_words_do_not_ask_for_code(text: str) -> None:
    assert "```" not in answer(text)
