//! Metrics as they are counted, on the thread of one test.

use metrics::{
    Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Counters by name and labels: `name{label=value,…}`.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    counters: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl Counted {
    /// What a counter stands at; 0 if nothing was counted.
    pub fn at(&self, counter: &str) -> u64 {
        self.counters.lock().unwrap().get(counter).copied().unwrap_or(0)
    }

    /// The counters of that name which have been counted, and where they stand.
    pub fn of(&self, name: &str) -> Vec<(String, u64)> {
        let counters = self.counters.lock().unwrap();
        let own = counters.iter().filter(|(counter, _)| counter.starts_with(name));
        own.map(|(counter, count)| (counter.clone(), *count)).collect()
    }
}

struct One(Counted, String);

impl CounterFn for One {
    fn increment(&self, value: u64) {
        *self.0.counters.lock().unwrap().entry(self.1.clone()).or_default() += value;
    }

    fn absolute(&self, value: u64) {
        self.0.counters.lock().unwrap().insert(self.1.clone(), value);
    }
}

impl Recorder for Counted {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let labels: Vec<_> =
            key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let name = match labels.is_empty() {
            true => key.name().to_owned(),
            false => format!("{}{{{}}}", key.name(), labels.join(",")),
        };
        Counter::from_arc(Arc::new(One(self.clone(), name)))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}
