//! Inputs made from inputs.

use std::ops::Range;

/// SplitMix64: small, good enough for choosing bytes, and the same everywhere.
pub struct Random(u64);

impl Random {
    /// Creates a generator; equal seeds give equal numbers.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `bound`; 0 if there is none.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { (self.next() % bound as u64) as usize }
    }
}

/// Lengths, counts and offsets at which parsers go wrong.
const EDGES: [u64; 12] =
    [0, 1, 4, 19, 20, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff];

/// Inputs grow to this and no further: what breaks a parser breaks it within one large packet.
const LONGEST: usize = 64 * 1024;

/// Changes `input` in one to eight places, seldom in many, taking parts of `other` now and then.
pub fn mutate(input: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let most = random.below(8) + 1;
    for _ in 0..=random.below(most) {
        let at = random.below(input.len());
        match random.below(11) {
            0 => flip(input, at, random),
            1 => overwrite(input, at, &[random.next() as u8]),
            2 => {
                let width = [1, 2, 4, 8][random.below(4)];
                let value = EDGES[random.below(EDGES.len())];
                let bytes = if random.below(2) == 0 {
                    value.to_be_bytes()[8 - width..].to_vec()
                } else {
                    value.to_le_bytes()[..width].to_vec()
                };
                overwrite(input, at, &bytes);
            }
            3 => input.truncate(at),
            4 => drop(input.drain(at..(at + random.below(16)).min(input.len()))),
            5 => {
                let inserted: Vec<u8> =
                    (0..random.below(16)).map(|_| random.next() as u8).collect();
                insert(input, at, &inserted);
            }
            6 => {
                let end = (at + random.below(64)).min(input.len());
                let again = input[at..end].to_vec();
                insert(input, at, &again);
            }
            // Text stays text: a word for a word, a number for a number.
            7 | 8 => {
                let from = word(other, random.below(other.len()));
                input.splice(word(input, at), other[from].iter().copied());
            }
            9 => {
                let number = EDGES[random.below(EDGES.len())] + random.below(2) as u64;
                input.splice(word(input, at), number.to_string().into_bytes());
            }
            _ => {
                let from = random.below(other.len());
                let end = (from + random.below(64)).min(other.len());
                insert(input, at, &other[from..end]);
            }
        }
    }
    input.truncate(LONGEST);
}

fn flip(input: &mut [u8], at: usize, random: &mut Random) {
    if let Some(byte) = input.get_mut(at) {
        *byte ^= 1 << random.below(8);
    }
}

fn overwrite(input: &mut [u8], at: usize, bytes: &[u8]) {
    for (old, new) in input.iter_mut().skip(at).zip(bytes) {
        *old = *new;
    }
}

/// Returns where the next word is: letters, digits and what ids and addresses have between them.
fn word(text: &[u8], at: usize) -> Range<usize> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-.:/_".contains(byte);
    let start = (at..text.len()).find(|&place| is_part(&text[place])).unwrap_or(text.len());
    let len = text[start..].iter().take_while(|byte| is_part(byte)).count();
    start..start + len
}

fn insert(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    input.splice(at..at, bytes.iter().copied());
}
