"""The figures, from what was found and what should have been."""

import itertools
import unicodedata


def average_precision(found, relevant):
    """The mean, over the relevant, of the precision where each was found; one that was not found counts nothing."""
    hits, total = 0, 0.0
    for place, item in enumerate(found, 1):
        if item in relevant:
            hits += 1
            total += hits / place
    return total / len(relevant)


def precision_at_10(found, relevant):
    """Hits among the first ten, of as many as there could be."""
    return len(set(found[:10]) & set(relevant)) / min(10, len(relevant))


def pairs(groups):
    """Every pair that lies in one group. `groups` maps items to the group they are in; none is in no group."""
    by_group = {}
    for item, group in groups.items():
        if group is not None:
            by_group.setdefault(group, []).append(item)
    return {pair for items in by_group.values() for pair in itertools.combinations(sorted(items), 2)}


def pairwise(found, expected):
    """Precision and recall of the pairs that were put together."""
    found, expected = pairs(found), pairs(expected)
    right = len(found & expected)
    return right / len(found) if found else 1.0, right / len(expected)


def exact_groups(found, expected):
    """How many expected groups were found with exactly their members."""
    members = lambda groups: {
        frozenset(item for item in groups if groups[item] == group) for group in groups.values() if group is not None
    }
    return len(members(found) & members(expected))


def character_accuracy(read, written):
    """The share of characters that were read right; spaces do not count."""
    read, written = _characters(read), _characters(written)
    return max(0.0, 1 - edits(read, written) / len(written))


def _characters(text):
    return "".join(unicodedata.normalize("NFKC", text).split())


def edits(one, other):
    """The smallest number of characters to put in, take out or change (Levenshtein)."""
    row = list(range(len(other) + 1))
    for at, char in enumerate(one, 1):
        left_above, row[0] = row[0], at
        for index, wanted in enumerate(other, 1):
            above = row[index]
            row[index] = min(above + 1, row[index - 1] + 1, left_above + (char != wanted))
            left_above = above
    return row[-1]
