//! Names as they are compared: `Łódź` is found by `lodz`.

use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class};

/// Letters without marks and case, words apart by one space.
pub fn folded(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let letters = name
        .nfkd()
        .filter(|char| canonical_combining_class(*char) == 0);
    for char in letters.flat_map(char::to_lowercase) {
        match char {
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            'ø' => plain.push('o'),
            'đ' | 'ð' => plain.push('d'),
            'ł' => plain.push('l'),
            'ı' => plain.push('i'),
            'ħ' => plain.push('h'),
            char if is_gap(char) => {
                if !plain.ends_with(' ') {
                    plain.push(' ');
                }
            }
            char => plain.push(char),
        }
    }
    plain.trim().to_owned()
}

fn is_gap(char: char) -> bool {
    char.is_whitespace()
        || matches!(
            char,
            '-' | '\'' | '’' | '‘' | 'ʻ' | 'ʼ' | '`' | '´' | '.' | ',' | '/' | '(' | ')'
        )
}
