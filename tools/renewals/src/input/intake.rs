//! The bytes of a file, plain or unpacked, piece by piece.

use super::digest::{Hashed, Piece, Pieces};
use blake3::Hasher;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What is read at once: enough for a thousand records, little enough for a processor's cache.
const PIECE_BYTES_MAX: u64 = 512 << 10;

/// A small file is read in smaller pieces, so that every processor gets some, but not in smaller ones than this.
const PIECE_BYTES_MIN: u64 = 64 << 10;

/// A file of any size is read in so many pieces at least.
const PIECES_MIN: u64 = 32;

/// Where bytes come from, and what is known of their digest.
pub struct Intake {
    /// Whether the file is packed with gzip.
    pub is_packed: bool,
    reader: Box<dyn Read + Send>,
    /// How large a piece is.
    size: u64,
    /// Where the next piece begins, and which it is.
    offset: u64,
    number: usize,
    digest: Digest,
}

/// How the digest of the file comes about.
enum Digest {
    /// It is not wanted.
    None,
    /// Of a packed file all bytes pass one after the other.
    Stream(Arc<Mutex<Hasher>>),
    /// Of a plain file.
    Pieces(Box<Pieces>),
}

/// Computes the digest of what passes.
struct Digesting<R>(R, Option<Arc<Mutex<Hasher>>>);

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read(buffer)?;
        if let Some(digest) = &self.1 {
            digest.lock().unwrap_or_else(PoisonError::into_inner).update(&buffer[..n]);
        }
        Ok(n)
    }
}

impl Intake {
    /// Opens a file and looks whether it is packed.
    pub fn open(path: &Path, wants_digest: bool) -> io::Result<Intake> {
        let mut file = File::open(path)?;
        let meta = file.metadata()?;
        let share = (meta.len() / PIECES_MIN).next_power_of_two();
        let mut magic = Vec::new();
        file.by_ref().take(2).read_to_end(&mut magic)?;
        let is_packed = magic == [0x1f, 0x8b];
        let raw = Cursor::new(magic).chain(file);
        let (reader, digest): (Box<dyn Read + Send>, Digest) = if is_packed {
            let digest = wants_digest.then(|| Arc::new(Mutex::new(Hasher::new())));
            let raw = BufReader::with_capacity(1 << 18, Digesting(raw, digest.clone()));
            (Box::new(MultiGzDecoder::new(raw)), digest.map_or(Digest::None, Digest::Stream))
        } else {
            let digest = if wants_digest { Digest::Pieces(Box::default()) } else { Digest::None };
            (Box::new(raw), digest)
        };
        // What is packed or comes through a pipe does not tell its size.
        let is_plain = meta.is_file() && !is_packed;
        let size = if is_plain { share.clamp(PIECE_BYTES_MIN, PIECE_BYTES_MAX) } else { PIECE_BYTES_MAX };
        Ok(Intake { is_packed, reader, size, offset: 0, number: 0, digest })
    }

    /// Appends the next piece to `bytes`, nothing at the end of the file. What is returned is to be hashed and added.
    pub fn take(&mut self, bytes: &mut Vec<u8>) -> io::Result<Option<Piece>> {
        let from = bytes.len();
        let n = self.reader.by_ref().take(self.size).read_to_end(bytes)?;
        if n == 0 || !matches!(self.digest, Digest::Pieces(_)) {
            return Ok(None);
        }
        let piece = Piece { number: self.number, offset: self.offset, place: (from, from + n) };
        self.number += 1;
        self.offset += n as u64;
        Ok(Some(piece))
    }

    /// The same, and hashes it; how many bytes there were.
    pub fn take_now(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        let from = bytes.len();
        if let Some(piece) = self.take(bytes)? {
            self.add(piece.hashed(bytes));
        }
        Ok(bytes.len() - from)
    }

    /// Takes note of a piece that was hashed.
    pub fn add(&mut self, hashed: Hashed) {
        if let Digest::Pieces(pieces) = &mut self.digest {
            pieces.add(hashed);
        }
    }

    /// The digest of the file, once all pieces were added; empty if it is not wanted.
    pub fn digest(mut self) -> io::Result<String> {
        // What is behind the last record belongs to the file, too.
        let mut rest = Vec::new();
        while self.take_now(&mut rest)? > 0 {
            rest.clear();
        }
        Ok(match &self.digest {
            Digest::None => String::new(),
            Digest::Stream(hasher) => {
                hasher.lock().unwrap_or_else(PoisonError::into_inner).finalize().to_hex().to_string()
            }
            Digest::Pieces(pieces) => pieces.digest().to_hex().to_string(),
        })
    }
}
