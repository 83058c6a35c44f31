"""BERT's tokenizer, as far as English class names need it. The server uses the tokenizer.json of the pack."""

import json
import re
import unicodedata

CLS, SEP, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
# A run of letters and digits, or one mark.
PIECES = re.compile(r"\w+|[^\w\s]")


class WordPiece:
    def __init__(self, tokenizer_path):
        with open(tokenizer_path, encoding="utf-8") as file:
            self.vocabulary = json.load(file)["model"]["vocab"]

    def ids(self, text):
        text = unicodedata.normalize("NFD", text.lower())
        text = "".join(char for char in text if unicodedata.category(char) != "Mn")
        pieces = [CLS]
        for word in PIECES.findall(text):
            pieces += self._split(word)
        return [self.vocabulary[piece] for piece in [*pieces, SEP]]

    def _split(self, word):
        """The longest known beginning, then the longest known continuation, and so on."""
        pieces, begin = [], 0
        while begin < len(word):
            prefix = "##" if begin else ""
            for end in range(len(word), begin, -1):
                if prefix + word[begin:end] in self.vocabulary:
                    pieces.append(prefix + word[begin:end])
                    begin = end
                    break
            else:
                return [UNKNOWN]
        return pieces
