# REQUIRES: chromium
# RUN: %python %s %quantc

"""The page of the report in a browser: no name of the model runs, tables sort, and the
screenshot shows charts."""

import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

from report import NAMES, make_model, quantc

# Clicks on the heading "SQNR dB" twice, and
# leaves what it saw in the title.
PROBE = """<script>
const heads = [...document.querySelectorAll('th')];
const column = heads.findIndex(th => th.textContent === 'SQNR dB');
const seen = () => [...document.querySelectorAll('tbody tr')].map(r => r.cells[column].textContent).join(' ');
heads[column].click(); const up = seen(); heads[column].click();
document.title = ['probe', document.images.length, document.scripts.length, up, seen()].join('|');
</script></body>"""


def chromium(folder, *arguments):
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
    command += ["--disable-dev-shm-usage", f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=3000"]
    done = subprocess.run([*command, *arguments], check=True, capture_output=True, text=True, timeout=180)
    return done.stdout


def check_script(folder, page):
    probed = folder / "probed.html"
    probed.write_text(page.read_text(encoding="utf-8").replace("</body>", PROBE), encoding="utf-8")
    title = chromium(folder, "--dump-dom", probed.as_uri()).split("<title>")[1].split("</title>")[0]
    kind, images, scripts, up, down = title.split("|")
    assert (kind, images, scripts) == ("probe", "0", "2"), title
    rising = [float(word) for word in up.split()]
    assert len(rising) == len(NAMES) and rising == sorted(rising), title
    assert [float(word) for word in down.split()] == rising[::-1], title


def pixels(path):
    """Rows of bytes of a PNG, 3 or 4 a pixel, as the browser writes it: not interlaced."""
    data, at, packed = path.read_bytes(), 8, b""
    while at < len(data):
        (size,), kind = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", body)
        packed += body if kind == b"IDAT" else b""
        at += size + 12
    assert depth == 8 and color in (2, 6) and not interlaced
    step = 3 if color == 2 else 4
    raw, stride, rows = zlib.decompress(packed), width * step, [bytes(width * step)]
    for y in range(height):
        kind, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1 : (y + 1) * (stride + 1)])
        for i in range(stride):
            left = line[i - step] if i >= step else 0
            above, corner = rows[-1][i], rows[-1][i - step] if i >= step else 0
            line[i] = (line[i] + predict(kind, left, above, corner)) & 255
        rows.append(bytes(line))
    return rows[1:], step


def predict(kind, left, above, corner):
    if kind == 4:  # the neighbour that is nearest to left + above - corner
        p = left + above - corner
        return min((left, above, corner), key=lambda value: abs(p - value))
    return (0, left, above, (left + above) // 2)[kind]


def check_screenshot(folder, page):
    picture = folder / "page.png"
    chromium(folder, f"--screenshot={picture}", "--window-size=800,700", page.as_uri())
    rows, step = pixels(picture)
    colors = {}
    for row in rows:
        for i in range(0, len(row), step):
            color = row[i : i + 3]
            colors[color] = colors.get(color, 0) + 1
    # Bars of bits and of errors, and the background of the page.
    for color, least in ((b"\x2f\x6d\xb5", 5000), (b"\x9c\xc0\xea", 500), (b"\xff\xff\xff", 100000)):
        assert colors.get(color, 0) >= least, (color.hex(), colors.get(color, 0))


def main():
    assert shutil.which("chromium")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = folder / "model.onnx"
        make_model(model)
        quantc("compile", str(model), "-r", "w8a16", "-o", str(folder / "out"))
        page = folder / "out.report.html"
        check_script(folder, page)
        check_screenshot(folder, page)


main()
