//! The memory budget of loaded models: who was not used for longest makes room.

use std::{
    collections::BTreeMap,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::queue::Queue;
use crate::{Error, Result};

/// How long a model waits for others to make room.
const PATIENCE: Duration = Duration::from_secs(30);
const MIB: u64 = 1 << 20;

pub(super) struct Memory {
    budget: u64,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    used: u64,
    next: u64,
    holders: BTreeMap<u64, Holder>,
}

struct Holder {
    bytes: u64,
    used_at: Instant,
    is_busy: bool,
    /// It was asked to let go and will do so after what it runs now.
    is_leaving: bool,
    queue: Arc<Queue>,
}

/// What one session holds, until it is dropped.
pub(super) struct Lease {
    memory: Arc<Memory>,
    id: u64,
}

impl Memory {
    pub(super) fn new(budget: u64) -> Arc<Self> {
        Arc::new(Self {
            budget,
            state: Mutex::default(),
            freed: Condvar::new(),
        })
    }

    /// Bytes that loaded models hold.
    pub(super) fn used(&self) -> u64 {
        self.lock().used
    }

    /// Room for a session that answers `queue`; others are unloaded for it if they must.
    pub(super) fn acquire(self: &Arc<Self>, bytes: u64, queue: &Arc<Queue>) -> Result<Lease> {
        if bytes > self.budget {
            return Err(Error::NotReady(format!(
                "the model needs about {} MiB, and all models together may use {} MiB; raise inference.memory_mib",
                bytes.div_ceil(MIB),
                self.budget / MIB
            )));
        }
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.lock();
        while state.used + bytes > self.budget {
            state.make_room(bytes, self.budget, None);
            let now = Instant::now();
            if now >= deadline {
                return Err(Error::NotReady(
                    "other models need the memory now; try again later or raise inference.memory_mib".into(),
                ));
            }
            state = self
                .freed
                .wait_timeout(state, deadline - now)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        let id = state.next;
        state.next += 1;
        state.used += bytes;
        let holder = Holder {
            bytes,
            used_at: Instant::now(),
            is_busy: true,
            is_leaving: false,
            queue: queue.clone(),
        };
        state.holders.insert(id, holder);
        Ok(Lease {
            memory: self.clone(),
            id,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Asks as many to let go as it takes, those at rest before those at work.
    fn make_room(&mut self, bytes: u64, budget: u64, spared: Option<u64>) {
        let leaving: u64 = self
            .holders
            .values()
            .filter(|holder| holder.is_leaving)
            .map(|holder| holder.bytes)
            .sum();
        let mut missing = (self.used + bytes).saturating_sub(budget + leaving);
        let mut others: Vec<_> = self
            .holders
            .iter_mut()
            .filter(|(id, holder)| !holder.is_leaving && Some(**id) != spared)
            .map(|(_, holder)| holder)
            .collect();
        others.sort_by_key(|holder| (holder.is_busy, holder.used_at));
        for holder in others {
            if missing == 0 {
                return;
            }
            holder.is_leaving = true;
            holder.queue.release();
            missing = missing.saturating_sub(holder.bytes);
        }
    }
}

impl Lease {
    /// What it turned out to be.
    pub(super) fn resize(&self, bytes: u64) {
        let mut state = self.memory.lock();
        let Some(holder) = state.holders.get_mut(&self.id) else {
            return;
        };
        let before = std::mem::replace(&mut holder.bytes, bytes);
        state.used = state.used - before + bytes;
        if state.used > self.memory.budget {
            state.make_room(0, self.memory.budget, Some(self.id));
        }
    }

    pub(super) fn set_busy(&self, is_busy: bool) {
        if let Some(holder) = self.memory.lock().holders.get_mut(&self.id) {
            holder.is_busy = is_busy;
            holder.used_at = Instant::now();
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut state = self.memory.lock();
        if let Some(holder) = state.holders.remove(&self.id) {
            state.used -= holder.bytes;
        }
        self.memory.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn the_one_at_rest_for_longest_makes_room() {
        let memory = Memory::new(100);
        let queues = [Queue::for_test(), Queue::for_test(), Queue::for_test()];
        let old = memory.acquire(40, &queues[0]).unwrap();
        let new = memory.acquire(40, &queues[1]).unwrap();
        new.set_busy(false);
        old.set_busy(false);
        new.set_busy(false);
        let waiting = {
            let (memory, queue) = (memory.clone(), queues[2].clone());
            thread::spawn(move || memory.acquire(50, &queue).map(|lease| lease.memory.used()))
        };
        while !queues[0].is_asked_to_release() {
            thread::yield_now();
        }
        assert!(!queues[1].is_asked_to_release());
        drop(old);
        assert_eq!(waiting.join().unwrap().unwrap(), 90);
    }

    #[test]
    fn what_never_fits_is_refused_at_once() {
        let memory = Memory::new(100 << 20);
        let Err(error) = memory.acquire(200 << 20, &Queue::for_test()) else {
            panic!("it was let in");
        };
        assert!(
            error.to_string().contains("inference.memory_mib"),
            "{error}"
        );
    }
}
