//! Values taken together.

/// What is kept of the values of a minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// How many there were.
    pub samples: u64,
    /// All of them added up.
    pub sum: f64,
    /// The smallest.
    pub minimum: f64,
    /// The largest.
    pub maximum: f64,
}

impl Statistics {
    /// Values beyond are no values: `CloudWatch` takes none, and sums of less cannot overflow.
    const LIMIT: f64 = 2.348_542_582_773_833_3e108;

    /// Returns the statistics of one value, between -2^360 and 2^360.
    pub(crate) fn of(value: f64) -> Option<Self> {
        let is_value = value.abs() <= Self::LIMIT;
        is_value.then_some(Self { samples: 1, sum: value, minimum: value, maximum: value })
    }

    /// Adds other values.
    pub(crate) fn add(&mut self, other: &Self) {
        self.samples = self.samples.saturating_add(other.samples);
        self.sum += other.sum;
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_that_of_cloudwatch() {
        assert_eq!(Statistics::LIMIT.to_bits(), 2_f64.powi(360).to_bits());
        assert!(Statistics::of(-Statistics::LIMIT).is_some());
        for no_value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e109] {
            assert_eq!(Statistics::of(no_value), None);
        }
    }

    #[test]
    fn values_add_up() {
        let mut all = Statistics::of(3.0).unwrap();
        all.add(&Statistics::of(-1.5).unwrap());
        all.add(&Statistics::of(2.0).unwrap());

        assert_eq!(all, Statistics { samples: 3, sum: 3.5, minimum: -1.5, maximum: 3.0 });
    }
}
