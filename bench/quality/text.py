"""Text read: pages rendered here in three scripts, in several sizes and colours, a little turned."""

import io
import subprocess
import sys

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from . import metrics, pictures

FONTS = {"Latin": "DejaVu Sans", "Chinese": "WenQuanYi Micro Hei", "Japanese": "IPAGothic", "Korean": "WenQuanYi Micro Hei"}
LINES = {
    "Latin": [
        "Opening hours: Monday to Friday, 9:30 - 18:00",
        "The ferry to the island leaves at 07:45 from pier 12.",
        "Please keep this door closed at all times!",
        "Recipe: 250 g flour, 3 eggs, 1/2 litre of milk",
        "Invoice No. 2024-0817, total amount 1,249.50 EUR",
        "Grüße aus München, wir kommen am Sonntag zurück.",
        "Le café est fermé pendant l'été, à bientôt.",
        "El niño comió una manzana en la montaña.",
        "Beware of the dog & ring the bell (twice)",
        "Platform 4: delayed by approximately 15 minutes",
    ],
    "Chinese": [
        "今天天气很好我们去公园散步",
        "图书馆的开放时间是上午九点到下午五点",
        "请不要在这里停车谢谢合作",
        "这家饭店的牛肉面非常好吃",
        "火车将于十点三十分从北京出发",
        "小心地滑注意安全",
        "我的朋友明年要去上海工作",
        "超市里的水果和蔬菜都很新鲜",
        "孩子们在花园里唱歌跳舞",
        "欢迎光临本店全场八折优惠",
    ],
    "Japanese": [
        "今日はとても天気がいいですね",
        "駅前の本屋で新しい雑誌を買いました",
        "ここに車を止めないでください",
        "朝ごはんにパンと卵を食べます",
        "東京から大阪まで新幹線で行きました",
        "足元に気をつけてください",
        "来年の春に桜を見に行きたいです",
        "コーヒーとケーキのセットは八百円です",
        "子どもたちが公園で遊んでいます",
        "営業時間は午前十時から午後八時まで",
    ],
}
# Scripts that the models do not know: nothing is better than a guess. Some have capitals that look Latin.
UNREAD = {
    "Russian": [
        "Сегодня очень хорошая погода",
        "Пожалуйста, закройте дверь",
        "Поезд отправляется в десять часов",
        "Магазин работает с девяти до шести",
        "Молоко, хлеб, масло и яйца",
        "Осторожно, злая собака",
        "РЕСТОРАН",
    ],
    "Greek": [
        "Σήμερα ο καιρός είναι πολύ καλός",
        "Παρακαλώ κλείστε την πόρτα",
        "Το τρένο φεύγει στις δέκα",
        "Καλώς ήρθατε στην Αθήνα",
        "ΤΑΒΕΡΝΑ",
    ],
    "Hebrew": ["היום מזג האוויר טוב מאוד", "נא לסגור את הדלת", "הרכבת יוצאת בעשר", "ברוכים הבאים לירושלים"],
    "Arabic": ["الطقس اليوم جميل جدا", "الرجاء إغلاق الباب", "يغادر القطار في الساعة العاشرة", "مرحبا بكم في القاهرة"],
    "Armenian": ["Այսօր եղանակը շատ լավ է", "Խնդրում ենք փակել դուռը", "Բարի գալուստ Երևան"],
    "Georgian": ["დღეს ძალიან კარგი ამინდია", "გთხოვთ დახუროთ კარი", "კეთილი იყოს თქვენი მობრძანება"],
    "Korean": ["오늘은 날씨가 아주 좋습니다", "문을 닫아 주세요", "기차는 열 시에 출발합니다", "서울에 오신 것을 환영합니다"],
}
# Size of the letters, ink, paper, degrees the page is turned.
PAGES = [
    (40, (0, 0, 0), (255, 255, 255), 0),
    (28, (30, 30, 60), (240, 235, 220), 0),
    (56, (255, 255, 255), (20, 70, 120), 0),
    (36, (60, 20, 20), (250, 220, 120), 3),
]


def measure(server_of, _photos):
    with server_of("text") as server:
        scripts = {
            server.upload(name, data.getvalue()): name.split("-")[0] for name, data in [*pages(), *pages(UNREAD)]
        }
        server.settle()
        read = {asset: _in_reading_order(server.get(f"/assets/{asset}/ocr")) for asset in scripts}
    rows = []
    for script, lines in LINES.items():
        assets = [asset for asset, of in scripts.items() if of == script]
        accuracies = [metrics.character_accuracy(read[asset], "\n".join(lines)) for asset in assets]
        mean = sum(accuracies) / len(accuracies)
        rows.append(("text", f"{script}: characters right, {len(assets)} pages", f"{mean:.3f}"))
    guesses = [line for asset, of in scripts.items() if of in UNREAD for line in read[asset].splitlines()]
    for line in guesses:
        print("    a guess:", line, file=sys.stderr)
    lines = sum(len(lines) for lines in UNREAD.values()) * len(PAGES)
    title = f"{', '.join(UNREAD)}: guesses shown, of {lines} lines"
    return [*rows, ("text", title, str(len(guesses)))]


def pages(scripts=LINES):
    """Every page, with a name that begins with its script."""
    for script, lines in scripts.items():
        for number, page in enumerate(PAGES):
            yield f"{script}-{number}.jpg", io.BytesIO(_rendered(script, lines, *page))


def _rendered(script, lines, size, ink, paper, degrees):
    font = ImageFont.truetype(_font_file(FONTS.get(script, FONTS["Latin"])), size)
    width = round(max(font.getlength(line) for line in lines)) + 4 * size
    page = Image.new("RGB", (width, round(2 * size * (len(lines) + 1.5))), paper)
    draw = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        draw.text((2 * size, round(2 * size * (number + 1))), line, ink, font)
    if degrees:
        page = page.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=paper)
    return pictures.jpeg(page.filter(ImageFilter.GaussianBlur(0.5)), 85)


def _font_file(family):
    command = ["fc-match", "--format=%{family}\t%{file}", family]
    found, file = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\t")
    if family not in found:
        raise SystemExit(f"the font {family} is not installed; cargo xtask bench quality installs it")
    return file


def _in_reading_order(lines):
    """Pages have one column, so the height of a line's left end is its place; a turned page rises to the right."""
    return "\n".join(line["text"] for line in sorted(lines, key=lambda line: line["y1"] + line["y4"]))
