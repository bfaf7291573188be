//! The best order-preserving alignment of two token sequences: the M of the score.
//!
//! It is told what pairs earn and knows no words, so that the index, which compares numbers, and
//! [`super::compare`], which compares texts, share one definition.

/// What can be earned where. All places count from 0; `None` earns nothing.
pub trait Earnings {
    /// Token `i` of one side with token `j` of the other.
    fn single(&self, i: usize, j: usize) -> u64;
    /// Tokens `i` and `i + 1`, read as one word, with token `j`.
    fn left_pair(&self, i: usize, j: usize) -> u64;
    /// Token `i` with tokens `j` and `j + 1`, read as one word.
    fn right_pair(&self, i: usize, j: usize) -> u64;
}

/// A step of an alignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Token `i` stands for token `j`.
    Single(usize, usize),
    /// Tokens `i`, `i + 1` stand for token `j`.
    LeftPair(usize, usize),
    /// Token `i` stands for tokens `j`, `j + 1`.
    RightPair(usize, usize),
}

/// The most that can be earned; `rows` is scratch space. Costs `n · m` cells.
pub fn best(n: usize, m: usize, earnings: &impl Earnings, rows: &mut Vec<u64>) -> u64 {
    let width = m + 1;
    rows.clear();
    rows.resize(3 * width, 0);
    // Rows i - 1, i and i + 1 of the table stand in turn in three rows; row 0 is all zero.
    for i in 0..n {
        let (before, one, now) = ((i + 2) % 3, i % 3, (i + 1) % 3);
        rows[now * width] = 0;
        for j in 0..m {
            let cell = cell(
                rows[one * width + j + 1],
                rows[now * width + j],
                rows[one * width + j] + earnings.single(i, j),
                if i > 0 {
                    rows[before * width + j] + earnings.left_pair(i - 1, j)
                } else {
                    0
                },
                if j > 0 {
                    rows[one * width + j - 1] + earnings.right_pair(i, j - 1)
                } else {
                    0
                },
            );
            rows[now * width + j + 1] = cell;
        }
    }
    rows[(n % 3) * width + m]
}

fn cell(up: u64, left: u64, single: u64, left_pair: u64, right_pair: u64) -> u64 {
    up.max(left).max(single).max(left_pair).max(right_pair)
}

/// The same with the steps that earn it, in order. Keeps the whole table: for explanations.
pub fn steps(n: usize, m: usize, earnings: &impl Earnings) -> (u64, Vec<Step>) {
    let width = m + 1;
    let mut table = vec![0u64; (n + 1) * width];
    for i in 0..n {
        for j in 0..m {
            let at = |row: usize, column: usize| table[row * width + column];
            table[(i + 1) * width + j + 1] = cell(
                at(i, j + 1),
                at(i + 1, j),
                at(i, j) + earnings.single(i, j),
                if i > 0 {
                    at(i - 1, j) + earnings.left_pair(i - 1, j)
                } else {
                    0
                },
                if j > 0 {
                    at(i, j - 1) + earnings.right_pair(i, j - 1)
                } else {
                    0
                },
            );
        }
    }
    let (mut i, mut j) = (n, m);
    let mut steps = Vec::new();
    while i > 0 && j > 0 {
        let here = table[i * width + j];
        let single = earnings.single(i - 1, j - 1);
        if single > 0 && here == table[(i - 1) * width + j - 1] + single {
            steps.push(Step::Single(i - 1, j - 1));
            (i, j) = (i - 1, j - 1);
        } else if here == table[(i - 1) * width + j] {
            i -= 1;
        } else if here == table[i * width + j - 1] {
            j -= 1;
        } else if i > 1 && here == table[(i - 2) * width + j - 1] + earnings.left_pair(i - 2, j - 1)
        {
            steps.push(Step::LeftPair(i - 2, j - 1));
            (i, j) = (i - 2, j - 1);
        } else {
            // The only way left: `cell` is a maximum of these five.
            steps.push(Step::RightPair(i - 1, j.saturating_sub(2)));
            (i, j) = (i - 1, j.saturating_sub(2));
        }
    }
    steps.reverse();
    (table[n * width + m], steps)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Small random earnings: a table for each of the three kinds.
    struct Table {
        m: usize,
        single: Vec<u64>,
        left: Vec<u64>,
        right: Vec<u64>,
    }

    impl Earnings for Table {
        fn single(&self, i: usize, j: usize) -> u64 {
            self.single[i * self.m + j]
        }
        fn left_pair(&self, i: usize, j: usize) -> u64 {
            self.left[i * self.m + j]
        }
        fn right_pair(&self, i: usize, j: usize) -> u64 {
            self.right[i * self.m + j]
        }
    }

    /// Tries every way.
    fn brute(table: &Table, n: usize, i: usize, j: usize) -> u64 {
        if i >= n || j >= table.m {
            return 0;
        }
        let mut best = brute(table, n, i + 1, j).max(brute(table, n, i, j + 1));
        best = best.max(table.single(i, j) + brute(table, n, i + 1, j + 1));
        if i + 1 < n {
            best = best.max(table.left_pair(i, j) + brute(table, n, i + 2, j + 1));
        }
        if j + 1 < table.m {
            best = best.max(table.right_pair(i, j) + brute(table, n, i + 1, j + 2));
        }
        best
    }

    proptest! {
        #[test]
        fn the_best_alignment_is_the_best_of_all(n in 0usize..5, m in 1usize..5, cells in prop::collection::vec(0u64..6, 75)) {
            let table = Table {
                m,
                single: cells[..25].to_vec(),
                left: cells[25..50].to_vec(),
                right: cells[50..].to_vec(),
            };
            let expected = brute(&table, n, 0, 0);
            prop_assert_eq!(best(n, m, &table, &mut Vec::new()), expected);
            let (earned, steps) = steps(n, m, &table);
            prop_assert_eq!(earned, expected);
            let sum: u64 = steps.iter().map(|step| match *step {
                Step::Single(i, j) => table.single(i, j),
                Step::LeftPair(i, j) => table.left_pair(i, j),
                Step::RightPair(i, j) => table.right_pair(i, j),
            }).sum();
            prop_assert_eq!(sum, expected);
        }
    }
}
