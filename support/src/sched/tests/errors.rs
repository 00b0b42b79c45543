use super::super::{Error, Job, Mlfq, Policy, simulate};

fn refused(job: Job, policy: Policy) -> Error {
    simulate(&[Job::new("fine", 0, 1), job], &policy, 0).unwrap_err()
}

#[test]
fn says_what_is_wrong_with_the_workload() {
    assert_eq!(simulate(&[], &Policy::Fcfs, 0), Err(Error::NoJobs));
    for (job, burst) in [
        (Job::new("A", 0, 0), 1),
        (Job::new("A", 0, 1).then_io(0).then_cpu(1), 2),
        (Job::new("A", 0, 1).then_io(1).then_cpu(0), 3),
        (Job::interactive("A", 0, 0, 1, 1), 1),
        (Job::interactive("A", 0, 2, 1, 0), 2),
    ] {
        let job_name = "A".to_owned();
        assert_eq!(
            refused(job, Policy::Fcfs),
            Error::EmptyBurst {
                job: job_name,
                burst
            }
        );
    }
    let error = refused(Job::new("A", 0, 1).then_io(5), Policy::Srtf);
    assert_eq!(
        error.to_string(),
        "job \"A\" ends with IO: a job ends on the CPU, so add .then_cpu(…)"
    );
}

#[test]
fn says_what_is_wrong_with_the_policy() {
    let refused = |policy| refused(Job::new("A", 0, 1), policy);
    let round_robin = refused(Policy::RoundRobin { slice: 0 });
    assert_eq!(
        round_robin.to_string(),
        "the slice of round robin is 0: give it at least one tick"
    );
    assert_eq!(refused(Mlfq::new([0u64; 0]).into()), Error::NoLevels);
    assert_eq!(
        refused(Mlfq::new([1]).boost_every(0).into()),
        Error::NoBoostPeriod
    );
    assert_eq!(
        refused(Mlfq::new([(1, 1), (1, 0)]).into()),
        Error::NoAllotment { level: 1 }
    );
    assert_eq!(
        refused(Mlfq::new([1, 0]).into()),
        Error::NoSlice {
            of: "level 1".to_owned()
        }
    );
}

#[test]
fn refuses_times_beyond_the_clock() {
    let long = [Job::new("A", 0, u64::MAX), Job::new("B", 0, 1)];
    assert_eq!(simulate(&long, &Policy::Fcfs, 0), Err(Error::TooLong));
    assert!(simulate(&long[..1], &Policy::Fcfs, 0).is_ok());
    let short = [Job::new("A", 0, 1), Job::new("B", 0, 1)];
    assert_eq!(
        simulate(&short, &Policy::Sjf, u64::MAX),
        Err(Error::TooLong)
    );
    let io = Job::new("A", 0, 1).then_io(u64::MAX).then_cpu(1);
    assert_eq!(refused(io, Policy::Srtf), Error::TooLong);
    let late = Job::new("A", u64::MAX, 1);
    assert_eq!(
        refused(late, Mlfq::new([1]).boost_every(7).into()),
        Error::TooLong
    );
}
