//! The thread budget: work that nobody waits for takes turns.

use std::{
    collections::BTreeSet,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use crate::Priority;

/// Lets in as many threads as there are, the first of the highest priority first.
pub(super) struct Gate {
    total: usize,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    free: usize,
    waiting: BTreeSet<(Priority, u64)>,
    next: u64,
}

/// Held while a batch runs.
pub(super) struct Pass<'a> {
    gate: &'a Gate,
    threads: usize,
}

impl Gate {
    pub(super) fn new(total: usize) -> Self {
        let total = total.max(1);
        Self {
            total,
            state: Mutex::new(State {
                free: total,
                waiting: BTreeSet::new(),
                next: 0,
            }),
            changed: Condvar::new(),
        }
    }

    /// Waits for its turn.
    pub(super) fn enter(&self, priority: Priority, threads: usize) -> Pass<'_> {
        let threads = threads.clamp(1, self.total);
        let mut state = self.lock();
        let ticket = (priority, state.next);
        state.next += 1;
        state.waiting.insert(ticket);
        while state.waiting.first() != Some(&ticket) || state.free < threads {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting.remove(&ticket);
        state.free -= threads;
        self.changed.notify_all();
        Pass {
            gate: self,
            threads,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.gate.lock().free += self.threads;
        self.gate.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, mpsc},
        thread,
    };

    use super::*;

    #[test]
    fn an_upload_goes_before_a_backfill_that_waited_longer() {
        let gate = Arc::new(Gate::new(2));
        let held = gate.enter(Priority::Backfill, 9);
        let (sender, order) = mpsc::channel();
        let mut threads = Vec::new();
        for (count, priority) in [Priority::Backfill, Priority::Upload]
            .into_iter()
            .enumerate()
        {
            let (gate, sender) = (gate.clone(), sender.clone());
            let inner = gate.clone();
            threads.push(thread::spawn(move || {
                let _pass = gate.enter(priority, 2);
                sender.send(priority).unwrap();
            }));
            while inner.lock().waiting.len() <= count {
                thread::yield_now();
            }
        }
        drop(held);
        let order: Vec<_> = order.iter().take(2).collect();
        assert_eq!(order, [Priority::Upload, Priority::Backfill]);
        for thread in threads {
            thread.join().unwrap();
        }
    }
}
