//! Sorting by a number, compiled once.
//!
//! Every kernel session compiles this crate, and each type that the standard library's sort is used with adds to the wait:
//! a dozen of them were a fifth of the crate's code.

/// Sorts the values by ascending key; where keys are equal they keep their order.
pub(crate) fn sort<T>(values: &mut [T], key: impl Fn(&T) -> f64) {
    let mut keys = Vec::with_capacity(values.len());
    for value in &*values {
        keys.push(key(value));
    }
    // Who stands here belongs there: swap until everyone is at home.
    let mut home = homes(&keys);
    for here in 0..values.len() {
        while home[here] != here {
            let there = home[here];
            values.swap(here, there);
            home.swap(here, there);
        }
    }
}

/// The place that each key has among all once they are sorted.
fn homes(keys: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_by(|a, b| keys[*a].total_cmp(&keys[*b]));
    let mut homes = vec![0; keys.len()];
    for (place, key) in order.into_iter().enumerate() {
        homes[key] = place;
    }
    homes
}

#[cfg(test)]
mod tests {
    use super::sort;

    #[test]
    fn ascending_and_stable() {
        let mut sorted = [("b", 2.0), ("a", 1.0), ("c", 2.0), ("d", -1.0)];
        sort(&mut sorted, |v| v.1);
        assert_eq!(sorted.map(|v| v.0), ["d", "a", "b", "c"]);
    }
}
