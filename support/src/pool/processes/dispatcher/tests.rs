//! The dispatcher with workers that are queues in memory. What they do, and when they die, is chance's choice.

use std::collections::BTreeMap;
use std::mem;

use proptest::prelude::*;

use super::super::message::ended;
use super::*;
use crate::process::Exit;

/// What the workers and the nursery have and have done.
#[derive(Default)]
struct World {
    places: Vec<Place>,
    /// Jobs that fit into a worker's queue.
    room: usize,
    /// Places that the nursery is to fill.
    orders: VecDeque<usize>,
    /// Reports that the owner has not read.
    reports: VecDeque<(usize, What)>,
    next_pid: u32,
    /// How often each job was begun.
    begun: BTreeMap<u64, u32>,
}

#[derive(Default)]
struct Place {
    pid: Option<u32>,
    queue: VecDeque<Job>,
    running: Option<u64>,
}

impl Hands for World {
    fn give(&mut self, place: usize, job: &Job) -> bool {
        let queue = &mut self.places[place].queue;
        let fits = queue.len() < self.room;
        if fits {
            queue.push_back(copy(job));
        }
        fits
    }

    fn take_back(&mut self, place: usize) -> Option<Job> {
        self.places[place].queue.pop_front()
    }

    fn start(&mut self, place: usize) {
        self.orders.push_back(place);
    }
}

fn copy(job: &Job) -> Job {
    Job {
        id: job.id,
        count: job.count,
        arguments: job.arguments.clone(),
    }
}

impl World {
    fn new(places: usize, room: usize) -> World {
        World {
            places: (0..places).map(|_| Place::default()).collect(),
            room,
            orders: (0..places).collect(),
            ..World::default()
        }
    }

    fn fill_place(&mut self) {
        if let Some(place) = self.orders.pop_front() {
            self.next_pid += 1;
            let pid = self.next_pid;
            self.places[place].pid = Some(pid);
            self.reports.push_back((place, What::Started { pid }));
        }
    }

    fn refuse_place(&mut self) {
        if let Some(place) = self.orders.pop_front() {
            let why = "no more processes".into();
            self.reports.push_back((place, What::NotStarted { why }));
        }
    }

    /// The worker begins a job, or reports on the one that it has begun.
    fn work(&mut self, place: usize, nanos: u64) {
        let at = &mut self.places[place];
        if at.pid.is_none() {
            return;
        }
        if let Some(id) = at.running.take() {
            let part = Bytes(vec![1]);
            self.reports
                .push_back((place, What::Part { results: part }));
            let results = Bytes(id.to_ne_bytes().to_vec());
            let what = What::Done { id, nanos, results };
            self.reports.push_back((place, what));
        } else if let Some(job) = at.queue.pop_front() {
            *self.begun.entry(job.id).or_default() += 1;
            at.running = Some(job.id);
        }
    }

    /// The worker dies; half of its results may have been sent.
    fn die(&mut self, place: usize, half_sent: bool) {
        let at = &mut self.places[place];
        let Some(pid) = at.pid.take() else { return };
        if at.running.take().is_some() && half_sent {
            let results = Bytes(vec![7; 3]);
            self.reports.push_back((place, What::Part { results }));
        }
        self.reports.push_back((place, ended(pid, Exit::Signal(9))));
    }

    fn is_at_rest(&self) -> bool {
        let idle = |place: &Place| place.running.is_none() && place.queue.is_empty();
        self.reports.is_empty() && self.orders.is_empty() && self.places.iter().all(idle)
    }
}

