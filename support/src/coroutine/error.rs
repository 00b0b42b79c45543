use std::io;
use std::rc::Rc;

/// Why there is no coroutine, or no switch.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is one of that name.
    #[error("there is a coroutine {name:?} already: give each a name of its own")]
    NameTaken {
        /// The name.
        name: Rc<str>,
    },
    /// The system gave no memory for a stack.
    #[error(
        "cannot make a stack of {bytes} bytes for coroutine {name:?}: {source}; with tens of thousands of them, see \
         `sysctl vm.max_map_count` (a stack takes two mappings)"
    )]
    Stack {
        /// Name of the coroutine.
        name: Rc<str>,
        /// The size asked for.
        bytes: usize,
        /// The system's reason.
        source: io::Error,
    },
    /// Nobody goes by that name.
    #[error("there is no coroutine {name:?} in this hub: add it before somebody asks for it")]
    Unknown {
        /// The name asked for.
        name: Box<str>,
    },
    /// A switch to a peer that another hub made, or to the main program from the main program.
    #[error("this peer is no coroutine of this hub")]
    NotOurs,
    /// A switch to a coroutine that has ended.
    #[error("coroutine {name:?} has ended and cannot be switched to")]
    Finished {
        /// Its name.
        name: Rc<str>,
    },
    /// A switch while the hub is being dropped.
    #[error("the hub is being dropped: nobody is left to switch to")]
    Closing,
}
