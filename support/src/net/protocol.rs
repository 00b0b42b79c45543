/// What a server answers to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// The line itself.
    Echo,
    /// The line in ASCII capitals: the server of the notes.
    Capitals,
}

impl Protocol {
    /// The answer that is right.
    ///
    /// ```
    /// use support::net::Protocol;
    ///
    /// assert_eq!(Protocol::Capitals.answer(b"hello\n"), b"HELLO\n");
    /// assert_eq!(Protocol::Echo.answer(b"hello\n"), b"hello\n");
    /// ```
    pub fn answer(self, line: &[u8]) -> Vec<u8> {
        let mut answer = line.to_vec();
        self.turn(&mut answer);
        answer
    }

    /// Makes the answer of the line, in its place.
    pub(super) fn turn(self, line: &mut [u8]) {
        match self {
            Protocol::Echo => {}
            Protocol::Capitals => line.make_ascii_uppercase(),
        }
    }
}
