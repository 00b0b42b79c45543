//! Ways of doing the same thing, compared.

use std::time::{Duration, Instant};

use super::{Estimate, Reading, Samples};

/// A way, which gives what it measured.
type Way<'a, T, E> = Box<dyn FnMut() -> Result<T, E> + 'a>;

/// After so long a silence a line says how far it is.
const SILENCE: Duration = Duration::from_secs(4);

/// Runs ways of doing the same thing in rounds: each way once in each round, in an order that is drawn anew, after one round that is
/// not kept.
///
/// The first way runs twice in each round. How its two runs compare, though nothing differs, is what this machine cannot tell apart at
/// this moment (an A/A comparison): a [`Ratio`] carries it along.
///
/// ```
/// use std::{io, time::Duration};
/// use support::measure::{Rounds, time};
///
/// let sum = |n: u64| Ok::<_, io::Error>(time(|| (0..n).fold(0, |a, b| a ^ b * b)).1);
/// let compared = Rounds::new(6)
///     .way("once", || sum(100_000))
///     .way("ten times", || sum(1_000_000))
///     .run()?;
/// let ratio = compared.ratio("ten times", "once", Duration::as_secs_f64);
/// assert_eq!((ratio.pairs.len(), ratio.same.len()), (6, 6));
/// # Ok::<(), io::Error>(())
/// ```
#[must_use = "nothing runs before `.run()`"]
pub struct Rounds<'a, T, E> {
    rounds: usize,
    ways: Vec<(String, Way<'a, T, E>)>,
}

impl<'a, T, E> Rounds<'a, T, E> {
    /// So many rounds: fewer than six decide nothing.
    pub fn new(rounds: usize) -> Self {
        Self {
            rounds,
            ways: Vec::new(),
        }
    }

    /// Adds a way, under a name of its own.
    pub fn way(mut self, name: impl Into<String>, run: impl FnMut() -> Result<T, E> + 'a) -> Self {
        self.ways.push((name.into(), Box::new(run)));
        self
    }

    /// Runs them. When it takes long, a line now and then says how far it is.
    ///
    /// # Errors
    /// The first that a way gives; nothing is run after it.
    pub fn run(mut self) -> Result<Compared<T>, E> {
        let ways = self.ways.len();
        let mut runs: Vec<Vec<T>> = (0..=ways)
            .map(|_| Vec::with_capacity(self.rounds))
            .collect();
        // The last is the first way again.
        let mut order: Vec<usize> = (0..=ways).collect();
        let mut said = Instant::now();
        for round in 0..=self.rounds {
            fastrand::shuffle(&mut order);
            for &column in &order {
                let way = if column == ways { 0 } else { column };
                let Some((_, run)) = self.ways.get_mut(way) else {
                    continue;
                };
                let value = run()?;
                if round > 0 {
                    runs[column].push(value);
                }
            }
            if said.elapsed() > SILENCE && round < self.rounds {
                println!("{round} of {} rounds", self.rounds);
                said = Instant::now();
            }
        }
        let again = runs.pop().unwrap_or_default();
        let names = self.ways.into_iter().map(|(name, _)| name);
        Ok(Compared {
            ways: names.zip(runs).collect(),
            again,
        })
    }
}

/// What the ways gave, round by round.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared<T> {
    ways: Vec<(String, Vec<T>)>,
    again: Vec<T>,
}

impl<T> Compared<T> {
    /// What one way gave, round by round.
    ///
    /// # Panics
    /// When there is no way of such a name.
    #[must_use]
    pub fn runs(&self, name: &str) -> &[T] {
        let found = self.ways.iter().find(|(way, _)| way == name);
        let Some((_, runs)) = found else {
            let names: Vec<_> = self.ways.iter().map(|(way, _)| way).collect();
            panic!("no way is called {name:?}; there are {names:?}");
        };
        runs
    }

    /// One number of each run of a way, in the order of the rounds: an `f64`, or a [`Reading`] where it may be a bound.
    ///
    /// # Panics
    /// When there is no way of such a name.
    #[must_use]
    pub fn samples<N: Into<Reading>>(&self, name: &str, number: impl Fn(&T) -> N) -> Samples {
        self.runs(name)
            .iter()
            .map(|run| number(run).into())
            .collect()
    }

