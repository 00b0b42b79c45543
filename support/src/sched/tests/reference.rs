//! A second simulator, as plain as can be: it looks at every tick and at every job.

use super::*;

/// Who has the CPU in a tick, and at which level; none while it idles or switches.
pub(super) type Tick = Option<(usize, usize)>;

struct Task {
    arrival: u64,
    bursts: Vec<u64>,
    /// When it comes back from IO, or arrives.
    wake: Option<u64>,
    level: usize,
    slice: u64,
    allotment: u64,
}

/// Where the rules of the feedback queue part from OSTEP's `mlfq.py`; ours by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Theirs {
    /// Arrivals queue up before a job that comes back from IO at the same instant.
    pub(super) arrivals_first: bool,
    /// A boost renews the slices of those at the top as well.
    pub(super) boost_renews_top: bool,
}

pub(super) fn ticks(jobs: &[Job], policy: &Policy, cost: u64, theirs: Theirs) -> Vec<Tick> {
    let fifo = |slice| Mlfq::new([(slice, u64::MAX)]);
    let mlfq = match policy {
        Policy::Mlfq(mlfq) => mlfq.clone(),
        Policy::RoundRobin { slice } => fifo(*slice),
        Policy::Fcfs | Policy::Sjf | Policy::Srtf => fifo(u64::MAX),
    };
    let mut tasks: Vec<Task> = jobs
        .iter()
        .map(|job| Task {
            arrival: job.arrival(),
            bursts: job.bursts().to_vec(),
            wake: Some(job.arrival()),
            level: 0,
            slice: mlfq.levels[0].slice,
            allotment: mlfq.levels[0].allotment,
        })
        .collect();
    let mut queues: Vec<Vec<usize>> = vec![Vec::new(); mlfq.levels.len()];
    let mut trace = Vec::new();
    let (mut last, mut running, mut switching) = (None, None, 0);
    let mut expired = None;
    for now in 0.. {
        if mlfq
            .boost
            .is_some_and(|period| now > 0 && now % period == 0)
        {
            for level in (1..queues.len()).rev() {
                let lower = std::mem::take(&mut queues[level]);
                queues[0].extend(lower);
            }
            for task in &mut tasks {
                if task.level > 0 || theirs.boost_renews_top {
                    task.slice = mlfq.levels[0].slice;
                }
                task.level = 0;
                task.allotment = mlfq.levels[0].allotment;
            }
        }
        let mut woken: Vec<usize> = (0..tasks.len())
            .filter(|&at| tasks[at].wake == Some(now))
            .collect();
        woken.sort_by_key(|&at| {
            let back = theirs.arrivals_first && tasks[at].arrival != now;
            (back, tasks[at].arrival, at)
        });
        for at in woken {
            tasks[at].wake = None;
            queues[tasks[at].level].push(at);
        }
        queues[0].extend(expired.take());

        if tasks.iter().all(|task| task.bursts.is_empty()) {
            return trace;
        }
        if switching > 0 {
            switching -= 1;
            trace.push(None);
            continue;
        }
        let ready = || queues.iter().flatten().copied();
        let shortest = || ready().min_by_key(|&at| (tasks[at].bursts[0], tasks[at].arrival, at));
        let choice = running.or_else(|| match policy {
            Policy::Sjf | Policy::Srtf => shortest(),
            Policy::Fcfs | Policy::RoundRobin { .. } | Policy::Mlfq(_) => ready().next(),
        });
        let Some(at) = choice else {
            trace.push(None);
            continue;
        };
        if cost > 0 && last.is_some_and(|last| last != at) {
            last = Some(at);
            running = Some(at); // its first tick is its own, whatever happens until then
            switching = cost - 1;
            trace.push(None);
            continue;
        }
        last = Some(at);
        running = (!matches!(policy, Policy::Srtf | Policy::Mlfq(_))).then_some(at);

        let task = &mut tasks[at];
        let level = task.level;
        trace.push(Some((at, level)));
        task.bursts[0] -= 1;
        task.slice -= 1;
        task.allotment -= u64::from(task.allotment > 0);
        let mut leaves = task.bursts[0] == 0;
        if leaves {
            task.bursts.remove(0);
            if !task.bursts.is_empty() {
                task.wake = Some(now + 1 + task.bursts.remove(0));
            }
        }
        let blocked = leaves;
        let demoted = task.allotment == 0 && level + 1 < mlfq.levels.len();
        if demoted {
            task.level += 1;
            task.allotment = mlfq.levels[task.level].allotment;
        }
        if demoted || task.slice == 0 {
            task.slice = mlfq.levels[task.level].slice;
            leaves = true;
        }
        if blocked && matches!(policy, Policy::RoundRobin { .. }) {
            task.slice = mlfq.levels[0].slice;
        }
        if leaves {
            running = None;
            queues[level].retain(|&queued| queued != at);
            if !blocked {
                match policy {
                    Policy::RoundRobin { .. } => expired = Some(at),
                    _ => queues[task.level].push(at),
                }
            }
        }
    }
    unreachable!("time does not end")
}

/// The trace of the engine, tick by tick.
pub(super) fn unrolled(trace: &Trace) -> Vec<Tick> {
    let mut ticks = vec![None; trace.end() as usize];
    for span in trace.spans() {
        for tick in &mut ticks[span.start as usize..span.end as usize] {
            assert_eq!(*tick, None, "two jobs at once");
            *tick = Some((span.job, span.level));
        }
    }
    ticks
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn agrees_tick_by_tick(jobs in any_jobs(), policy in any_policy(), cost in 0..4u64) {
        let trace = simulate(&jobs, &policy, cost).unwrap();
        prop_assert_eq!(unrolled(&trace), ticks(&jobs, &policy, cost, Theirs::default()));
    }
}
