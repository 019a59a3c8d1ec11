"""Pages that try a renderer: all of Markdown, many emoji, right-to-left script. Plain data; spoken exactly as written."""

# The lines are as long and the blanks where they must be to be a trial.
# ruff: noqa: E501, W291

MARKDOWN = r"""# Everything a page should render

## Headings go down to six
### Third
#### Fourth
##### Fifth
###### Sixth

## Inline
Plain, *slanted*, **strong**, ***both***, ~~gone~~, `code`, ``code with ` inside``, and an escaped \*star\*.
A line that ends in two spaces  
breaks here. A [link with a title](https://example.org/ "an example"), an automatic one: <https://example.org/wire>,
and a bare one: https://example.org/bare.

An entity: &copy; &amp; &lt;. Words_with_underscores_inside stay whole.

## Lists
- a bird
- a wire
  - a bird on a wire
    - a third level, with `code`
- [x] a task that is done
- [ ] a task that is not

1. first
2. second

   with a paragraph of its own
3. third

7) a list that begins at seven

## Quote
> One careful word outlives a loud afternoon.
>
> > And a quote within the quote.
> - with a list in it

## Table
| Left | Centre | Right |
|:-----|:------:|------:|
| text | `code` | 1 |
| a \| bar | **strong** | 22 |
| a cell with enough words in it to make a narrow window think about scrolling sideways | ~~gone~~ | 333 |

## Code
```python
def say(text: str) -> str:
    return f"heard: {text}"  # a comment
```

```
no language, and one line that is far too long for any window: ...............................................................................................................
```

````markdown
```
a fence in a fence
```
````

    indented by four

---

## What must stay harmless
<script>document.title = "this must not run"</script>
<b onclick="alert(1)">raw HTML is shown or dropped, never run</b>
[a link that must not run](javascript:alert(1))
![an image that must not be fetched](https://example.org/pixel.png)

## Edges
Averyverylongwordwithnoplacetobreakthatstillhastostayinsidethebubblebecausenobodylikesasidewaysscrollbar

An unclosed **strong and `code that never ends

```js
// an unclosed fence is the last thing on this page
const last = true;
"""

EMOJI = """Faces: 🙂 🤔 😴 🥲
Skin tones: 👋🏻 👋🏽 👋🏿 👍🏾
Families and jobs: 👨‍👩‍👧‍👦 👩🏽‍🚀 🧑‍🍳 🏳️‍🌈 🏴‍☠️
Flags: 🇳🇴🇯🇵🇧🇷🇿🇦🇮🇳
Keycaps: 1️⃣ 2️⃣ #️⃣
Text and picture: ☎︎ ☎️ ✈︎ ✈️
Tag flags: 🏴󠁧󠁢󠁳󠁣󠁴󠁿 🏴󠁧󠁢󠁷󠁬󠁳󠁿
Combined letters: é é ñ Å ź̧ Z͑ͫ̓
Scripts: नमस्ते, ক্ষমতা, ภาษาไทย, 한국어, 한국, 日本語が流れる, 𝒎𝒚𝒏𝒂
In a row: 🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦

If any of these came apart, a part was cut in the wrong place."""

RTL = """### نص من اليمين إلى اليسار

هذا طائر صغير على سلك طويل، يعيد ما يسمعه بصوت مستعار.

- القائمة الأولى
- رقم في الوسط: 42، ثم كلمة لاتينية: queue
- `code` داخل السطر

### עברית

ציפור קטנה על חוט ארוך, חוזרת על מה ששמעה.

1. ראשון
2. שני, עם מספר 2026 ומילה באנגלית: log

| كلمة | מילה | word |
|---|---|---|
| طائر | ציפור | bird |
| سلك | חוט | wire |

And a last line from left to right, with مرحبا and שלום inside it."""

# Short words for /words: about five letters each, so that the most allowed stays well within a reply's bytes.
_WORDS = """
wire tide lamp bird queue stone river paper door light salt bread north cloud train spring clock quiet borrow listen
answer carry window harbour kettle morning letter copper garden winter signal feather ladder
"""
WORDS = tuple(_WORDS.split())