    /// One number of a way's runs over that of another's, round by round.
    ///
    /// # Panics
    /// When there is no way of such a name.
    #[must_use]
    pub fn ratio<N: Into<Reading>>(&self, of: &str, by: &str, number: impl Fn(&T) -> N) -> Ratio {
        let reading = |run: &T| number(run).into();
        let pairs = self.runs(of).iter().zip(self.runs(by));
        Ratio {
            pairs: pairs.map(|(a, b)| reading(a) / reading(b)).collect(),
            same: self.same(reading),
        }
    }

    /// The second run of the first way over the first one, round by round. What is a bound counts as its value: it was held up alike.
    #[must_use]
    pub fn same<N: Into<Reading>>(&self, number: impl Fn(&T) -> N) -> Samples {
        let value = |run: &T| number(run).into().value();
        let first = self.ways.first().map_or(&[][..], |(_, runs)| runs);
        let pairs = self.again.iter().zip(first);
        pairs.map(|(a, b)| value(a) / value(b)).collect()
    }
}

/// How two ways compare, and how one compares with itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Ratio {
    /// One over the other, round by round.
    pub pairs: Samples,
    /// A way over the same way, round by round.
    pub same: Samples,
}

impl Ratio {
    /// The median of the pairs, with its interval.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        self.pairs.median_interval()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn every_way_runs_in_every_round_and_the_first_twice() {
        let log = RefCell::new(Vec::new());
        let way = |name: char, value: f64| {
            let log = &log;
            move || {
                log.borrow_mut().push(name);
                Ok::<_, Infallible>(value)
            }
        };
        let compared = Rounds::new(40)
            .way("a", way('a', 2.0))
            .way("b", way('b', 3.0))
            .run()
            .unwrap();
        let log = log.into_inner();
        let rounds: Vec<&[char]> = log.chunks(3).collect();
        assert_eq!(rounds.len(), 41);
        for round in &rounds {
            assert_eq!(
                round.iter().filter(|&&name| name == 'a').count(),
                2,
                "{round:?}"
            );
        }
        // All three orders, but for bad luck of one in ten million.
        for order in [['a', 'a', 'b'], ['a', 'b', 'a'], ['b', 'a', 'a']] {
            assert!(rounds.contains(&&order[..]), "{order:?}");
        }
        let ratio = compared.ratio("b", "a", |value| *value);
        assert_eq!(ratio.pairs.taken(), [1.5; 40]);
        assert_eq!(ratio.same.taken(), [1.0; 40]);
        assert_eq!(compared.samples("a", |value| -value).taken(), [-2.0; 40]);
    }

    #[test]
    fn a_bound_is_carried_into_the_ratio() {
        let way = |value: f64| move || Ok::<_, Infallible>(value);
        let compared = Rounds::new(6)
            .way("free", way(2.0))
            .way("held up", way(3.0))
            .run()
            .unwrap();
        let number = |value: &f64| match *value {
            3.0 => Reading::at_least(3.0),
            value => value.into(),
        };
        let ratio = compared.ratio("held up", "free", number);
        assert_eq!(
            (ratio.estimate().low, ratio.estimate().high),
            (1.5, f64::INFINITY)
        );
        assert_eq!(ratio.same.median_interval().high, 1.0);
        let ratio = compared.ratio("free", "held up", number);
        assert_eq!(
            (ratio.estimate().low, ratio.estimate().high),
            (0.0, 2.0 / 3.0)
        );
    }

    #[test]
    fn the_first_error_ends_it() {
        let mut calls = 0;
        let way = || {
            calls += 1;
            if calls == 4 { Err("no more") } else { Ok(1.0) }
        };
        let failed = Rounds::new(9).way("a", way).run();
        assert_eq!((failed, calls), (Err("no more"), 4));
    }

    #[test]
    #[should_panic(expected = "there are [\"a\"]")]
    fn a_way_that_is_not_there_is_named() {
        let compared = Rounds::new(1)
            .way("a", || Ok::<_, Infallible>(1.0))
            .run()
            .unwrap();
        let _ = compared.runs("b");
    }
}