#[derive(Debug, Clone)]
enum Op {
    Submit,
    Fill,
    Refuse,
    Work(usize, u64),
    Die(usize, bool),
    /// The owner reads so many reports.
    Read(usize),
    Cancel(Vec<u64>),
    Close,
    Terminate,
    Break,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        12 => Just(Op::Submit),
        4 => Just(Op::Fill),
        1 => Just(Op::Refuse),
        20 => (0..4_usize, 0..3_000_000_u64).prop_map(|(place, nanos)| Op::Work(place, nanos / 1000 * (nanos % 3))),
        2 => (0..4_usize, any::<bool>()).prop_map(|(place, half)| Op::Die(place, half)),
        12 => (1..8_usize).prop_map(Op::Read),
        3 => prop::collection::vec(0..60_u64, 1..12).prop_map(Op::Cancel),
    ];
    let end = prop_oneof![
        4 => Just(None),
        1 => Just(Some(Op::Close)),
        1 => Just(Some(Op::Terminate)),
        1 => Just(Some(Op::Break)),
    ];
    (
        prop::collection::vec(op, 1..200),
        end,
        any::<prop::sample::Index>(),
    )
        .prop_map(|(mut ops, end, place)| {
            if let Some(end) = end {
                ops.insert(place.index(ops.len()), end);
            }
            ops
        })
}

struct Run {
    world: World,
    dispatcher: Dispatcher<u64>,
    submitted: u64,
    /// What became of each job.
    ends: BTreeMap<u64, Result<Vec<u8>, Error>>,
}

impl Run {
    fn new(places: usize, room: usize) -> Run {
        Run {
            world: World::new(places, room),
            dispatcher: Dispatcher::new(places, false),
            submitted: 0,
            ends: BTreeMap::new(),
        }
    }

    fn finish(&mut self, finished: Finished<u64>) {
        for (id, result) in finished {
            assert!(
                self.ends.insert(id, result).is_none(),
                "job {id} finishes twice"
            );
        }
    }

    fn submit(&mut self) {
        let next = self.submitted;
        let submitted = self.dispatcher.submit(1, Vec::new(), next, &mut self.world);
        if let Ok(id) = submitted {
            assert_eq!(id, next);
            self.submitted += 1;
        }
    }

    fn read(&mut self, most: usize) {
        let mut finished = Vec::new();
        for _ in 0..most {
            let Some((place, what)) = self.world.reports.pop_front() else {
                break;
            };
            self.dispatcher
                .note(place, what, &mut self.world, &mut finished);
        }
        self.dispatcher.settle(&mut self.world);
        self.finish(finished);
    }

    fn step(&mut self, op: Op) {
        let places = self.world.places.len();
        match op {
            Op::Submit => self.submit(),
            Op::Fill => self.world.fill_place(),
            Op::Refuse => self.world.refuse_place(),
            Op::Work(place, nanos) => self.world.work(place % places, nanos),
            Op::Die(place, half) => self.world.die(place % places, half),
            Op::Read(most) => self.read(most),
            Op::Cancel(ids) => {
                let cancelled = self.dispatcher.cancel(&ids, &mut self.world);
                for (id, _) in &cancelled {
                    assert!(!self.world.begun.contains_key(id), "job {id} had begun");
                }
                self.finish(cancelled);
            }
            Op::Close => self.dispatcher.close(),
            Op::Terminate => {
                let finished = self.dispatcher.terminate();
                self.finish(finished);
            }
            Op::Break => {
                let finished = self.dispatcher.break_up("by chance".into());
                self.finish(finished);
            }
        }
    }

