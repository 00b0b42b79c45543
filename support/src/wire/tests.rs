//! Each way in which serde's attributes and `postcard` disagree: an error, never a wrong value.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Debug;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::time::Duration;

use serde::de::{DeserializeOwned, Error as _};
use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::*;

/// Sends them one after the other, each gets back.
#[track_caller]
fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(items: &[T]) {
    let shapes = Shapes::new();
    for item in items {
        let mut bytes = b"before".to_vec();
        append_proven::<T, T>(item, &mut bytes, &shapes).unwrap();
        let bytes = bytes.strip_prefix(b"before").unwrap();
        assert_eq!(&decode::<T>(bytes).unwrap(), item);
        assert_eq!(postcard::from_bytes::<T>(bytes).as_ref(), Ok(item));
        let mut plain = Vec::new();
        append(item, &mut plain).unwrap();
        assert_eq!(plain, bytes);
    }
}

/// The words of the error, and that nothing was appended; each time.
#[track_caller]
fn refused<T: Serialize + DeserializeOwned>(item: &T) -> String {
    refused_by(item, &Shapes::new())
}

#[track_caller]
fn refused_by<T: Serialize + DeserializeOwned>(item: &T, shapes: &Shapes) -> String {
    let mut bytes = b"before".to_vec();
    let first = append_proven::<T, T>(item, &mut bytes, shapes).unwrap_err();
    let second = append_proven::<T, T>(item, &mut bytes, shapes).unwrap_err();
    assert_eq!(first, second);
    assert_eq!(bytes, b"before");
    first.to_string()
}

