"""Puts screenshots together as one animated WebP; each frame holds only what has changed. Chromium encodes, this writes the container.

The container (https://developers.google.com/speed/webp/docs/riff_container) is a RIFF file of chunks: the canvas, then the frames.
"""

import base64
import struct
from dataclasses import dataclass

from playwright.async_api import Page

# Draws a screenshot, finds the rectangle in which it differs from the one before, and encodes that. Offsets have to be even.
ENCODE = """async ({ png, quality }) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const [width, height] = [image.width, image.height];
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    const now = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
    const before = window.before;
    window.before = now;
    let [left, top, right, bottom] = before ? [width, height, 0, 0] : [0, 0, width, height];
    for (let place = 0; before && place < now.length; place += 1) {
        if (now[place] === before[place]) continue;
        const [x, y] = [place % width, Math.floor(place / width)];
        [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x + 1), Math.max(bottom, y + 1)];
    }
    if (right <= left) return null;
    [left, top] = [left - (left % 2), top - (top % 2)];
    const part = new OffscreenCanvas(right - left, bottom - top);
    part.getContext('2d').drawImage(image, -left, -top);
    const blob = await part.convertToBlob({ type: 'image/webp', quality });
    const bytes = new Uint8Array(await blob.arrayBuffer());
    let text = '';
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return { left, top, width: right - left, height: bottom - top, webp: btoa(text) };
}"""


@dataclass
class Frame:
    """A part of the canvas, and how long it is shown."""

    left: int
    top: int
    width: int
    height: int
    webp: bytes
    ms: int = 0


async def encoded(page: Page, png: bytes, quality: float) -> Frame | None:
    """What has changed since the last call with this page; None where nothing has."""
    found = await page.evaluate(ENCODE, {"png": base64.b64encode(png).decode(), "quality": quality})
    return found and Frame(found["left"], found["top"], found["width"], found["height"], base64.b64decode(found["webp"]))


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _int24(number: int) -> bytes:
    return struct.pack("<I", number)[:3]


def _bitstream(webp: bytes) -> bytes:
    """The picture's own chunks (alpha and bitstream), without the file's header and canvas."""
    found, at = b"", 12
    while at < len(webp):
        (size,) = struct.unpack_from("<I", webp, at + 4)
        end = at + 8 + size + size % 2
        if webp[at : at + 4] in (b"ALPH", b"VP8 ", b"VP8L"):
            found += webp[at:end]
        at = end
    return found


def animation(frames: list[Frame]) -> bytes:
    """The file; the first frame is as large as the canvas, and it plays for ever."""
    animated, keep_below = 0x02, 0x02  # flags: the file is animated; a frame replaces what it covers, and stays
    canvas = struct.pack("<I", animated) + _int24(frames[0].width - 1) + _int24(frames[0].height - 1)
    body = _chunk(b"VP8X", canvas) + _chunk(b"ANIM", struct.pack("<IH", 0, 0))
    for frame in frames:
        place = _int24(frame.left // 2) + _int24(frame.top // 2) + _int24(frame.width - 1) + _int24(frame.height - 1)
        body += _chunk(b"ANMF", place + _int24(frame.ms) + bytes([keep_below]) + _bitstream(frame.webp))
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body