    /// Everybody does what is left to do.
    fn rest(&mut self) {
        for _ in 0..10_000 {
            if self.world.is_at_rest() && self.dispatcher.backlog.is_empty() {
                return;
            }
            self.world.fill_place();
            for place in 0..self.world.places.len() {
                self.world.work(place, 1000);
            }
            self.read(usize::MAX);
            if self.world.places.iter().all(|place| place.pid.is_none()) {
                // All were refused: the pool is broken, or ended before that.
                if self.world.orders.is_empty() && self.world.reports.is_empty() {
                    return;
                }
            }
        }
        panic!("no end");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// No job is lost, none is begun twice, each finishes once, and as it must.
    #[test]
    fn each_job_finishes_once(ops in ops(), places in 1..4_usize, room in 1..6_usize) {
        let mut run = Run::new(places, room);
        for op in ops {
            run.step(op);
        }
        run.rest();
        let ended = mem::take(&mut run.ends);
        prop_assert_eq!(ended.len() as u64, run.submitted, "lost: {:?}", run.dispatcher.phase());
        for (id, result) in ended {
            let begun = run.world.begun.get(&id).copied().unwrap_or(0);
            prop_assert!(begun <= 1, "job {} was begun {} times", id, begun);
            match result {
                Ok(bytes) => {
                    let mut whole = vec![1];
                    whole.extend(id.to_ne_bytes());
                    prop_assert_eq!(bytes, whole, "job {} has its own results, whole", id);
                }
                Err(Error::WorkerDied { .. }) => prop_assert_eq!(begun, 1),
                Err(Error::Cancelled) => prop_assert_eq!(begun, 0),
                Err(Error::Terminated | Error::Broken { .. }) => {
                    prop_assert!(*run.dispatcher.phase() > Phase::Closed);
                }
                Err(other) => panic!("job {id}: {other}"),
            }
        }
    }
}

/// With so many workers, all started.
fn started(places: usize) -> Run {
    let mut run = Run::new(places, AHEAD_JOBS);
    for _ in 0..places {
        run.world.fill_place();
    }
    run.read(usize::MAX);
    run
}

#[test]
fn the_first_jobs_are_given_one_by_one() {
    let mut run = started(2);
    for _ in 0..5 {
        run.submit();
    }
    let given = |run: &Run| {
        run.world
            .places
            .iter()
            .map(|at| at.queue.len())
            .collect::<Vec<_>>()
    };
    assert_eq!(given(&run), [1, 1]);
    // Two quick ones, and workers get more ahead.
    for place in [0, 0, 1, 1] {
        run.world.work(place, 10);
    }
    run.read(usize::MAX);
    assert_eq!(given(&run).iter().sum::<usize>(), 3);
    assert_eq!(run.ends.len(), 2);
}

#[test]
fn what_lies_behind_a_long_job_goes_elsewhere() {
    let mut run = started(2);
    run.dispatcher.usual = Some(1000);
    for _ in 0..10 {
        run.submit();
    }
    run.world.work(0, 0);
    for _ in 0..50 {
        run.world.work(1, 1000);
        run.read(usize::MAX);
    }
    assert_eq!(run.ends.len(), 9, "all but the one that runs");
    assert!(!run.ends.contains_key(&0));
}

#[test]
fn one_death_fails_one_job() {
    let mut run = started(1);
    run.dispatcher.usual = Some(1000);
    for _ in 0..4 {
        run.submit();
    }
    run.world.work(0, 0);
    run.world.die(0, true);
    run.rest();
    assert!(matches!(
        run.ends[&0],
        Err(Error::WorkerDied { pid: 1, .. })
    ));
    assert!((1..4).all(|id| run.ends[&id].is_ok()));
}

#[test]
fn a_death_in_the_initializer_starts_no_other() {
    let mut run = Run::new(1, 1);
    run.dispatcher = Dispatcher::new(1, true);
    run.submit();
    run.world.fill_place();
    run.read(usize::MAX);
    run.world.die(0, false);
    run.read(usize::MAX);
    assert!(run.world.orders.is_empty());
    let Err(Error::Broken { why }) = &run.ends[&0] else {
        panic!("{:?}", run.ends)
    };
    assert!(
        why.contains("initializer") && why.contains("SIGKILL"),
        "{why}"
    );
}

/// The worker may be quicker than the nursery, which has forked it.
#[test]
fn ready_before_it_is_known_to_be_started() {
    let mut run = Run::new(1, 1);
    run.dispatcher = Dispatcher::new(1, true);
    for _ in 0..3 {
        let ready = What::Ready { failed: None };
        run.world.reports.push_back((0, ready));
        run.world.fill_place();
        run.read(usize::MAX);
        run.world.die(0, false);
        run.read(usize::MAX);
        assert_eq!(run.world.orders.len(), 1, "it is replaced");
    }
}

#[test]
fn what_has_begun_is_not_cancelled() {
    let mut run = started(1);
    run.dispatcher.usual = Some(1000);
    for _ in 0..3 {
        run.submit();
    }
    run.world.work(0, 0);
    run.step(Op::Cancel(vec![0, 1, 9]));
    assert!(matches!(run.ends[&1], Err(Error::Cancelled)));
    assert_eq!(run.ends.len(), 1);
    run.rest();
    assert!(run.ends[&0].is_ok() && run.ends[&2].is_ok());
}