#[track_caller]
fn is_sent<T: Serialize + DeserializeOwned>(item: &T, shapes: &Shapes) {
    append_proven::<T, T>(item, &mut Vec::new(), shapes).unwrap();
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
struct Config {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    retries: Option<u8>,
    list: Vec<u8>,
}

#[test]
fn a_field_left_out_by_skip_serializing_if_is_named() {
    let full = Config {
        name: "a".into(),
        retries: Some(3),
        list: vec![1, 9],
    };
    let less = Config {
        retries: None,
        ..full.clone()
    };
    comes_back(std::slice::from_ref(&full));
    let shapes = Shapes::new();
    is_sent(&full, &shapes);
    for why in [refused(&less), refused_by(&less, &shapes)] {
        assert!(
            why.starts_with(
                "`Config::retries` was left out by `skip_serializing_if`, which cannot"
            ),
            "{why}"
        );
    }
    let mut bytes = vec![7];
    append(&vec![full, less], &mut bytes).unwrap_err();
    assert_eq!(bytes, [7]);
}

#[test]
fn a_field_of_a_variant_left_out_is_named() {
    #[derive(Serialize, Deserialize)]
    enum Form {
        Round {
            #[serde(skip_serializing_if = "Option::is_none")]
            radius: Option<u8>,
        },
    }
    let why = refused(&Form::Round { radius: None });
    assert!(
        why.starts_with("`Form::Round::radius` was left out"),
        "{why}"
    );
    is_sent(&Form::Round { radius: Some(1) }, &Shapes::new());
}

#[test]
fn a_field_of_a_tuple_struct_left_out_is_an_error() {
    #[derive(Serialize, Deserialize)]
    struct Pair(
        u8,
        #[serde(skip_serializing_if = "Option::is_none")] Option<u8>,
    );
    let shapes = Shapes::new();
    is_sent(&vec![Pair(1, Some(2))], &shapes);
    refused_by(&vec![Pair(1, None), Pair(2, None)], &shapes);
}

#[test]
fn skip_on_one_side_is_an_error() {
    #[derive(Serialize, Deserialize)]
    struct NotGot {
        a: u8,
        #[serde(skip_deserializing)]
        b: u8,
    }
    let why = refused(&NotGot { a: 1, b: 2 });
    assert!(
        why.contains("NotGot") && why.contains(r#"["a", "b"] are sent"#),
        "{why}"
    );
    // The byte that is left over is taken as the length of the next.
    refused(&(NotGot { a: 1, b: 0 }, Vec::<u8>::new(), 0u8));

    #[derive(Serialize, Deserialize, PartialEq)]
    struct NotSent {
        #[serde(skip_serializing)]
        a: u8,
        b: u8,
    }
    let why = refused(&NotSent { a: 1, b: 2 });
    assert!(why.contains(r#"["b"] are sent"#), "{why}");
    refused(&vec![NotSent { a: 1, b: 2 }, NotSent { a: 1, b: 2 }]);

    // As many bytes, of another field: zero is the default, and the bytes are the same again.
    #[derive(Serialize, Deserialize, PartialEq)]
    struct Swapped {
        #[serde(skip_serializing)]
        a: u8,
        #[serde(skip_deserializing)]
        b: u8,
    }
    refused(&Swapped { a: 1, b: 2 });
    refused(&Swapped { a: 1, b: 0 });
    refused(&Swapped { a: 0, b: 0 });

    #[derive(Serialize, Deserialize)]
    enum Variants {
        #[serde(skip_deserializing)]
        _A,
        B,
        C,
    }
    refused(&Variants::B);
    refused(&vec![Variants::B, Variants::C]);
}

#[test]
fn skip_on_both_sides_is_the_default() {
    #[derive(Serialize, Deserialize, Debug, PartialEq, Default)]
    struct Cached {
        a: u8,
        #[serde(skip)]
        cache: Option<String>,
        b: String,
    }
    comes_back(&[
        Cached {
            a: 1,
            cache: None,
            b: "b".into(),
        },
        Cached::default(),
    ]);
    let sent = Cached {
        cache: Some("gone".into()),
        ..Cached::default()
    };
    let mut bytes = Vec::new();
    append_proven::<_, Cached>(&sent, &mut bytes, &Shapes::new()).unwrap();
    assert_eq!(decode::<Cached>(&bytes).unwrap(), Cached::default());
}

#[test]
fn names_may_differ_from_the_fields_but_not_between_the_sides() {
    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Both {
        #[serde(alias = "anAlias", alias = "zzz")]
        one_field: u8,
        #[serde(default)]
        other_field: u8,
    }
    comes_back(&[Both {
        one_field: 1,
        other_field: 2,
    }]);

    #[derive(Serialize, Deserialize)]
    struct Differ {
        #[serde(rename(serialize = "b"))]
        a: u8,
    }
    let why = refused(&Differ { a: 1 });
    assert!(
        why.contains(r#"["b"] are sent, and 1 of ["a"] got"#),
        "{why}"
    );
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Text(String),
}

#[test]
fn what_asks_the_bytes_for_their_type_is_an_error_when_sent() {
    let why = refused(&Untagged::Number(1));
    assert!(why.contains("untagged"), "{why}");
    refused(&Untagged::Text("a".into()));

    #[derive(Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Internal {
        A { a: u8 },
        B,
    }
    refused(&Internal::A { a: 1 });
    refused(&Internal::B);

    #[derive(Serialize, Deserialize)]
    #[serde(tag = "kind", content = "of")]
    enum Adjacent {
        A { a: u8 },
        B(u8),
        C,
    }
    // Should serde learn to get them: the tags of all such enums are sent as one type, and `key`
    // has to tell them apart.
    refused(&Adjacent::A { a: 1 });
    refused(&Adjacent::B(1));
    refused(&Adjacent::C);

    #[derive(Serialize, Deserialize)]
    struct Inner {
        b: u8,
    }
    #[derive(Serialize, Deserialize)]
    struct Flat {
        a: u8,
        #[serde(flatten)]
        inner: Inner,
    }
    let why = refused(&Flat {
        a: 1,
        inner: Inner { b: 2 },
    });
    assert!(why.contains("`flatten`"), "{why}");

    let why = refused(&serde_json::json!([1, null]));
    assert!(why.contains("serde_json"), "{why}");
}

#[test]
fn what_was_absent_at_first_is_found_when_it_occurs() {
    let shapes = Shapes::new();
    is_sent(&Vec::<Untagged>::new(), &shapes);
    refused_by(&vec![Untagged::Number(1)], &shapes);

    let shapes = Shapes::new();
    is_sent(&(Some(1u8), None::<Untagged>), &shapes);
    refused_by(&(None::<u8>, Some(Untagged::Number(1))), &shapes);

    let shapes = Shapes::new();
    is_sent(&BTreeMap::<u8, Untagged>::new(), &shapes);
    refused_by(&BTreeMap::from([(1u8, Untagged::Number(1))]), &shapes);

    #[derive(Serialize, Deserialize)]
    enum Later {
        Fine(u8),
        Also {
            a: u8,
        },
        Lost {
            #[serde(skip_serializing)]
            a: u8,
            #[serde(skip_deserializing)]
            b: u8,
        },
        Never(Untagged),
    }
    let shapes = Shapes::new();
    is_sent(&Later::Fine(1), &shapes);
    is_sent(&vec![Later::Fine(1), Later::Also { a: 1 }], &Shapes::new());
    refused_by(&Later::Lost { a: 1, b: 0 }, &shapes);
    refused_by(&Later::Never(Untagged::Number(1)), &shapes);
    is_sent(&Later::Also { a: 1 }, &shapes);
    refused_by(&Later::Lost { a: 1, b: 0 }, &shapes);
}

mod one {
    use super::*;

    #[derive(Serialize, Deserialize)]
    pub enum Kind {
        A,
        B(u8),
    }
}

mod two {
    use super::*;

    #[derive(Serialize, Deserialize)]
    pub enum Kind {
        A,
        B(Untagged),
    }
}

#[test]
fn enums_of_one_name_are_two() {
    let shapes = Shapes::new();
    is_sent(&(one::Kind::B(1), two::Kind::A), &shapes);
    refused_by(&(one::Kind::A, two::Kind::B(Untagged::Number(1))), &shapes);
}

#[test]
fn what_is_proven_is_not_tried_again() {
    #[derive(Debug, PartialEq)]
    struct Counted(u8);
    thread_local!(static GOT: std::cell::Cell<u32> = const { std::cell::Cell::new(0) });
    impl Serialize for Counted {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.serialize_u8(self.0)
        }
    }
    impl<'de> Deserialize<'de> for Counted {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Counted, D::Error> {
            GOT.set(GOT.get() + 1);
            u8::deserialize(from).map(Counted)
        }
    }
    let shapes = Shapes::new();
    for at in 0..10 {
        is_sent(&vec![Some(Counted(at))], &shapes);
        is_sent(&vec![Some(Counted(at)), None], &shapes);
        is_sent(&Vec::<Option<Counted>>::new(), &shapes);
    }
    assert_eq!(GOT.get(), 1);
}

#[test]
fn values_of_all_kinds_come_back() {
    comes_back(&[0u64, 1, u64::MAX]);
    comes_back(&[0u128, u128::MAX]);
    comes_back(&[i128::MIN, -1]);
    comes_back(&[
        (i8::MIN, i16::MIN, i32::MIN, i64::MIN, isize::MIN),
        (1, 2, 3, 4, 5),
    ]);
    comes_back(&['a', 'ß', '🦀']);
    comes_back(&[true, false]);
    comes_back(&[()]);
    comes_back(&[None, Some(())]);
    comes_back(&[None, Some(None), Some(Some(3u8))]);
    comes_back(&[vec![], vec![(); 3]]);
    comes_back(&[String::new(), "text".to_owned()]);
    comes_back(&[Ok(1u8), Err("no".to_owned())]);
    comes_back(&[Duration::from_millis(1_500)]);
    comes_back(&[
        "127.0.0.1".parse::<IpAddr>().unwrap(),
        "::1".parse().unwrap(),
    ]);
    comes_back(&[(PhantomData::<Untagged>, [1u8; 5], Box::new(1u16), 1..5u8)]);
    comes_back(&[(0..20)
        .map(|n| (n, n.to_string()))
        .collect::<HashMap<u32, _>>()]);
    comes_back(&[(0..20).map(|n| n.to_string()).collect::<HashSet<_>>()]);
    comes_back(&[f32::MIN, f32::INFINITY]);

    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    enum Tree {
        Leaf,
        Node(Box<Tree>, Vec<Tree>),
    }
    comes_back(&[
        Tree::Leaf,
        Tree::Node(Box::new(Tree::Leaf), vec![Tree::Leaf, Tree::Leaf]),
    ]);

    let mut bytes = Vec::new();
    append_proven::<f64, f64>(&f64::NAN, &mut bytes, &Shapes::new()).unwrap();
    assert!(decode::<f64>(&bytes).unwrap().is_nan());
}

#[test]
fn many_shapes_are_all_remembered() {
    let shapes = Shapes::new();
    for key in 1..=1_000u64 {
        // Near one another: the tables overflow.
        shapes.add(key << 40);
    }
    assert!((1..=1_000u64).all(|key| shapes.has(key << 40)));
    assert!(!shapes.has(3));
}

#[test]
fn threads_remember_together() {
    let shapes = Shapes::new();
    std::thread::scope(|scope| {
        for first in 1..=4u64 {
            let shapes = &shapes;
            scope.spawn(move || {
                // Each key by two of them.
                for key in (1..=400).filter(|key| key % 4 == first % 4 || key % 2 == first % 2) {
                    shapes.add(key << 40);
                    assert!(shapes.has(key << 40));
                }
            });
        }
    });
    assert!((1..=400u64).all(|key| shapes.has(key << 40)));
}

#[test]
fn borrowed_text_is_sent_as_owned() {
    let mut bytes = Vec::new();
    let shapes = Shapes::new();
    append_proven::<str, String>("text", &mut bytes, &shapes).unwrap();
    assert_eq!(decode::<String>(&bytes).unwrap(), "text");
    append_proven::<[u8], Vec<u8>>(&[1, 2], &mut bytes, &Shapes::new()).unwrap();
    append_proven::<str, Vec<char>>("text", &mut bytes, &Shapes::new()).unwrap_err();
}

#[derive(Debug)]
struct Odd(u8);

impl Serialize for Odd {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            2 => Err(S::Error::custom("2 is not odd")),
            4 => panic!("4 is not odd"),
            n => to.serialize_u8(n),
        }
    }
}

impl<'de> Deserialize<'de> for Odd {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Odd, D::Error> {
        match u8::deserialize(from)? {
            6 => Err(D::Error::custom("6 is not odd")),
            8 => panic!("8 is not odd"),
            n => Ok(Odd(n)),
        }
    }
}

#[test]
fn the_words_of_errors_and_panics_are_kept() {
    let sent = |n| {
        append(&vec![Odd(1), Odd(n)], &mut Vec::new())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(sent(2), "2 is not odd");
    assert_eq!(sent(4), "it panicked: 4 is not odd");

    let got = |n| decode::<Vec<Odd>>(&[2, 1, n]).unwrap_err().to_string();
    assert_eq!(got(6), "6 is not odd");
    assert_eq!(got(8), "it panicked: 8 is not odd");

    assert_eq!(refused(&Odd(2)), "2 is not odd");
    assert_eq!(refused(&Odd(4)), "it panicked: 4 is not odd");
    assert!(refused(&Odd(6)).ends_with("Odd` does not come back as it was sent: 6 is not odd"));
    assert_eq!(refused(&Odd(8)), "it panicked: 8 is not odd");

    let unknown = decode::<Result<u8, u8>>(&[7, 1]).unwrap_err().to_string();
    assert!(unknown.contains("expected `Ok` or `Err`"), "{unknown}");
}

#[test]
fn bytes_that_are_left_over_are_an_error() {
    assert_eq!(
        decode::<u8>(&[1, 2]).unwrap_err().to_string(),
        "1 byte is left over"
    );
    assert_eq!(
        decode::<u8>(&[1, 2, 3]).unwrap_err().to_string(),
        "2 bytes are left over"
    );
    decode::<u64>(&[]).unwrap_err();
}

#[test]
fn a_wrong_length_is_an_error() {
    struct Long(usize);
    impl Serialize for Long {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            let mut seq = to.serialize_seq(Some(2))?;
            for _ in 0..self.0 {
                seq.serialize_element(&1u8)?;
            }
            seq.end()
        }
    }
    append(&Long(2), &mut Vec::new()).unwrap();
    append(&Long(1), &mut Vec::new()).unwrap_err();
    append(&Long(3), &mut Vec::new()).unwrap_err();
}

#[test]
fn a_drop_that_panics_is_an_error() {
    #[derive(Deserialize, Debug)]
    struct Falls(#[expect(dead_code)] u8);
    impl Drop for Falls {
        fn drop(&mut self) {
            panic!("it fell");
        }
    }
    assert_eq!(
        decode::<Falls>(&[1, 2]).unwrap_err().to_string(),
        "it panicked: it fell"
    );
}

/// A buffer, sent as bytes and not as a sequence.
struct Buffer(Vec<u8>);

impl Serialize for Buffer {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Buffer {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Buffer, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Buffer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Buffer, E> {
                Ok(Buffer(bytes.to_vec()))
            }
        }
        from.deserialize_byte_buf(Bytes)
    }
}

#[test]
fn a_buffer_comes_back() {
    let mut bytes = Vec::new();
    let buffer = Buffer((0..65_536).map(|n| n as u8).collect());
    append_proven::<_, Buffer>(&buffer, &mut bytes, &Shapes::new()).unwrap();
    assert_eq!(decode::<Buffer>(&bytes).unwrap().0, buffer.0);
}
